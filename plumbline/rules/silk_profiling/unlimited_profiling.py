"""SLK-05."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.project.installed import beside_apps, holds, once
from plumbline.project.settings import SettingsModule
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_INTERCEPT = "SILKY_INTERCEPT_PERCENT"
_BODY = "SILKY_MAX_REQUEST_BODY_SIZE"
_MIDDLEWARE = "silk.middleware.SilkyMiddleware"
_REQUIREMENTS = "django\ndjango-silk\n"
_LISTS = f'INSTALLED_APPS = ["silk"]\nMIDDLEWARE = ["{_MIDDLEWARE}"]\n'


class UnlimitedProfiling(Rule):
    """Finds deployed settings by which silk records every request, or bodies of any size."""

    code = "SLK05"
    slug = "unlimited-profiling"
    title = "Only development records every request and whole bodies"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Performance Profiling: django-silk"
    guide_lines = (1497, 1502)
    what = (
        f"Deployed settings with silk in which `{_INTERCEPT}` is 100 or `{_BODY}` is unlimited, both of which are the "
        "defaults."
    )
    why = (
        "On a site with traffic every request then costs additional writes, and each upload is stored a second time. "
        "The tables grow faster than the garbage collection of silk shrinks them."
    )
    how = (
        f"On a deployed site set `{_INTERCEPT}` to a few percent, or decide by `SILKY_INTERCEPT_FUNC`, and "
        f"`{_BODY}` to some kilobytes. Better still, keep silk to development."
    )
    applies_when = "deployed settings list silk's middleware for certain"
    absent = "no deployed settings list django-silk for certain"
    examples = (
        Example(
            "everything, whole",
            {
                "requirements.txt": _REQUIREMENTS,
                "config/settings.py": f"{_LISTS}{_INTERCEPT} = 100  # <-\n{_BODY} = -1  # <-\n",
            },
        ),
        Example(
            "the defaults",
            {"requirements.txt": _REQUIREMENTS, "config/settings.py": _LISTS},
            reports=("config/settings.py",),
        ),
        Example(
            "a sample, cut off",
            {
                "requirements.txt": _REQUIREMENTS,
                "config/settings.py": f"{_LISTS}{_INTERCEPT} = 5\n{_BODY} = 2048\n",
            },
            state="pass",
        ),
        Example(
            "a flag decides",
            {
                "requirements.txt": _REQUIREMENTS,
                "config/settings.py": (
                    "import os\n\nINSTALLED_APPS = []\nMIDDLEWARE = []\n"
                    f'if os.environ.get("PROFILE"):\n    MIDDLEWARE += ["{_MIDDLEWARE}"]\n'
                ),
            },
            state="not_applicable",
            is_trap=True,
        ),
        Example(
            "silk in development alone",
            {
                "requirements.txt": _REQUIREMENTS,
                "config/settings/__init__.py": "",
                "config/settings/production.py": "INSTALLED_APPS = []\nMIDDLEWARE = []\n",
                "config/settings/development.py": f"{_LISTS}{_INTERCEPT} = 100\n{_BODY} = -1\n",
            },
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """Two verdicts for each deployed settings module with silk."""
        if project.uses("silk", "django-silk"):
            yield from once(self._verdicts(project))

    @staticmethod
    def _verdicts(project: Project) -> Iterator[Verdict]:
        for module in project.settings.deployed:
            # Behind a flag silk is a tool to switch on for a while.
            if not holds(project, module, "MIDDLEWARE", _MIDDLEWARE):
                continue
            if module.get("SILKY_INTERCEPT_FUNC") is None:
                yield from _limit(
                    module, _INTERCEPT, 100, "every request is recorded; sample a few percent"
                )
            yield from _limit(
                module, _BODY, -1, "request bodies of any size are stored; give a limit"
            )


def _limit(module: SettingsModule, name: str, unlimited: int, message: str) -> Iterator[Verdict]:
    setting = module.get(name)
    subject = setting if setting is not None else beside_apps(module, name)
    value = setting.value if setting is not None else unlimited
    if setting is None and module.is_open:
        yield subject.unknown(f"`{name}` may come from elsewhere")
    elif not isinstance(value, int | float):
        yield subject.unknown(f"`{name}` is computed")
    elif value >= 100 if unlimited > 0 else value < 0:
        yield subject.violation(f"{message} by `{name}`")
    else:
        yield subject.in_order()
