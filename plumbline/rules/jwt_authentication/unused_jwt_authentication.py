"""JWT-02."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from plumbline.edits import AddItem, Edit, Fix
from plumbline.project import Project
from plumbline.project.installed import beside_apps, once
from plumbline.project.setting_values import UNKNOWN, Perhaps, Symbol
from plumbline.rule import Basis, Effort, Example, Level, Rule, Verdict

_CLASS = "rest_framework_simplejwt.authentication.JWTAuthentication"
_KEY = "DEFAULT_AUTHENTICATION_CLASSES"
_REQUIREMENTS = "django\ndjangorestframework\ndjangorestframework-simplejwt\n"
_APPS = 'INSTALLED_APPS = ["rest_framework"]\n'


class UnusedJwtAuthentication(Rule):
    """Finds projects that install simplejwt and let no view accept its tokens."""

    code = "JWT02"
    slug = "unused-jwt-authentication"
    title = "`JWTAuthentication` is among the default authentication classes"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "JWT Authentication for APIs"
    guide_lines = (866, 870)
    effort = Effort.HOUR
    what = (
        f"`{_KEY}` of `REST_FRAMEWORK` without `JWTAuthentication` or a class derived from it, in a project that uses "
        "simplejwt and names the class on no view."
    )
    why = (
        "A token that was handed out is then accepted nowhere. DRF falls back to sessions and basic authentication, "
        "and API clients get 401 or 403 without a hint at the reason."
    )
    how = f'List `"{_CLASS}"` in `{_KEY}`, first if its challenge is to appear in a 401 response.'
    applies_when = "the project uses djangorestframework-simplejwt and has deployed settings"
    absent = "djangorestframework-simplejwt is not used"
    errata = (
        "Views that name the class themselves are in order, and so are classes that take the token from a cookie: what "
        "counts is that tokens are accepted."
    )
    examples = (
        Example(
            "sessions by default",
            {
                "requirements.txt": _REQUIREMENTS,
                "config/settings.py": (
                    f"{_APPS}REST_FRAMEWORK = {{  # <-\n"
                    f'    "{_KEY}": [\n        "rest_framework.authentication.SessionAuthentication",\n    ],\n}}\n'
                ),
            },
            fixed={
                "config/settings.py": (
                    f'{_APPS}REST_FRAMEWORK = {{\n    "{_KEY}": [\n'
                    f'        "rest_framework.authentication.SessionAuthentication",\n        "{_CLASS}",\n'
                    "    ],\n}\n"
                )
            },
        ),
        Example(
            "by default",
            {
                "requirements.txt": _REQUIREMENTS,
                "config/settings.py": f'{_APPS}REST_FRAMEWORK = {{"{_KEY}": ["{_CLASS}"]}}\n',
            },
            state="pass",
        ),
        Example(
            "named on a view",
            {
                "requirements.txt": _REQUIREMENTS,
                "config/settings.py": _APPS,
                "shop/views.py": (
                    "from rest_framework.views import APIView\n"
                    "from rest_framework_simplejwt.authentication import JWTAuthentication\n\n\n"
                    "class Orders(APIView):\n    authentication_classes = [JWTAuthentication]\n"
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "a class that reads the token from a cookie",
            {
                "requirements.txt": _REQUIREMENTS,
                "config/settings.py": f'{_APPS}REST_FRAMEWORK = {{"{_KEY}": ["shop.authentication.Cookie"]}}\n',
                "shop/authentication.py": (
                    "from rest_framework_simplejwt.authentication import JWTAuthentication\n\n\n"
                    "class Cookie(JWTAuthentication):\n    pass\n"
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "without simplejwt",
            {"requirements.txt": "django\ndjangorestframework\n", "config/settings.py": _APPS},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each deployed settings module."""
        if project.jwt:
            yield from once(self._verdicts(project))

    @staticmethod
    def _verdicts(project: Project) -> Iterator[Verdict]:
        is_imported = any(
            item.module.startswith("rest_framework_simplejwt")
            and "authentication" in (item.module + item.name)
            for module in project.names
            if module.role == "source"
            for item in module.outline.imports
        )
        for jwt in project.jwt:
            setting = jwt.module.get("REST_FRAMEWORK")
            subject = setting if setting is not None else beside_apps(jwt.module, "REST_FRAMEWORK")
            value = setting.value if setting is not None else {}
            classes = value.get(_KEY, []) if isinstance(value, dict) else None
            if is_imported or (
                isinstance(classes, list) and any(_accepts_jwt(item) for item in classes)
            ):
                yield subject.in_order()
            elif (
                jwt.module.is_open
                or not isinstance(classes, list)
                or UNKNOWN in value
                or any(item is UNKNOWN or isinstance(item, Perhaps) for item in classes)
            ):
                yield subject.unknown("the authentication classes are partly computed")
            else:
                edits: list[Edit] = []
                if setting is not None and classes:
                    edits.append(AddItem(setting.path, setting.line, f'"{_CLASS}"', within=(_KEY,)))
                yield subject.violation(
                    f"simplejwt is installed and no view accepts its tokens; list `JWTAuthentication` in `{_KEY}`",
                    fix=Fix(edits, is_safe=False) if edits else None,
                )


def _accepts_jwt(item: Any) -> bool:  # noqa: ANN401
    """Whether a default class takes such tokens: the package's, another package's for it, or one named for them."""
    name = item.name if isinstance(item, Symbol) else item
    return isinstance(name, str) and "jwt" in name.lower()
