"""PLB01."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.rule import Example, Level, Rule, Verdict


class UnusedSuppression(Rule):
    """Finds suppression comments that suppress nothing."""

    code = "PLB01"
    slug = "unused-suppression"
    title = "Every suppression suppresses something"
    level = Level.MAY
    section = "Plumbline"
    guide_lines = (0, 0)
    comes_last = True
    needs = ()
    what = (
        "A comment `plumbline: ignore[CODE] reason` on whose line the rule finds nothing, or that names a code which "
        "no rule has. A rule that was switched off, or could not be evaluated, says nothing about its suppressions."
    )
    why = (
        "A suppression that outlives its finding would hide the next one on the same line, and readers take it for a "
        "known exception."
    )
    how = (
        "Remove the comment, or the code from its list; correct the code if another rule was meant."
    )
    applies_when = "the repository holds suppression comments"
    absent = "no suppression comments"
    examples = (
        Example(
            "nothing to suppress, and no such rule",
            {
                "shop/models.py": (
                    "from django.db import models\n\n"
                    "class Order(models.Model):  # plumbline: ignore[MOD01] a name of old  # <-\n    pass\n\n"
                    "class Item(models.Model):  # plumbline: ignore[MOD99] what is this  # <-\n    pass\n"
                )
            },
        ),
        Example(
            "a finding is suppressed",
            {
                "shop/models.py": (
                    "from django.db import models\n\n"
                    "class order_item(models.Model):  # plumbline: ignore[MOD01] its table is shared\n    pass\n"
                )
            },
            state="pass",
        ),
        Example(
            "a rule that is switched off",
            {
                "pyproject.toml": '[tool.plumbline]\ndisable = { MOD01 = "renamed next quarter" }\n',
                "shop/models.py": (
                    "from django.db import models\n\n"
                    "class order_item(models.Model):  # plumbline: ignore[MOD01] its table is shared\n    pass\n"
                ),
            },
            state="not_applicable",
            is_trap=True,
        ),
        Example(
            "no suppression",
            {"shop/models.py": "from django.db import models\n"},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """Judge each code of each comment, where its rule came to a conclusion or does not exist."""
        for request in project.suppressions:
            if request.is_used:
                yield request.in_order()
            elif request.code in project.suppressions.judged:
                yield request.violation(
                    f"the suppression of {request.code} suppresses nothing; remove it"
                )
            elif request.code not in project.known_codes:
                yield request.violation(
                    f"the suppression names {request.code}, which is no rule; correct or remove it"
                )
