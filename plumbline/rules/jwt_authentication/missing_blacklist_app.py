"""JWT-03."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.edits import Fix
from plumbline.project import Project
from plumbline.project.installed import adding, holds, once, place
from plumbline.project.jwt import BLACKLIST, PACKAGE
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_VIEW = "rest_framework_simplejwt.views.TokenBlacklistView"
_FUNCTION = "rest_framework_simplejwt.views.token_blacklist"
_REQUIREMENTS = "django\ndjangorestframework\ndjangorestframework-simplejwt\n"
_ON = 'SIMPLE_JWT = {"ROTATE_REFRESH_TOKENS": True, "BLACKLIST_AFTER_ROTATION": True}\n'


class MissingBlacklistApp(Rule):
    """Finds blacklisting that is switched on without the app that remembers tokens."""

    code = "JWT03"
    slug = "missing-blacklist-app"
    title = "Blacklisting comes with its app"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "JWT Authentication for APIs"
    guide_lines = (859, 878)
    what = (
        f"`BLACKLIST_AFTER_ROTATION` or a route to `TokenBlacklistView` in a project whose `INSTALLED_APPS` lacks "
        f"`{BLACKLIST}`."
    )
    why = (
        "The list of refused tokens is a table of that app. Without it a token that was rotated or logged out stays "
        "valid until it expires, and the view to log out fails."
    )
    how = f"Add `{BLACKLIST}` to `INSTALLED_APPS` and run `migrate`. Clear old rows by `flushexpiredtokens`."
    applies_when = "simplejwt is told to blacklist tokens, or its view for that is routed"
    absent = "nothing blacklists tokens of djangorestframework-simplejwt"
    examples = (
        Example(
            "switched on without the app",
            {
                "requirements.txt": _REQUIREMENTS,
                "config/settings.py": (
                    f'INSTALLED_APPS = [  # <-\n    "rest_framework",\n    "{PACKAGE}",\n    "shop",\n]\n{_ON}'
                ),
            },
            fixed={
                "config/settings.py": (
                    f'INSTALLED_APPS = [\n    "rest_framework",\n    "{PACKAGE}",\n    "{BLACKLIST}",\n'
                    f'    "shop",\n]\n{_ON}'
                )
            },
        ),
        Example(
            "a route without the app",
            {
                "requirements.txt": _REQUIREMENTS,
                "config/settings.py": 'INSTALLED_APPS = ["rest_framework"]  # <-\n',
                "config/urls.py": (
                    "from django.urls import path\nfrom rest_framework_simplejwt.views import TokenBlacklistView\n\n"
                    'urlpatterns = [path("logout/", TokenBlacklistView.as_view())]\n'
                ),
            },
            fixed={"config/settings.py": f'INSTALLED_APPS = ["rest_framework", "{BLACKLIST}"]\n'},
        ),
        Example(
            "with the app",
            {
                "requirements.txt": _REQUIREMENTS,
                "config/settings.py": f'INSTALLED_APPS = ["rest_framework", "{BLACKLIST}"]\n{_ON}',
            },
            state="pass",
        ),
        Example(
            "no blacklist",
            {
                "requirements.txt": _REQUIREMENTS,
                "config/settings.py": 'INSTALLED_APPS = ["rest_framework"]\n',
            },
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each deployed settings module that asks for a blacklist."""
        if project.jwt:
            yield from once(self._verdicts(project))

    @staticmethod
    def _verdicts(project: Project) -> Iterator[Verdict]:
        is_routed = any(_blacklists(project, route.view) for route in project.views.routes)
        for jwt in project.jwt:
            if not is_routed and jwt.value("BLACKLIST_AFTER_ROTATION") is not True:
                continue
            subject = place(jwt.module, "INSTALLED_APPS")
            held = holds(project, jwt.module, "INSTALLED_APPS", BLACKLIST)
            if held:
                yield subject.in_order()
            elif held is None:
                yield subject.unknown("`INSTALLED_APPS` is partly computed")
            else:
                edit = adding(project, jwt.module, "INSTALLED_APPS", BLACKLIST, after=PACKAGE)
                yield subject.violation(
                    f"tokens are blacklisted without a table for them; add `{BLACKLIST}` to `INSTALLED_APPS`",
                    fix=Fix([edit], is_safe=False) if edit is not None else None,
                )


def _blacklists(project: Project, view: str) -> bool:
    if view in (_VIEW, _FUNCTION):
        return True
    cls = project.classes.by_name.get(view)
    return cls is not None and cls.inherits(_VIEW)
