"""PLB02."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.rule import Example, Level, Rule, Verdict


class ExpiredSuppression(Rule):
    """Finds suppressions whose last day has passed."""

    code = "PLB02"
    slug = "expired-suppression"
    title = "No suppression outlives its end"
    level = Level.MAY
    section = "Plumbline"
    guide_lines = (0, 0)
    comes_last = True
    needs = ()
    what = (
        "A suppression comment with `until=YYYY-MM-DD` whose day has passed, or whose date cannot be read. It has no "
        "effect any more: its finding counts again."
    )
    why = "An end date is a promise to put something right. When it passes, somebody has to decide anew."
    how = (
        "Put the finding right and remove the comment, or move the date and say in the reason why it takes longer. "
        "Dates are written as in 2027-03-31, and the suppression holds on that day too."
    )
    applies_when = "the repository holds suppression comments with an end date"
    absent = "no suppression comment has an end date"
    examples = (
        Example(
            "an end in the past, and one that is no date",
            {
                "shop/models.py": (
                    "from django.db import models\n\n"
                    "class order(models.Model):  # plumbline: ignore[MOD01] until=2020-01-31 renamed soon  # <-\n"
                    "    pass\n\n"
                    "class item(models.Model):  # plumbline: ignore[MOD01] until=spring renamed soon  # <-\n"
                    "    pass\n"
                )
            },
        ),
        Example(
            "an end to come",
            {
                "shop/models.py": (
                    "from django.db import models\n\n"
                    "class order(models.Model):  # plumbline: ignore[MOD01] until=2999-12-31 shared table\n"
                    "    pass\n"
                )
            },
            state="pass",
        ),
        Example(
            "a suppression without an end",
            {
                "shop/models.py": (
                    "from django.db import models\n\n"
                    "class order(models.Model):  # plumbline: ignore[MOD01] its table is shared\n    pass\n"
                )
            },
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """Judge each code of each comment that gives an end."""
        for request in project.suppressions:
            if request.is_malformed:
                yield request.violation(
                    f"the end of the suppression of {request.code} is no date; write it as `until=2027-03-31`"
                )
            elif request.is_dated and project.suppressions.has_ended(request):
                yield request.violation(
                    f"the suppression of {request.code} ended on {request.until}; put its finding right, or give it a "
                    "new date and reason"
                )
            elif request.is_dated:
                yield request.in_order()
