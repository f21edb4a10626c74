"""WAF-06."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.rule import Basis, Example, Level, Verdict
from plumbline.rules.feature_flags.waffle_rule import WaffleRule

_BASE = {"requirements.txt": "django\ndjango-waffle\n"}
_WRITES = ("create", "get_or_create", "update_or_create")
_OVERRIDES = ("override_flag", "override_switch", "override_sample")


class FlagRowInTest(WaffleRule):
    """Finds tests that switch flags by rows in the database."""

    code = "WAF06"
    slug = "flag-row-in-test"
    title = "Tests switch flags with waffle's overrides"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Feature Flags with django-waffle"
    guide_lines = (2424, 2444)
    what = "A test that makes a `Flag`, `Switch` or `Sample` of django-waffle in the database."
    why = "Waffle caches its rows: what one test writes can still be seen by the next, after its transaction is gone."
    how = 'Use `@override_flag("name", active=True)`, `override_switch` or `override_sample` from `waffle.testutils`.'
    applies_when = "tests switch flags of django-waffle"
    absent = "no test switches a flag"
    errata = (
        "A test of how far a flag is rolled out needs a row, and may keep it: rows with `percent` or users are in "
        "order."
    )
    examples = (
        Example(
            "a row",
            {
                **_BASE,
                "tests/test_views.py": (
                    "from waffle.models import Switch\n\n\n"
                    'def test_it(db):\n    Switch.objects.create(name="x", active=True)  # <-\n'
                ),
            },
        ),
        Example(
            "an override, and a row that rolls out",
            {
                **_BASE,
                "tests/test_views.py": (
                    "from waffle.models import Flag\nfrom waffle.testutils import override_switch\n\n\n"
                    'def test_it(db):\n    with override_switch("x", active=True):\n        pass\n\n\n'
                    'def test_share(db):\n    Flag.objects.create(name="x", percent=50)\n'
                ),
            },
            state="pass",
        ),
        Example("no waffle", {"requirements.txt": "django\n"}, state="not_applicable"),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each row or override in a test."""
        for call in project.calls.named(*_OVERRIDES, tests=True):
            if call.target.startswith("waffle."):
                yield call.in_order()
        for call in project.calls.named(*_WRITES, tests=True):
            if not call.target.startswith("waffle.models."):
                continue
            kind = call.target.split(".")[2]
            if any(call.has_keyword(name) for name in ("percent", "users", "groups", "rollout")):
                yield call.in_order()
            else:
                yield call.violation(
                    f"a row of `{kind}` stays in waffle's cache; use `override_{kind.lower()}`"
                )
