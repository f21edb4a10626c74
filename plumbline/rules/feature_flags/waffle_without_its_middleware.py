"""WAF-02."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.edits import Fix
from plumbline.project import Project
from plumbline.project.flags import APP, MIDDLEWARE
from plumbline.project.installed import adding, holds, once, place
from plumbline.rule import Basis, Example, Level, Verdict
from plumbline.rules.feature_flags.waffle_rule import WaffleRule

_BASE = {"requirements.txt": "django\ndjango-waffle\n", "manage.py": "import django\n"}
_APPS = 'INSTALLED_APPS = ["waffle"]\n'
_LIST = f'MIDDLEWARE = ["shop.middleware.Last", "{MIDDLEWARE}"]\n'


class WaffleWithoutItsMiddleware(WaffleRule):
    """Finds settings with one half of django-waffle."""

    code = "WAF02"
    slug = "waffle-without-its-middleware"
    title = "Waffle's app and middleware come together"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Feature Flags with django-waffle"
    guide_lines = (2332, 2342)
    what = "Deployed settings that list the app `waffle` without its middleware, or the middleware without the app."
    why = (
        "Without the middleware a visitor gets no cookie, so that a flag rolled out to a share of visitors changes "
        "with every request. Without the app there are no tables."
    )
    how = f'Add `"waffle"` to `INSTALLED_APPS` and `"{MIDDLEWARE}"` to the end of `MIDDLEWARE`.'
    applies_when = "django-waffle is installed"
    absent = "django-waffle is not set up"
    examples = (
        Example(
            "no middleware",
            {
                **_BASE,
                "config/settings.py": _APPS + 'MIDDLEWARE = ["shop.middleware.Last"]  # <-\n',
            },
            fixed={"config/settings.py": _APPS + _LIST},
        ),
        Example("both", {**_BASE, "config/settings.py": _APPS + _LIST}, state="pass"),
        Example(
            "no waffle",
            {
                "requirements.txt": "django\n",
                "manage.py": "import django\n",
                "config/settings.py": "INSTALLED_APPS = []\n",
            },
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each deployed settings module with either half."""
        yield from once(self._verdicts(project))

    @staticmethod
    def _verdicts(project: Project) -> Iterator[Verdict]:
        for module in project.settings.deployed:
            app = holds(project, module, "INSTALLED_APPS", APP)
            middleware = holds(project, module, "MIDDLEWARE", MIDDLEWARE)
            if app is None or middleware is None:
                yield place(module, "MIDDLEWARE").unknown("the settings are partly computed")
            elif app and middleware:
                yield place(module, "MIDDLEWARE").in_order()
            elif app or middleware:
                name, item = ("MIDDLEWARE", MIDDLEWARE) if app else ("INSTALLED_APPS", APP)
                edit = adding(project, module, name, item)
                yield place(module, name).violation(
                    f"waffle's {'middleware' if app else 'app'} is missing; add `{item}` to `{name}`",
                    fix=Fix([edit], is_safe=False) if edit is not None else None,
                )
