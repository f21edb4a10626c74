"""MOD-11."""

from __future__ import annotations

from collections.abc import Iterator

from packaging.version import Version

from plumbline.edits import Fix, RemoveStatement
from plumbline.project import Project
from plumbline.project.settings import UNKNOWN
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_DEFAULT = "django.db.models.BigAutoField"
_FIRST = Version("6.0")


class RedundantAutoField(Rule):
    """Finds settings and app configurations that repeat Django's default primary key."""

    code = "MOD11"
    slug = "redundant-auto-field"
    title = "BigAutoField is not configured where it is the default"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Models"
    guide_lines = (337, 350)
    needs = ("python", "toml", "requirements", "lock")
    what = (
        "`DEFAULT_AUTO_FIELD` or an `AppConfig`'s `default_auto_field` that says `BigAutoField`, in a project that "
        "runs on Django 6.0 or later only. An app that says it where settings say something else, and apps of a "
        "package that has no settings of its own, are left alone: there it makes a difference."
    )
    why = (
        "Since Django 6.0 this is the default. A line that repeats it in every app looks like a decision and has to "
        "be read, copied and kept up to date by everyone who adds an app."
    )
    how = "Delete the line. Models, tables and migrations stay as they are."
    applies_when = (
        "the project runs on Django 6.0 or later and configures the type of automatic keys"
    )
    absent = "nothing configures the type of automatic keys"
    errata = "The guide's own sample app repeats the default, though the guide is for Django 6.0; this weighs nothing."
    examples = (
        Example(
            "the default, said in settings and in apps",
            {
                "pyproject.toml": '[project]\nname = "shop"\ndependencies = ["django>=6.0"]\n',
                "config/settings.py": (
                    'ROOT_URLCONF = "config.urls"\n\n'
                    "# Primary keys\n"
                    'DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"  # <-\n\n'
                    'STATIC_URL = "/static/"\n'
                ),
                "shop/apps.py": (
                    "from django.apps import AppConfig\n\n"
                    "class ShopConfig(AppConfig):\n"
                    '    default_auto_field = "django.db.models.BigAutoField"  # <-\n'
                    '    name = "shop"\n'
                ),
            },
            fixed={
                "config/settings.py": 'ROOT_URLCONF = "config.urls"\n\nSTATIC_URL = "/static/"\n',
                "shop/apps.py": (
                    "from django.apps import AppConfig\n\n"
                    'class ShopConfig(AppConfig):\n    name = "shop"\n'
                ),
            },
        ),
        Example(
            "another type of key",
            {
                "pyproject.toml": '[project]\nname = "shop"\ndependencies = ["django>=6.0"]\n',
                "config/settings.py": (
                    'ROOT_URLCONF = "config.urls"\nDEFAULT_AUTO_FIELD = "django.db.models.AutoField"\n'
                ),
                "shop/apps.py": (
                    "from django.apps import AppConfig\n\n"
                    "class ShopConfig(AppConfig):\n"
                    '    default_auto_field = "django.db.models.BigAutoField"\n'
                    '    name = "shop"\n'
                ),
            },
            state="pass",
        ),
        Example(
            "a library that also runs on Django 5.2",
            {
                "pyproject.toml": '[project]\nname = "shop"\ndependencies = ["django>=5.2"]\n',
                "shop/apps.py": (
                    "from django.apps import AppConfig\n\n"
                    "class ShopConfig(AppConfig):\n"
                    '    default_auto_field = "django.db.models.BigAutoField"\n'
                    '    name = "shop"\n'
                ),
            },
            state="not_applicable",
            is_trap=True,
        ),
        Example(
            "a package whose settings are others'",
            {
                "pyproject.toml": '[project]\nname = "shop"\ndependencies = ["django>=6.0"]\n',
                "shop/apps.py": (
                    "from django.apps import AppConfig\n\n"
                    "class ShopConfig(AppConfig):\n"
                    '    default_auto_field = "django.db.models.BigAutoField"\n'
                    '    name = "shop"\n'
                ),
            },
            state="pass",
            is_trap=True,
        ),
    )

    def not_applicable(self, project: Project) -> str | None:
        """Older versions have another default."""
        oldest = project.dependencies.minimum("django")
        if oldest is None:
            return "which Django runs is not declared"
        if oldest < _FIRST:
            return f"Django {oldest} is admitted, whose default is another type"
        return None

    def check(self, project: Project) -> Iterator[Verdict]:
        """Judge settings, then apps under those settings."""
        defaults = []
        seen: set[tuple[str, int]] = set()
        for module in project.settings.modules:
            setting = module.get("DEFAULT_AUTO_FIELD")
            defaults.append(
                UNKNOWN if module.is_open else _DEFAULT if setting is None else setting.value
            )
            if setting is None or (setting.path, setting.line) in seen:
                continue
            seen.add((setting.path, setting.line))
            if setting.value is UNKNOWN:
                yield setting.unknown("DEFAULT_AUTO_FIELD is computed")
            elif setting.value == _DEFAULT:
                yield setting.violation(
                    "DEFAULT_AUTO_FIELD repeats Django's default; delete it",
                    fix=Fix([RemoveStatement(setting.path, setting.line)]),
                )
            else:
                yield setting.in_order()
        is_default = bool(defaults) and all(value == _DEFAULT for value in defaults)
        for config in project.events.app_configs:
            member = config.member("default_auto_field")
            if member is None:
                continue
            place = config.located(member)
            if member.value == _DEFAULT and is_default:
                yield place.violation(
                    f"`{config.name}.default_auto_field` repeats Django's default; delete it",
                    fix=Fix([RemoveStatement(place.path, place.line)]),
                )
            else:
                yield place.in_order()
