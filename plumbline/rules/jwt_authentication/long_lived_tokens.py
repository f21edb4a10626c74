"""JWT-04."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.project.installed import once
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_LIMITS = {
    "ACCESS_TOKEN_LIFETIME": (900, "15 minutes"),
    "REFRESH_TOKEN_LIFETIME": (604_800, "7 days"),
}
_REQUIREMENTS = "django\ndjangorestframework\ndjangorestframework-simplejwt\n"
_HEAD = "from datetime import timedelta\n\nINSTALLED_APPS = []\n"


class LongLivedTokens(Rule):
    """Finds tokens that live longer than the guide's sample lets them."""

    code = "JWT04"
    slug = "long-lived-tokens"
    title = "Access tokens live 15 minutes at most, refresh tokens 7 days"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "JWT Authentication for APIs"
    guide_lines = (873, 876)
    what = "`ACCESS_TOKEN_LIFETIME` above 15 minutes or `REFRESH_TOKEN_LIFETIME` above 7 days in `SIMPLE_JWT`."
    why = (
        "An access token cannot be called back: whoever steals one uses it until it expires. The refresh token bounds "
        "how long a lost device stays signed in."
    )
    how = (
        'Set `"ACCESS_TOKEN_LIFETIME": timedelta(minutes=15)` and `"REFRESH_TOKEN_LIFETIME": timedelta(days=7)`, or '
        "less, and let clients refresh."
    )
    applies_when = "the project uses djangorestframework-simplejwt and has deployed settings"
    absent = "djangorestframework-simplejwt is not used"
    examples = (
        Example(
            "an access token for a day",
            {
                "requirements.txt": _REQUIREMENTS,
                "config/settings.py": (
                    f'{_HEAD}SIMPLE_JWT = {{"ACCESS_TOKEN_LIFETIME": timedelta(days=1)}}  # <-\n'
                ),
            },
        ),
        Example(
            "as in the guide",
            {
                "requirements.txt": _REQUIREMENTS,
                "config/settings.py": (
                    f'{_HEAD}SIMPLE_JWT = {{"ACCESS_TOKEN_LIFETIME": timedelta(minutes=15), '
                    '"REFRESH_TOKEN_LIFETIME": timedelta(days=7)}\n'
                ),
            },
            state="pass",
        ),
        Example(
            "the package's defaults",
            {"requirements.txt": _REQUIREMENTS, "config/settings.py": "INSTALLED_APPS = []\n"},
            state="pass",
        ),
        Example(
            "lifetimes from the environment",
            {
                "requirements.txt": _REQUIREMENTS,
                "config/settings.py": (
                    f"import os\n{_HEAD}MINUTES = int(os.environ['MINUTES'])\n"
                    'SIMPLE_JWT = {"ACCESS_TOKEN_LIFETIME": timedelta(minutes=MINUTES)}\n'
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "sliding tokens, whose one lifetime is another setting",
            {
                "requirements.txt": _REQUIREMENTS,
                "config/settings.py": (
                    f'{_HEAD}SIMPLE_JWT = {{"SLIDING_TOKEN_LIFETIME": timedelta(hours=1)}}\n'
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "without simplejwt",
            {"requirements.txt": "django\n", "config/settings.py": "INSTALLED_APPS = []\n"},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """Two verdicts for each deployed settings module: on access tokens and on refresh tokens."""
        yield from once(self._verdicts(project))

    @staticmethod
    def _verdicts(project: Project) -> Iterator[Verdict]:
        for jwt in project.jwt:
            for key, (limit, words) in _LIMITS.items():
                subject = jwt.located(key)
                seconds = jwt.value(key)
                if not isinstance(seconds, int | float):
                    yield subject.unknown(f"`{key}` is computed")
                elif seconds > limit:
                    yield subject.violation(
                        f"`{key}` is {_duration(seconds)}; a stolen token works as long, so make it {words} or less"
                    )
                else:
                    yield subject.in_order()


def _duration(seconds: float) -> str:
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1)):
        if seconds >= size and seconds % size == 0:
            count = int(seconds // size)
            return f"{count:,} {unit}{'' if count == 1 else 's'}"
    return f"{seconds:,} seconds"
