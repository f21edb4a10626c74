"""SLK-02."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline import outline as o
from plumbline.project import Project
from plumbline.project.dependencies import Dependency
from plumbline.project.installed import giving, holds, once
from plumbline.project.settings import SettingsModule
from plumbline.rule import Basis, Effort, Example, Level, Rule, Verdict

_LISTS = {"INSTALLED_APPS": "silk", "MIDDLEWARE": "silk.middleware.SilkyMiddleware"}
_DEV = {"requirements.txt": "django\n", "requirements-dev.txt": "django-silk\n"}


class ProfilerInProduction(Rule):
    """Finds django-silk in what production runs."""

    code = "SLK02"
    slug = "profiler-in-production"
    title = "django-silk stays out of production's settings and dependencies"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Performance Profiling: django-silk"
    guide_lines = (1479, 1502)
    effort = Effort.HOUR
    needs = ("python", "toml", "requirements")
    what = (
        "`silk` among the apps or the middleware of the settings that production runs, and django-silk among the "
        "dependencies that are installed everywhere."
    )
    why = (
        "Silk writes every request with its headers and bodies to the database: that costs time, fills tables and "
        "stores passwords and personal data. Its pages show all of this to whoever may open them."
    )
    how = (
        "Move the app and the middleware to the settings for development or behind a flag that production does not "
        "set, and the dependency to the development group."
    )
    applies_when = "the project uses django-silk"
    absent = "django-silk is not used"
    errata = (
        "A dependency that is installed everywhere is in order where a flag decides whether it is switched on, since a "
        "staging site installs what production does."
    )
    examples = (
        Example(
            "in the settings of production",
            {
                **_DEV,
                "config/settings/__init__.py": "",
                "config/settings/base.py": 'INSTALLED_APPS = ["silk"]  # <-\nMIDDLEWARE = []\n',
                "config/settings/production.py": (
                    'from .base import *\n\nMIDDLEWARE = ["silk.middleware.SilkyMiddleware"]  # <-\n'
                ),
            },
        ),
        Example(
            "installed everywhere",
            {
                "pyproject.toml": (
                    '[project]\nname = "shop"\ndependencies = ["django", "django-silk"]\n'
                ),
                "config/settings.py": "INSTALLED_APPS = []\n",
            },
            reports=("pyproject.toml",),
        ),
        Example(
            "for development only",
            {
                **_DEV,
                "config/settings/__init__.py": "",
                "config/settings/base.py": "INSTALLED_APPS = []\n",
                "config/settings/development.py": 'from .base import *\n\nINSTALLED_APPS += ["silk"]\n',
                "config/settings/production.py": "from .base import *\n",
            },
            state="pass",
        ),
        Example(
            "behind a flag",
            {
                "requirements.txt": "django\ndjango-silk\n",
                "config/settings.py": (
                    "import os\n\nINSTALLED_APPS = []\nMIDDLEWARE = []\n"
                    'if os.environ.get("PROFILE"):\n    INSTALLED_APPS += ["silk"]\n'
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example("without silk", {"requirements.txt": "django\n"}, state="not_applicable"),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each list of deployed settings, and one for the dependency."""
        if project.uses("silk", "django-silk"):
            yield from once(self._verdicts(project))

    @staticmethod
    def _verdicts(project: Project) -> Iterator[Verdict]:
        is_guarded = False
        for module in project.settings.deployed:
            for name, item in _LISTS.items():
                setting = module.get(name)
                if setting is None:
                    continue
                if _is_guarded(project, module, name):
                    is_guarded = True
                    yield setting.in_order()
                elif (held := holds(project, module, name, item)) is None:
                    yield setting.unknown(f"`{name}` is partly computed")
                elif held:
                    yield giving(project, module, name, item).violation(
                        f"production profiles every request: take `{item}` out of `{name}`"
                    )
                else:
                    yield setting.in_order()
        if (dependency := _dependency(project)) is not None:
            if dependency.is_runtime and not is_guarded:
                yield dependency.violation(
                    "django-silk is installed in production; move it to the development dependencies"
                )
            else:
                yield dependency.in_order()


def _is_guarded(project: Project, module: SettingsModule, name: str) -> bool:
    """Whether silk is added under a condition, whatever that is worth when the settings are read."""
    setting = module.get(name)
    path = setting.path if setting is not None else module.path
    return any(
        step.guard and step.target == name and _mentions_silk(step.value)
        for step in project.names.modules[path].outline.assignments
    )


def _mentions_silk(value: o.Value) -> bool:
    if isinstance(value, str):
        return value.startswith("silk")
    if isinstance(value, o.Joined):
        return _mentions_silk(value.left) or _mentions_silk(value.right)
    return isinstance(value, o.Many) and any(_mentions_silk(item) for item in value.items)


def _dependency(project: Project) -> Dependency | None:
    declared = project.dependencies.declared.get("django-silk", [])
    return next((item for item in declared if item.is_runtime), declared[0] if declared else None)
