"""CBR-06."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline import outline as o
from plumbline.project import Function, Project
from plumbline.project.breakers import ERROR
from plumbline.project.functions import CallSite
from plumbline.rule import Basis, Effort, Example, Level, Rule, Verdict

_HEAD = "import django\nimport pybreaker\nimport requests\n\npayment = pybreaker.CircuitBreaker(5, 60)\n\n\n"
_CHARGE = "@payment\ndef charge(order):\n    requests.post(order.url, timeout=10)\n\n\n"
_BROAD = frozenset(("Exception", "BaseException"))
_DEPTH = 3


class UnhandledOpenCircuit(Rule):
    """Finds guarded functions whose callers do not expect an open circuit."""

    code = "CBR06"
    slug = "unhandled-open-circuit"
    title = "Callers of a guarded function expect that the circuit is open"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Circuit Breakers with pybreaker"
    guide_lines = (1884, 1896)
    preview = True
    what = (
        "A function under a circuit breaker, or a call through one, where neither it nor what calls it catches "
        "`CircuitBreakerError`."
    )
    why = (
        "An open circuit raises at once. Without somebody who catches that, the fast failure is an error page, and "
        "what could be done later, such as to keep the order and charge it in an hour, is not done."
    )
    how = (
        "Catch `pybreaker.CircuitBreakerError` where a fallback makes sense: in the service that calls the guarded "
        "function, or once for all in an exception handler that answers 503."
    )
    applies_when = "the code calls something through a circuit breaker of pybreaker"
    absent = "nothing is called through a circuit breaker of pybreaker"
    errata = "A handler for `Exception` counts, and so does code that asks `isinstance(error, CircuitBreakerError)`."
    effort = Effort.HOUR
    examples = (
        Example(
            "nobody expects it",
            {
                "shop/services.py": (
                    f"{_HEAD}{_CHARGE.replace('(order):', '(order):  # <-')}"
                    "def order_pay(order):\n    charge(order)\n"
                )
            },
        ),
        Example(
            "the caller keeps the order",
            {
                "shop/services.py": (
                    f"{_HEAD}{_CHARGE}def order_pay(order):\n    try:\n        charge(order)\n"
                    "    except pybreaker.CircuitBreakerError:\n        order.mark_payment_pending()\n"
                )
            },
            state="pass",
        ),
        Example(
            "a handler for all",
            {
                "shop/services.py": f"{_HEAD}{_CHARGE}def order_pay(order):\n    charge(order)\n",
                "shop/errors.py": (
                    "import pybreaker\n\n\ndef handle(error, context):\n"
                    "    if isinstance(error, pybreaker.CircuitBreakerError):\n        return unavailable()\n"
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "no breaker",
            {"shop/services.py": "import django\n"},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each guarded function, and for each call through a breaker."""
        breakers = project.breakers
        if not breakers.made:
            return
        is_global = any(
            isinstance(kind, o.Ref)
            and project.names.resolve(module, kind.name, call.scope) == ERROR
            for module in breakers.modules
            for call in module.calls
            if call.name == "isinstance"
            for kind in call.args[1:2]
        )
        for module in breakers.users:
            for function in project.calls.functions_of(module):
                if any(
                    name.removesuffix("()") in breakers.names for name, _ in function.decorators
                ):
                    if is_global or _is_expected(project, function, None, 0):
                        yield function.in_order()
                    else:
                        yield function.violation(
                            f"nothing that calls `{function.name}` expects an open circuit; "
                            "catch `CircuitBreakerError`"
                        )
        for call in breakers.runs:
            if call.function is None or call.target.rpartition(".")[0] not in breakers.names:
                continue
            if is_global or _is_expected(project, call.function, call, 0):
                yield call.in_order()
            else:
                yield call.violation(
                    "nothing expects that this circuit is open; catch `CircuitBreakerError`"
                )


def _is_expected(project: Project, function: Function, call: CallSite | None, depth: int) -> bool:
    """Whether a function catches what a call in it raises, or any of its callers does."""
    if call is not None and any(
        handler.try_line <= call.line <= handler.line
        and (not handler.types or any(_catches(function, name) for name in handler.types))
        for handler in function.outline.handlers
    ):
        return True
    return depth < _DEPTH and any(
        caller.function is not None and _is_expected(project, caller.function, caller, depth + 1)
        for caller in project.breakers.callers(function)
    )


def _catches(function: Function, name: str) -> bool:
    return name in _BROAD or function.resolve(name) == ERROR
