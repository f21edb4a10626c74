"""JWT-01."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.project.installed import giving, strings
from plumbline.project.jwt import DISTRIBUTION, PACKAGE
from plumbline.rule import Effort, Example, Level, Located, Rule, Verdict

_PACKAGES = {
    "djangorestframework-jwt": "rest_framework_jwt",
    "drf-jwt": "rest_framework_jwt",
    "django-rest-knox": "knox",
}
_APPS = {
    "rest_framework.authtoken": "DRF's `authtoken`",
    "knox": "`knox`",
    "rest_framework_jwt": "`rest_framework_jwt`",
}
_BASE = "rest_framework.authentication.BaseAuthentication"
_REQUIREMENTS = "django\ndjangorestframework\n"


class OtherApiTokens(Rule):
    """Finds API tokens that do not come from simplejwt."""

    code = "JWT01"
    slug = "api-tokens-without-simplejwt"
    title = "Tokens of a REST API come from djangorestframework-simplejwt"
    level = Level.SHOULD
    section = "JWT Authentication for APIs"
    guide_lines = (848, 907)
    effort = Effort.DAYS
    needs = ("python", "toml", "requirements")
    what = (
        "Token authentication for Django REST framework by `rest_framework.authtoken`, django-rest-knox or one of the "
        "older JWT packages, or by an authentication class that decodes tokens itself."
    )
    why = (
        "DRF's own tokens never expire and cost a query per request; the older JWT packages are no longer maintained. "
        "Code of one's own easily forgets to check the algorithm, the expiry or the kind of token."
    )
    how = (
        "Install djangorestframework-simplejwt, accept both kinds of token for a while by listing both authentication "
        "classes, and take the old one out when its clients have moved."
    )
    applies_when = "the project uses Django REST framework with tokens"
    absent = "no token authentication for Django REST framework"
    examples = (
        Example(
            "DRF's own tokens",
            {
                "requirements.txt": _REQUIREMENTS,
                "config/settings.py": (
                    'INSTALLED_APPS = ["rest_framework", "rest_framework.authtoken"]  # <-\n'
                ),
            },
        ),
        Example(
            "an old package",
            {
                "requirements.txt": f"{_REQUIREMENTS}djangorestframework-jwt  # <-\n",
                "config/settings.py": 'INSTALLED_APPS = ["rest_framework"]\n',
            },
        ),
        Example(
            "tokens that are decoded by hand",
            {
                "requirements.txt": f"{_REQUIREMENTS}pyjwt\n",
                "shop/authentication.py": (
                    "import jwt\nfrom rest_framework.authentication import BaseAuthentication\n\n\n"
                    "class TokenAuthentication(BaseAuthentication):\n    def authenticate(self, request):\n"
                    '        return jwt.decode(request.headers["token"], "key")  # <-\n'
                ),
            },
        ),
        Example(
            "simplejwt",
            {
                "requirements.txt": f"{_REQUIREMENTS}{DISTRIBUTION}\n",
                "config/settings.py": 'INSTALLED_APPS = ["rest_framework"]\n',
            },
            state="pass",
        ),
        Example(
            "sessions",
            {
                "requirements.txt": _REQUIREMENTS,
                "config/settings.py": (
                    'INSTALLED_APPS = ["rest_framework"]\nREST_FRAMEWORK = {"DEFAULT_AUTHENTICATION_CLASSES": '
                    '["rest_framework.authentication.SessionAuthentication"]}\n'
                ),
            },
            state="not_applicable",
            is_trap=True,
        ),
        Example(
            "another framework decodes tokens",
            {
                "requirements.txt": "django\ndjango-ninja\npyjwt\n",
                "shop/api.py": 'import jwt\n\n\ndef user_of(token):\n    return jwt.decode(token, "key")\n',
            },
            state="not_applicable",
            is_trap=True,
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each source of tokens."""
        if not project.uses("rest_framework", "djangorestframework"):
            return
        for subject, name in _others(project):
            yield subject.violation(
                f"{name} hands out or checks API tokens; use djangorestframework-simplejwt"
            )
        if project.uses(PACKAGE, DISTRIBUTION):
            dependency = project.dependencies.get(DISTRIBUTION)
            yield (dependency or project.repository(PACKAGE, "pyproject.toml")).in_order()


def _others(project: Project) -> Iterator[tuple[Located, str]]:
    seen: set[str] = set()
    for distribution, package in _PACKAGES.items():
        dependency = project.dependencies.get(distribution)
        if dependency is not None and package not in seen:
            seen.add(package)
            yield dependency, distribution
    for module in project.settings.deployed:
        for app in strings(module, "INSTALLED_APPS"):
            if app in _APPS and app not in seen:
                seen.add(app)
                yield giving(project, module, "INSTALLED_APPS", app), _APPS[app]
    decoding = project.calls.named("decode") if "jwt" in project.imported_packages else ()
    for call in decoding:
        function = call.function
        owner = function.owner if function is not None else None
        if call.target == "jwt.decode" and owner is not None and owner.inherits(_BASE):
            yield call, f"`{owner.name}`"
