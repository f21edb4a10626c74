"""JWT-05."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.edits import Fix
from plumbline.project import Project
from plumbline.project.installed import adding, holds, once, setting_entry
from plumbline.project.jwt import BLACKLIST, PACKAGE, Jwt
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_KEYS = {
    "ROTATE_REFRESH_TOKENS": "a refresh token stays the same until it expires",
    "BLACKLIST_AFTER_ROTATION": "a refresh token that was used stays good",
}
_REQUIREMENTS = "django\ndjangorestframework\ndjangorestframework-simplejwt\n"
_APPS = f'INSTALLED_APPS = ["rest_framework", "{BLACKLIST}"]\n'


class RefreshTokensThatStayValid(Rule):
    """Finds refresh tokens that may be used again and again."""

    code = "JWT05"
    slug = "refresh-tokens-that-stay-valid"
    title = "Refresh tokens are rotated, and the used one is blacklisted"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "JWT Authentication for APIs"
    guide_lines = (873, 878)
    what = "`SIMPLE_JWT` in which `ROTATE_REFRESH_TOKENS` or `BLACKLIST_AFTER_ROTATION` is off, which is the default."
    why = (
        "A refresh token that is good for many uses is as good as a password to whoever copies it. Rotation gives each "
        "use a new one, and the blacklist makes a second use of the old one fail."
    )
    how = (
        f"Set both to `True` and install `{BLACKLIST}`. Clients must keep the refresh token that comes back with each "
        "refresh."
    )
    applies_when = "the project uses djangorestframework-simplejwt for tokens that are refreshed"
    absent = "djangorestframework-simplejwt is not used"
    examples = (
        Example(
            "left to the defaults",
            {
                "requirements.txt": _REQUIREMENTS,
                "config/settings.py": f'{_APPS}SIMPLE_JWT = {{"ALGORITHM": "HS256"}}  # <-\n',
            },
            fixed={
                "config/settings.py": (
                    f'{_APPS}SIMPLE_JWT = {{"ALGORITHM": "HS256", "ROTATE_REFRESH_TOKENS": True, '
                    '"BLACKLIST_AFTER_ROTATION": True}\n'
                )
            },
        ),
        Example(
            "no settings at all",
            {"requirements.txt": _REQUIREMENTS, "config/settings.py": "INSTALLED_APPS = []\n"},
            reports=("config/settings.py",),
        ),
        Example(
            "both on",
            {
                "requirements.txt": _REQUIREMENTS,
                "config/settings.py": (
                    f'{_APPS}SIMPLE_JWT = {{"ROTATE_REFRESH_TOKENS": True, "BLACKLIST_AFTER_ROTATION": True}}\n'
                ),
            },
            state="pass",
        ),
        Example(
            "a service that only verifies tokens of another",
            {
                "requirements.txt": _REQUIREMENTS,
                "config/settings.py": (
                    f'{_APPS}SIMPLE_JWT = {{"ALGORITHM": "RS256", "JWK_URL": "https://id.example.org/keys"}}\n'
                ),
            },
            state="not_applicable",
        ),
        Example(
            "without simplejwt",
            {"requirements.txt": "django\n", "config/settings.py": "INSTALLED_APPS = []\n"},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """Two verdicts for each deployed settings module: on rotation and on the blacklist."""
        yield from once(self._verdicts(project))

    @staticmethod
    def _verdicts(project: Project) -> Iterator[Verdict]:
        for jwt in project.jwt:
            kinds = jwt.value("AUTH_TOKEN_CLASSES")
            is_sliding = isinstance(kinds, list) and any("Sliding" in str(kind) for kind in kinds)
            if jwt.only_verifies or is_sliding:
                continue
            for key, danger in _KEYS.items():
                subject = jwt.located(key)
                value = jwt.value(key)
                if value is True:
                    yield subject.in_order()
                elif value is False:
                    yield subject.violation(
                        f"{danger}; set `{key}` to `True`", fix=_fix(project, jwt, key)
                    )
                else:
                    yield subject.unknown(f"`{key}` is computed")


def _fix(project: Project, jwt: Jwt, key: str) -> Fix | None:
    """Switch it on, with the app that remembers tokens. Unsafe: clients must keep the token that comes back."""
    edits = [setting_entry(project, jwt.module, "SIMPLE_JWT", key, "True")]
    if "BLACKLIST" in key and not holds(project, jwt.module, "INSTALLED_APPS", BLACKLIST):
        edits.append(adding(project, jwt.module, "INSTALLED_APPS", BLACKLIST, after=PACKAGE))
    found = [edit for edit in edits if edit is not None]
    return Fix(found, is_safe=False) if len(found) == len(edits) else None
