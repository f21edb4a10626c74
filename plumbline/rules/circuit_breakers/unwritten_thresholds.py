"""CBR-03."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.project.breakers import BREAKER, arguments
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_WANTED = ("fail_max", "reset_timeout")


class UnwrittenThresholds(Rule):
    """Finds breakers that do not say when they open and when they try again."""

    code = "CBR03"
    slug = "breaker-without-thresholds"
    title = "A circuit breaker says how many failures open it and for how long"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Circuit Breakers with pybreaker"
    guide_lines = (1843, 1845)
    what = "A `CircuitBreaker` that is made without `fail_max` or without `reset_timeout`."
    why = (
        "Five failures and a minute, which pybreaker takes by itself, fit no service in particular. How many failed "
        "payments are too many, and how long a shop can do without them, is a decision that readers should find."
    )
    how = "Pass both: `CircuitBreaker(fail_max=5, reset_timeout=60)`, with figures that fit the service behind it."
    applies_when = "the code makes a circuit breaker of pybreaker"
    absent = "no circuit breaker of pybreaker is made"
    examples = (
        Example(
            "neither, and one of the two",
            {
                "shop/breakers.py": (
                    "import django\nimport pybreaker\n\n"
                    "payment = pybreaker.CircuitBreaker()  # <-\n"
                    "mail = pybreaker.CircuitBreaker(fail_max=3)  # <-\n"
                )
            },
        ),
        Example(
            "both, by name or by position",
            {
                "shop/breakers.py": (
                    "import django\nfrom pybreaker import CircuitBreaker\n\n"
                    "payment = CircuitBreaker(fail_max=5, reset_timeout=60)\nmail = CircuitBreaker(3, 120)\n"
                )
            },
            state="pass",
        ),
        Example(
            "a class of the project that decides for all",
            {
                "shop/breakers.py": (
                    "import django\nimport pybreaker\n\n\n"
                    "class Breaker(pybreaker.CircuitBreaker):\n    def __init__(self, name):\n"
                    "        super().__init__(fail_max=5, reset_timeout=60, name=name)\n\n\n"
                    'payment = Breaker("payment")\n'
                )
            },
            state="pass",
        ),
        Example(
            "without pybreaker",
            {"shop/views.py": "import django\n"},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each breaker that is made."""
        for call in project.breakers.made:
            given = arguments(call)
            missing = [name for name in _WANTED if name not in given]
            if not missing or call.target != BREAKER:
                yield call.in_order()
            elif "**" in given:
                yield call.unknown("some arguments are computed")
            else:
                names = " and ".join(f"`{name}`" for name in missing)
                yield call.violation(
                    f"this circuit breaker leaves {names} to pybreaker; decide when it opens and for how long"
                )
