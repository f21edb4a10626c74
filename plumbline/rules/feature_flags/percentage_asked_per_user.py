"""WAF-08."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.rule import Basis, Example, Level, Verdict
from plumbline.rules.feature_flags.waffle_rule import WaffleRule

_BASE = {"requirements.txt": "django\ndjango-waffle\n"}
_ROLLOUT = (
    "from waffle.models import Flag\n\n\n"
    'def test_share(db, users):\n    flag = Flag.objects.create(name="x", percent=50)\n'
)


class PercentageAskedPerUser(WaffleRule):
    """Finds tests that ask for the share of a flag where waffle does not apply it."""

    code = "WAF08"
    slug = "percentage-asked-per-user"
    title = "Tests of a share ask with a request, or not at all"
    level = Level.SHOULD
    basis = Basis.DERIVED
    section = "Feature Flags with django-waffle"
    guide_lines = (2448, 2463)
    what = "A test that makes a flag with `percent` and then asks `is_active_for_user`."
    why = (
        "`is_active_for_user` looks at users and groups only and gives `None` for a share: the count is always "
        "nought. And a count that depends on chance fails now and then even where it works."
    )
    how = (
        "Test both sides with `override_flag`; of the share itself test `flag.is_active(request)` with a fixed "
        "cookie."
    )
    applies_when = "tests ask flags of django-waffle for users"
    absent = "no test asks a flag for a user"
    errata = "The guide's own test of a share does this, and always fails."
    examples = (
        Example(
            "a share asked for each user",
            {
                **_BASE,
                "tests/test_flags.py": _ROLLOUT
                + "    assert sum(bool(flag.is_active_for_user(user)) for user in users) > 40  # <-\n",
            },
        ),
        Example(
            "users of a flag without a share",
            {
                **_BASE,
                "tests/test_flags.py": (
                    "from waffle.models import Flag\n\n\ndef test_user(db, user):\n"
                    '    flag = Flag.objects.create(name="x", superusers=True)\n'
                    "    assert flag.is_active_for_user(user)\n"
                ),
            },
            state="pass",
        ),
        Example("no waffle", {"requirements.txt": "django\n"}, state="not_applicable"),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each question for a user in a test."""
        for call in project.calls.named("is_active_for_user", tests=True):
            has_share = any(
                key == "percent" for other in call.siblings for key, _ in other.keywords
            )
            if has_share:
                yield call.violation(
                    "waffle applies no share here, so this is never true; use `override_flag`, or "
                    "`flag.is_active(request)`"
                )
            else:
                yield call.in_order()
