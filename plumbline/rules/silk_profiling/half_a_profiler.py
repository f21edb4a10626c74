"""SLK-04."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.edits import Fix
from plumbline.project import Project
from plumbline.project.installed import adding, holds, once, place
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_MIDDLEWARE = "silk.middleware.SilkyMiddleware"
_REQUIREMENTS = "django\ndjango-silk\n"


class HalfAProfiler(Rule):
    """Finds silk's app without its middleware, and the reverse."""

    code = "SLK04"
    slug = "half-a-profiler"
    title = "Silk's app and middleware come together"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Performance Profiling: django-silk"
    guide_lines = (1485, 1495)
    what = f"Settings that list `silk` among the apps without `{_MIDDLEWARE}`, or the middleware without the app."
    why = (
        "The app alone records nothing. The middleware alone fails at the first request, since the tables that it "
        "writes to belong to the app."
    )
    how = f"List both, the middleware near the top of `MIDDLEWARE` so that it times what follows: `{_MIDDLEWARE}`."
    applies_when = "some settings module lists silk's app or middleware"
    absent = "no settings list django-silk"
    examples = (
        Example(
            "the app alone",
            {
                "requirements.txt": _REQUIREMENTS,
                "config/settings/__init__.py": "",
                "config/settings/base.py": (
                    'INSTALLED_APPS = ["shop"]\nMIDDLEWARE = [\n    "shop.middleware.First",\n]\n'
                ),
                "config/settings/development.py": (
                    'from .base import *\n\nINSTALLED_APPS += ["silk"]  # <-\nMIDDLEWARE += ["shop.middleware.Last"]\n'
                ),
            },
            fixed={
                "config/settings/development.py": (
                    'from .base import *\n\nINSTALLED_APPS += ["silk"]\n'
                    f'MIDDLEWARE += ["{_MIDDLEWARE}", "shop.middleware.Last"]\n'
                )
            },
        ),
        Example(
            "the middleware alone",
            {
                "requirements.txt": _REQUIREMENTS,
                "config/settings/__init__.py": "",
                "config/settings/development.py": (
                    f'INSTALLED_APPS = [\n    "shop",\n]\nMIDDLEWARE = ["{_MIDDLEWARE}"]  # <-\n'
                ),
            },
            fixed={
                "config/settings/development.py": (
                    f'INSTALLED_APPS = [\n    "shop",\n    "silk",\n]\nMIDDLEWARE = ["{_MIDDLEWARE}"]\n'
                )
            },
        ),
        Example(
            "both",
            {
                "requirements.txt": _REQUIREMENTS,
                "config/settings.py": f'INSTALLED_APPS = ["silk"]\nMIDDLEWARE = ["{_MIDDLEWARE}"]\n',
            },
            state="pass",
        ),
        Example(
            "without silk",
            {"requirements.txt": "django\n", "config/settings.py": "INSTALLED_APPS = []\n"},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each settings module that lists either."""
        if project.uses("silk", "django-silk"):
            yield from once(self._verdicts(project))

    @staticmethod
    def _verdicts(project: Project) -> Iterator[Verdict]:
        for module in project.settings.modules:
            app = holds(project, module, "INSTALLED_APPS", "silk")
            middleware = holds(project, module, "MIDDLEWARE", _MIDDLEWARE)
            if not app and not middleware:
                continue
            subject = place(module, "INSTALLED_APPS" if app else "MIDDLEWARE")
            if app and middleware:
                yield subject.in_order()
            elif None in (app, middleware):
                yield subject.unknown("the other half may be added when the settings are read")
            elif app:
                edit = None
                setting = module.get("MIDDLEWARE")
                # What the settings for development add must not reach those that they build on.
                if setting is not None and setting.path == subject.path:
                    edit = adding(project, module, "MIDDLEWARE", _MIDDLEWARE, before=_MIDDLEWARE)
                yield subject.violation(
                    f"silk's app records nothing without its middleware; add `{_MIDDLEWARE}`",
                    fix=Fix([edit], is_safe=False) if edit is not None else None,
                )
            else:
                edit = None
                setting = module.get("INSTALLED_APPS")
                if setting is not None and setting.path == subject.path:
                    edit = adding(project, module, "INSTALLED_APPS", "silk")
                yield subject.violation(
                    "silk's middleware writes to tables of its app; add `silk` to `INSTALLED_APPS`",
                    fix=Fix([edit], is_safe=False) if edit is not None else None,
                )
