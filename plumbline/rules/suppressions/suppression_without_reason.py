"""PLB03."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.rule import Example, Level, Rule, Verdict


class SuppressionWithoutReason(Rule):
    """Finds suppression comments that do not say why."""

    code = "PLB03"
    slug = "suppression-without-reason"
    title = "Every suppression gives its reason"
    level = Level.MAY
    section = "Plumbline"
    guide_lines = (0, 0)
    comes_last = True
    needs = ()
    what = "A comment `plumbline: ignore[CODE]` with nothing behind it. It has no effect: its finding counts."
    why = "Without a reason nobody can tell later whether the exception still holds."
    how = "Write the reason behind the bracket: `# plumbline: ignore[MOD01] the table is shared with the warehouse`."
    applies_when = "the repository holds suppression comments"
    absent = "no suppression comments"
    examples = (
        Example(
            "no reason",
            {
                "shop/models.py": (
                    "# plumbline: ignore[MOD01]\n"
                    "from django.db import models\n\nclass Order(models.Model):\n    pass\n"
                )
            },
            reports=("shop/models.py",),
        ),
        Example(
            "a reason",
            {
                "shop/models.py": (
                    "from django.db import models\n\n"
                    "class order(models.Model):  # plumbline: ignore[MOD01] its table is shared\n    pass\n"
                )
            },
            state="pass",
        ),
        Example(
            "no suppression",
            {"shop/models.py": "from django.db import models\n"},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """Judge each code of each comment."""
        for request in project.suppressions:
            if request.reason:
                yield request.in_order()
            else:
                yield request.violation(
                    f"the suppression of {request.code} gives no reason, so it has no effect; "
                    "write why behind the bracket"
                )
