"""REL-03."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.edits import Fix, ReplaceText
from plumbline.project import Function, Project
from plumbline.project.functions import CallSite
from plumbline.rule import Basis, Example, Level, Located, Rule, Verdict

_BREAKER = "pybreaker.CircuitBreaker"
_STATES = {"is_open": "open", "is_closed": "closed", "is_half_open": "half-open"}
_ATTRIBUTES = frozenset(
    "fail_counter success_counter fail_max reset_timeout success_threshold state current_state excluded_exceptions "
    "add_excluded_exception add_excluded_exceptions remove_excluded_exception is_system_error call calling call_async "
    "open half_open close listeners add_listener add_listeners remove_listener name".split()
)
_MADE = {
    "requirements.txt": "django\npybreaker\n",
    "shop/__init__.py": "",
    "shop/breakers.py": (
        "import pybreaker\n\npayments = pybreaker.CircuitBreaker(fail_max=5, reset_timeout=30)\n"
    ),
}


class UnknownBreakerAttribute(Rule):
    """Finds attributes that a circuit breaker of pybreaker does not have."""

    code = "REL03"
    slug = "unknown-breaker-attribute"
    title = "Circuit breakers are asked for attributes that pybreaker has"
    level = Level.SHOULD
    basis = Basis.DERIVED
    section = "Reliability & Resilience Testing"
    guide_lines = (2179, 2195)
    what = "`is_open`, `is_closed` or `is_half_open` of a `pybreaker.CircuitBreaker`, or a method that it lacks."
    why = (
        "The attribute raises `AttributeError`. In a test that fails at once; in a health check or a fallback it fails "
        "on the day when the circuit opens."
    )
    how = 'Compare the state: `breaker.current_state == "open"` (`"closed"`, `"half-open"`).'
    applies_when = "the project makes circuit breakers with pybreaker"
    absent = "no circuit breaker is made with pybreaker"
    errata = (
        "The guide's sample test reads `circuit_breaker.is_open`, which pybreaker does not have."
    )
    examples = (
        Example(
            "in a test and in a service",
            {
                **_MADE,
                "tests/test_payments.py": (
                    "from shop.breakers import payments\n\n\n"
                    "def test_the_circuit_opens():\n"
                    "    assert payments.is_open  # <-\n"
                ),
                "shop/services.py": (
                    "from shop import breakers\n\n\n"
                    "def reset():\n"
                    "    breakers.payments.reset()  # <-\n"
                ),
            },
            fixed={
                "tests/test_payments.py": (
                    "from shop.breakers import payments\n\n\n"
                    "def test_the_circuit_opens():\n"
                    '    assert payments.current_state == "open"\n'
                ),
            },
        ),
        Example(
            "the state",
            {
                **_MADE,
                "shop/services.py": (
                    "from shop.breakers import payments\n\n\n"
                    "def is_down():\n"
                    '    return payments.current_state == "open"\n'
                ),
            },
            state="pass",
        ),
        Example(
            "a class of one's own around it",
            {
                "requirements.txt": "django\npybreaker\n",
                "shop/__init__.py": "",
                "shop/breakers.py": (
                    "import pybreaker\n\n\n"
                    "class Breaker(pybreaker.CircuitBreaker):\n"
                    "    @property\n"
                    "    def is_open(self):\n"
                    '        return self.current_state == "open"\n\n\n'
                    "payments = Breaker()\nmails = pybreaker.CircuitBreaker()\n"
                ),
                "shop/services.py": (
                    "from shop.breakers import payments\n\n\ndef is_down():\n    return payments.is_open\n"
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "no circuit breaker",
            {"requirements.txt": "django\n"},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each breaker that is used well, and one for each attribute that does not exist."""
        if not project.uses("pybreaker"):
            return
        breakers: dict[str, CallSite] = {}
        local: dict[tuple[str, int, str], CallSite] = {}
        for tests in (False, True):
            for call in project.calls.named("CircuitBreaker", tests=tests):
                if call.target != _BREAKER or not call.outline.bound:
                    continue
                module = project.names.modules[call.path]
                if call.outline.scope < 0:
                    breakers[f"{module.name}.{call.outline.bound}"] = call
                else:
                    local[call.path, call.outline.scope, call.outline.bound] = call
        wrong: set[int] = set()
        lasts = {name.rpartition(".")[2] for name in breakers}
        folders = {name.rpartition(".")[0].rpartition(".")[2] for name in breakers}
        paths = {path for path, _, _ in local} | {call.path for call in breakers.values()}
        for module in project.names:
            if module.path not in paths and not any(
                item.name in lasts
                or item.alias in folders
                or item.name in folders
                or item.name == "*"
                for item in module.outline.imports
            ):
                continue
            for function in project.calls.functions_of(module):
                for place, owner, attribute in _uses(function):
                    made = local.get((module.path, function.index, owner))
                    made = made or breakers.get(function.resolve(owner))
                    if made is not None and attribute not in _ATTRIBUTES and attribute[:1] != "_":
                        wrong.add(id(made))
                        yield _violation(place, owner, attribute)
        for call in (*breakers.values(), *local.values()):
            if id(call) not in wrong:
                yield call.in_order()


def _uses(function: Function) -> Iterator[tuple[Located, str, str]]:
    """Every attribute of a name that a function reads or calls, as far as outlines keep it."""
    for read in function.outline.reads:
        owner, _, attribute = read.name.rpartition(".")
        if attribute in _STATES and owner:
            text = read.name
            yield (
                Located(function.path, read.line, read.line, read.column, function.symbol, text),
                owner,
                attribute,
            )
    for call in function.calls:
        owner, _, attribute = call.outline.name.rpartition(".")
        if owner:
            yield call, owner, attribute


def _violation(place: Located, owner: str, attribute: str) -> Verdict:
    state = _STATES.get(attribute)
    if state is None:
        return place.violation(
            f"a circuit breaker of pybreaker has no `{attribute}`; use one of its own methods"
        )
    old = f"{owner}.{attribute}" + ("()" if isinstance(place, CallSite) else "")
    edit = ReplaceText(place.path, place.line, old, f'{owner}.current_state == "{state}"')
    return place.violation(
        f'a circuit breaker of pybreaker has no `{attribute}`; compare `{owner}.current_state == "{state}"`',
        fix=Fix([edit], is_safe=False),
    )
