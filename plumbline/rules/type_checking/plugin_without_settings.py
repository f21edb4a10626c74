"""TYP-03."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.edits import Fix
from plumbline.project import Project
from plumbline.project.remedies import settings_candidate, stubs_settings
from plumbline.rule import Example, Level, Rule, Verdict

_DJANGO = "django\ndjango-stubs\nmypy\n"
_MYPY = '[tool.mypy]\nplugins = ["mypy_django_plugin.main"]\n'


class PluginWithoutSettings(Rule):
    """Finds Django plugins of mypy whose settings module is missing or does not exist."""

    code = "TYP03"
    slug = "plugin-without-settings"
    title = "The Django plugin of mypy is given a settings module that exists"
    level = Level.MUST
    section = "Type Checking: django-stubs"
    guide_lines = (101, 107)
    what = (
        "A configuration that loads mypy's Django plugin but has no `django_settings_module`, or one that names a "
        "module which "
        "the repository does not hold. A `DJANGO_SETTINGS_MODULE` in the environment of CI or a task also serves."
    )
    why = (
        "The plugin starts Django to learn its models. Without a settings module that can be imported mypy stops "
        "with an error before "
        "it checks anything."
    )
    how = (
        "Set `django_settings_module` in `[tool.django-stubs]` (`[mypy.plugins.django-stubs]` in an INI file) to "
        "your settings for "
        "development or tests, such as `config.settings.test`."
    )
    applies_when = "mypy loads the Django plugin"
    absent = "mypy does not load the Django plugin"
    needs = ("toml", "ini", "python")
    examples = (
        Example(
            "the key is missing",
            {"requirements.txt": _DJANGO, "pyproject.toml": _MYPY},
            reports=("pyproject.toml",),
        ),
        Example(
            "the module has moved",
            {
                "requirements.txt": _DJANGO,
                "pyproject.toml": _MYPY
                + '[tool.django-stubs]\ndjango_settings_module = "shop.settings"\n',
                "shop/__init__.py": "",
                "config/settings/base.py": "INSTALLED_APPS = []\n",
            },
            reports=("pyproject.toml",),
            fixed={
                "pyproject.toml": (
                    _MYPY + '[tool.django-stubs]\ndjango_settings_module = "config.settings.base"\n'
                )
            },
        ),
        Example(
            "the module exists",
            {
                "requirements.txt": _DJANGO,
                "pyproject.toml": _MYPY
                + '[tool.django-stubs]\ndjango_settings_module = "config.settings.test"\n',
                "config/settings/test.py": "INSTALLED_APPS = []\n",
            },
            state="pass",
        ),
        Example(
            "sources in a folder of their own",
            {
                "requirements.txt": _DJANGO,
                "pyproject.toml": _MYPY
                + '[tool.django-stubs]\ndjango_settings_module = "shop.settings"\n',
                "src/shop/__init__.py": "",
                "src/shop/settings.py": "INSTALLED_APPS = []\n",
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "mypy is told where sources are",
            {
                "requirements.txt": _DJANGO,
                "pyproject.toml": _MYPY
                + 'mypy_path = "services/shop"\n'
                + '[tool.django-stubs]\ndjango_settings_module = "settings.base"\n',
                "services/shop/settings/__init__.py": "",
                "services/shop/settings/base.py": "INSTALLED_APPS = []\n",
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "the section of an INI file",
            {
                "requirements.txt": _DJANGO,
                "mypy.ini": (
                    "[mypy]\nplugins = mypy_django_plugin.main\n\n"
                    '[mypy.plugins.django-stubs]\ndjango_settings_module = "shop.settings"\n'
                ),
                "shop/settings.py": "INSTALLED_APPS = []\n",
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "the environment of CI names it",
            {
                "requirements.txt": _DJANGO,
                "pyproject.toml": _MYPY,
                ".github/workflows/ci.yml": (
                    "env:\n  DJANGO_SETTINGS_MODULE: shop.settings\njobs:\n  types:\n    steps:\n    - run: mypy .\n"
                ),
                "shop/settings.py": "INSTALLED_APPS = []\n",
            },
            state="pass",
        ),
        Example(
            "mypy without the plugin",
            {"requirements.txt": "django\n", "pyproject.toml": "[tool.mypy]\nstrict = true\n"},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each subject."""
        configuration = project.configuration
        if configuration.mypy is None or not any(
            "mypy_django_plugin" in name for name in configuration.mypy_plugins
        ):
            return
        options = configuration.django_stubs
        path = options[0] if options else configuration.mypy[0]
        subject = project.located_at(path, "django-stubs", "django_settings_module")
        value = options[1].get("django_settings_module") if options else None
        name = value.strip("\"' ") if isinstance(value, str) else ""
        if not name:
            if configuration.commands.mentions("DJANGO_SETTINGS_MODULE"):
                yield subject.in_order()
            else:
                yield subject.violation(
                    "mypy's Django plugin has no `django_settings_module`; name your settings module in "
                    "`[tool.django-stubs]`",
                    fix=_fix(project, configuration.mypy[0]),
                )
        elif project.has_module(name):
            yield subject.in_order()
        elif project.is_foreign(name):
            yield subject.unknown(f"`{name}` belongs to another package")
        else:
            yield subject.violation(
                f"`django_settings_module` names `{name}`, which is no module of this repository; name one that "
                f"exists",
                fix=_fix(project, path),
            )


def _fix(project: Project, path: str) -> Fix | None:
    """Name the settings module, where there is exactly one to name."""
    name = settings_candidate(project)
    return Fix([stubs_settings(path, name)]) if name is not None else None
