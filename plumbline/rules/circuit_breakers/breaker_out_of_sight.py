"""CBR-08."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.rule import Basis, Effort, Example, Level, Rule, Verdict

_HEAD = "import django\nimport pybreaker\n\n"
_STATE = (".current_state", ".fail_counter")


class BreakerOutOfSight(Rule):
    """Finds breakers whose state nothing shows."""

    code = "CBR08"
    slug = "breaker-out-of-sight"
    title = "The state of circuit breakers can be seen from outside"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Circuit Breakers with pybreaker"
    guide_lines = (1898, 1914)
    preview = True
    what = (
        "Circuit breakers in a project where nothing reads `current_state` or `fail_counter` and no listener is told "
        "when a circuit opens."
    )
    why = (
        "An open circuit hides a failure well: pages are fast again and some part of the shop does not work. Whoever "
        "is on call should see it on the health page, not in a customer's letter."
    )
    how = (
        "Show `breaker.current_state` in the health check, or pass a `CircuitBreakerListener` of your own that logs "
        "or counts each change of state."
    )
    applies_when = "the code makes a circuit breaker of pybreaker"
    absent = "no circuit breaker of pybreaker is made"
    effort = Effort.HOUR
    examples = (
        Example(
            "nothing shows it",
            {"shop/breakers.py": f"{_HEAD}payment = pybreaker.CircuitBreaker(5, 60)  # <-\n"},
        ),
        Example(
            "the health check does",
            {
                "shop/breakers.py": f"{_HEAD}payment = pybreaker.CircuitBreaker(5, 60)\n",
                "shop/health.py": (
                    "from shop.breakers import payment\n\n\ndef status():\n"
                    '    return {"payment": payment.current_state}\n'
                ),
            },
            state="pass",
        ),
        Example(
            "a listener does",
            {
                "shop/breakers.py": (
                    f"{_HEAD}\nclass Log(pybreaker.CircuitBreakerListener):\n"
                    "    def state_change(self, breaker, old, new):\n        print(new)\n\n\n"
                    "payment = pybreaker.CircuitBreaker(5, 60, listeners=[Log()])\n"
                )
            },
            state="pass",
        ),
        Example("no breaker", {"shop/health.py": "import django\n"}, state="not_applicable"),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for the repository, on the breaker that is made first."""
        made = project.breakers.made
        if not made:
            return
        has_listener = any(
            cls.module.role == "source"
            for cls in project.classes.heirs("pybreaker.CircuitBreakerListener")
        )
        is_read = has_listener or any(
            read.name.endswith(_STATE)
            for module in project.breakers.users
            for function in module.functions
            for read in function.reads
        )
        if is_read:
            yield made[0].in_order()
        else:
            yield made[0].violation(
                "nothing shows the state of the circuit breakers; read `current_state` in the health check"
            )
