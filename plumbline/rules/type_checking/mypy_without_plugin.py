"""TYP-02."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.edits import Fix
from plumbline.project import Project
from plumbline.project.configuration import Options
from plumbline.project.remedies import add_words, settings_candidate, stubs_settings
from plumbline.rule import Example, Level, Rule, Verdict

_DJANGO = "django\ndjango-stubs\nmypy\n"
_PLUGIN = "mypy_django_plugin.main"
_SETTINGS = "DJANGO_SETTINGS_MODULE"


class MypyWithoutPlugin(Rule):
    """Finds configurations of mypy that do not load the plugin of django-stubs."""

    code = "TYP02"
    slug = "mypy-without-plugin"
    title = "mypy loads the Django plugin"
    level = Level.MUST
    section = "Type Checking: django-stubs"
    guide_lines = (101, 103)
    what = (
        "A configuration of mypy (`mypy.ini`, `.mypy.ini`, `[tool.mypy]` or `setup.cfg`, the one nearest to "
        "`manage.py`) whose "
        "`plugins` lack `mypy_django_plugin.main`."
    )
    why = (
        "Managers, reverse relations and model constructors come into being when Django starts. Only the plugin "
        "knows them; stubs alone "
        "report false errors there and miss real ones."
    )
    how = 'Add `plugins = ["mypy_django_plugin.main"]` to `[tool.mypy]`.'
    applies_when = "the repository configures mypy"
    absent = "no configuration of mypy"
    needs = ("toml", "ini")
    examples = (
        Example(
            "no plugins",
            {"requirements.txt": _DJANGO, "pyproject.toml": "[tool.mypy]\nstrict = true\n"},
            reports=("pyproject.toml",),
        ),
        Example(
            "other plugins only",
            {"requirements.txt": _DJANGO, "mypy.ini": "[mypy]\nplugins = pydantic.mypy\n"},
            reports=("mypy.ini",),
        ),
        Example(
            "no plugin, and one settings module that it can be told of",
            {
                "requirements.txt": _DJANGO,
                "pyproject.toml": (
                    "[tool.mypy]\nstrict = true  # since 2024\n\n"
                    "[tool.coverage.report]\nfail_under = 90\n"
                ),
                "config/settings/base.py": "INSTALLED_APPS = []\n",
                "config/settings/test.py": "from .base import *\n",
            },
            reports=("pyproject.toml",),
            fixed={
                "pyproject.toml": (
                    '[tool.mypy]\nstrict = true  # since 2024\nplugins = ["mypy_django_plugin.main"]\n\n'
                    "[tool.coverage.report]\nfail_under = 90\n\n"
                    '[tool.django-stubs]\ndjango_settings_module = "config.settings.test"\n'
                )
            },
        ),
        Example(
            "other plugins in an INI file, and one settings module",
            {
                "requirements.txt": _DJANGO,
                "mypy.ini": "[mypy]\nplugins =\n    pydantic.mypy\nstrict = true\n",
                "shop/settings.py": "INSTALLED_APPS = []\n",
            },
            reports=("mypy.ini",),
            fixed={
                "mypy.ini": (
                    "[mypy]\nplugins =\n    pydantic.mypy,\n    mypy_django_plugin.main\nstrict = true\n\n"
                    "[mypy.plugins.django-stubs]\ndjango_settings_module = shop.settings\n"
                )
            },
        ),
        Example(
            "a list of plugins",
            {
                "requirements.txt": _DJANGO,
                "pyproject.toml": '[tool.mypy]\nplugins = ["pydantic.mypy", "mypy_django_plugin.main"]\n',
            },
            state="pass",
        ),
        Example(
            "one string, as in an INI file",
            {
                "requirements.txt": _DJANGO,
                "setup.cfg": "[mypy]\nplugins =\n    mypy_django_plugin.main,\n    mypy_drf_plugin.main\n",
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "one string in TOML",
            {
                "requirements.txt": _DJANGO,
                "pyproject.toml": '[tool.mypy]\nplugins = "mypy_django_plugin.main"\n',
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "the configuration stands beside manage.py in a folder",
            {
                "requirements.txt": _DJANGO,
                "pyproject.toml": "[tool.mypy]\nstrict = true\n",
                "backend/manage.py": "import django\n",
                "backend/mypy.ini": "[mypy]\nplugins = mypy_django_plugin.main\n",
            },
            state="pass",
            is_trap=True,
        ),
        Example("no mypy", {"requirements.txt": "django\n"}, state="not_applicable"),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each subject."""
        mypy = project.configuration.mypy
        if mypy is None:
            return
        subject = project.located_at(mypy[0], "mypy:plugins", "plugins")
        if any("mypy_django_plugin" in name for name in project.configuration.mypy_plugins):
            yield subject.in_order()
        else:
            yield subject.violation(
                "mypy does not load the Django plugin; add `mypy_django_plugin.main` to its `plugins`",
                fix=_fix(project, mypy),
            )


def _fix(project: Project, mypy: Options) -> Fix | None:
    """Load the plugin, and name the settings module that it needs where there is one to name."""
    plugin = add_words(project, mypy, "plugins", _PLUGIN, separator=", ")
    if plugin is None:
        return None
    if project.configuration.django_stubs or project.configuration.commands.mentions(_SETTINGS):
        return Fix([plugin])
    name = settings_candidate(project)
    if name is None:
        return None
    settings = stubs_settings(mypy[0], name)
    return Fix([plugin, settings])
