"""CBR-05."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from plumbline import outline as o
from plumbline.project import Project
from plumbline.project.functions import CallSite
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_HEAD = "import django\nfrom pybreaker import STATE_CLOSED, CircuitRedisStorage\n\n"
_COMPUTED = object()


class SharedBreakerNamespace(Rule):
    """Finds breakers that would open and close each other."""

    code = "CBR05"
    slug = "shared-breaker-namespace"
    title = "Each circuit breaker in Redis has a namespace of its own"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Circuit Breakers with pybreaker"
    guide_lines = (1846, 1863)
    what = (
        "Two `CircuitRedisStorage` objects with the same `namespace`, or two that have none and so share the keys that "
        "pybreaker uses by default."
    )
    why = (
        "Breakers with the same keys count into the same counter. When the mail server is down, payments stop as well, "
        "and nobody looks for the reason there."
    )
    how = 'Give each storage a namespace that names the service behind it: `namespace="payment_service"`.'
    applies_when = "the code keeps the state of a circuit breaker in Redis"
    absent = "no circuit breaker keeps its state in Redis"
    examples = (
        Example(
            "one namespace for two services",
            {
                "shop/breakers.py": (
                    f'{_HEAD}payment = CircuitRedisStorage(STATE_CLOSED, redis, namespace="shop")  # <-\n'
                    'mail = CircuitRedisStorage(STATE_CLOSED, redis, "shop")  # <-\n'
                )
            },
        ),
        Example(
            "two without any",
            {
                "shop/breakers.py": (
                    f"{_HEAD}payment = CircuitRedisStorage(STATE_CLOSED, redis)  # <-\n"
                    "mail = CircuitRedisStorage(STATE_CLOSED, redis)  # <-\n"
                )
            },
        ),
        Example(
            "one for each",
            {
                "shop/breakers.py": (
                    f'{_HEAD}payment = CircuitRedisStorage(STATE_CLOSED, redis, namespace="payment")\n'
                    'mail = CircuitRedisStorage(STATE_CLOSED, redis, namespace="mail")\n'
                )
            },
            state="pass",
        ),
        Example(
            "a single breaker needs none",
            {"shop/breakers.py": f"{_HEAD}payment = CircuitRedisStorage(STATE_CLOSED, redis)\n"},
            state="pass",
        ),
        Example(
            "state in memory",
            {
                "shop/breakers.py": "import django\nimport pybreaker\n\nmail = pybreaker.CircuitBreaker(5, 60)\n"
            },
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each storage in Redis."""
        storages = [(call, _namespace(project, call)) for call in project.breakers.redis_storages]
        number = Counter(name for _, name in storages if isinstance(name, str))
        for call, name in storages:
            if not isinstance(name, str):
                yield call.unknown("the namespace is computed")
            elif number[name] == 1:
                yield call.in_order()
            else:
                others = number[name] - 1
                yield call.violation(
                    f"{others} other circuit breaker{'s' if others > 1 else ''} also "
                    f"{f'use the namespace `{name}`' if name else 'have no namespace'}; give this one its own"
                )


def _namespace(project: Project, call: CallSite) -> object:
    """The namespace of a storage, empty if it has none; something else where it is computed."""
    outline = call.outline
    given = dict(zip(("state", "redis_object", "namespace"), outline.args, strict=False))
    given |= dict(outline.keywords)
    value = given.get("namespace", _COMPUTED if "**" in given else "")
    if isinstance(value, o.Ref):
        names = project.names
        module, rest = names.split(
            names.resolve(names.modules[call.path], value.name, outline.scope)
        )
        steps = module.outline.assignments if module is not None else ()
        value = next((step.value for step in steps if step.target == rest), value)
    return "" if value is None else value
