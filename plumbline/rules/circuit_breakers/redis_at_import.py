"""CBR-07."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.outline import IN_LAMBDA
from plumbline.project import Project
from plumbline.rule import Basis, Effort, Example, Level, Rule, Verdict

_HEAD = "import functools\n\nimport django\nimport pybreaker\nfrom django_redis import get_redis_connection\n\n"
_FACTORY = (
    "def make(name):\n"
    "    return pybreaker.CircuitRedisStorage(\n"
    '        pybreaker.STATE_CLOSED, get_redis_connection("default"), namespace=name\n    )\n'
)


class RedisAtImport(Rule):
    """Finds breakers that talk to Redis while their module is imported."""

    code = "CBR07"
    slug = "redis-at-import"
    title = "Importing a module does not talk to Redis"
    level = Level.SHOULD
    basis = Basis.DERIVED
    section = "Circuit Breakers with pybreaker"
    guide_lines = (1840, 1863)
    what = (
        "A `CircuitRedisStorage` that is made at the top of a module or in a class body, or by a function that is "
        "called there."
    )
    why = (
        "The storage writes its keys to Redis as soon as it is made. With Redis down, or not there yet, the import "
        "fails and with it the whole application, every management command and every test, although the breaker is "
        "there to live through just that."
    )
    how = (
        "Make it when it is first needed: in a function with `functools.cache` that returns the breaker, and decorate "
        "or call through that function."
    )
    applies_when = "the code keeps the state of a circuit breaker in Redis"
    absent = "no circuit breaker keeps its state in Redis"
    errata = (
        "The guide's sample makes its storages at the top of a module. With pybreaker 1.4.1 that raises "
        "`ConnectionError` on import when Redis does not answer."
    )
    effort = Effort.HOUR
    examples = (
        Example(
            "at the top of a module, as in the guide",
            {
                "shop/breakers.py": (
                    f"{_HEAD}payment = pybreaker.CircuitBreaker(\n    fail_max=5,\n"
                    "    state_storage=pybreaker.CircuitRedisStorage(  # <-\n"
                    '        pybreaker.STATE_CLOSED, get_redis_connection("default"), namespace="payment"\n'
                    "    ),\n)\n"
                )
            },
        ),
        Example(
            "by a function that the module calls",
            {"shop/breakers.py": f'{_HEAD}\n{_FACTORY}\n\npayment = make("payment")  # <-\n'},
        ),
        Example(
            "when it is first needed",
            {
                "shop/breakers.py": (
                    f"{_HEAD}\n{_FACTORY}\n\n@functools.cache\ndef payment():\n"
                    '    return pybreaker.CircuitBreaker(5, 60, state_storage=make("payment"))\n'
                )
            },
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
        """One verdict for each storage in Redis, and for each call at import of a function that makes one."""
        made = list(project.breakers.redis_storages)
        seen: set[str] = set()
        while made:
            call = made.pop()
            if call.has(IN_LAMBDA):
                yield call.in_order()
            elif call.function is None:
                yield call.violation(
                    "this talks to Redis while the module is imported; make it in a function when it is first needed"
                )
            else:
                yield call.in_order()
                name = call.function.qualified_name
                if name not in seen and call.target.startswith("pybreaker."):
                    seen.add(name)
                    made += [
                        item
                        for item in project.breakers.callers(call.function)
                        if item.function is None
                    ]
