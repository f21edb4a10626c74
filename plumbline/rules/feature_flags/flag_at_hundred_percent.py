"""WAF-07."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.edits import Fix, ReplaceText
from plumbline.project import Project
from plumbline.project.functions import CallSite
from plumbline.rule import Basis, Example, Level, Verdict
from plumbline.rules.feature_flags.waffle_rule import WaffleRule

_BASE = {"requirements.txt": "django\ndjango-waffle\n"}
_LIMIT = 99.9
_WRITES = ("create", "get_or_create", "update_or_create", "update", "Flag")


class FlagAtHundredPercent(WaffleRule):
    """Finds flags that are rolled out to a share which their column cannot hold."""

    code = "WAF07"
    slug = "flag-at-hundred-percent"
    title = "A flag's percentage is 99.9 at most"
    level = Level.SHOULD
    basis = Basis.DERIVED
    section = "Feature Flags with django-waffle"
    guide_lines = (2415, 2420)
    what = "A `Flag` of django-waffle that is made or updated with a literal `percent` above 99.9."
    why = (
        "The column has three digits, one of them behind the point. PostgreSQL refuses 100, and so does the form in "
        "the admin."
    )
    how = "Roll out to everyone with `everyone=True`."
    applies_when = "code or tests set the percentage of a flag"
    absent = "no percentage of a flag is set"
    errata = "The guide's sample sets 100.0, which fails. A `Sample` has a wider column and may be at 100."
    examples = (
        Example(
            "one hundred",
            {
                **_BASE,
                "shop/services.py": (
                    "from waffle.models import Flag\n\n\n"
                    'def open_shop():\n    Flag.objects.create(name="x", percent=100.0)  # <-\n'
                ),
            },
            fixed={
                "shop/services.py": (
                    "from waffle.models import Flag\n\n\n"
                    'def open_shop():\n    Flag.objects.create(name="x", everyone=True)\n'
                )
            },
        ),
        Example(
            "nearly all, and a sample",
            {
                **_BASE,
                "shop/services.py": (
                    "from waffle.models import Flag, Sample\n\n\ndef open_shop():\n"
                    '    Flag.objects.create(name="x", percent=99.9)\n'
                    '    Sample.objects.create(name="y", percent=100.0)\n'
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example("no waffle", {"requirements.txt": "django\n"}, state="not_applicable"),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each percentage that is written out."""
        for tests in (False, True):
            for call in project.calls.named(*_WRITES, tests=tests):
                if call.target.startswith("waffle.models.Flag") and call.has_keyword("percent"):
                    value = call.keyword("percent")
                    if not isinstance(value, int | float):
                        yield call.unknown("the percentage is computed")
                    elif value > _LIMIT:
                        yield call.violation(
                            f"a flag cannot be at {value:g} percent; use `everyone=True`",
                            fix=_fix(call),
                        )
                    else:
                        yield call.in_order()


def _fix(call: CallSite) -> Fix | None:
    """Where the call stands on one line and writes the number as Python does."""
    if call.has_keyword("everyone") or call.line != call.end_line:
        return None
    old = f"percent={call.keyword('percent')!r}"
    return Fix([ReplaceText(call.path, call.line, old, "everyone=True")])
