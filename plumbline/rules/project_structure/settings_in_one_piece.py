"""STR-01."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.roles import is_project_file
from plumbline.rule import Basis, Effort, Example, Level, Rule, Verdict

_MANAGE = (
    "import os\nimport django\n\n"
    'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.development")\n'
)
_APPS = 'INSTALLED_APPS = ["shop"]\n'
_STAR = "from .base import *\n"


class SettingsInOnePiece(Rule):
    """Finds projects whose settings are not split by environment."""

    code = "STR01"
    slug = "settings-in-one-piece"
    title = "Settings are a package with a module for each environment"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Project Structure"
    guide_lines = (40, 67)
    effort = Effort.HOUR
    what = (
        "A Django project whose settings are one module for every environment, or that lack a module for "
        "development, production or "
        "tests. Usual names count (`local`, `dev`, `prod`, `ci`), as do modules side by side (`settings_prod.py`) "
        "and the classes "
        "of django-configurations."
    )
    why = (
        "One file for everything grows conditions on the environment, and what production runs can no longer be read "
        "off. Separate "
        "modules say it plainly, and a switch for debugging cannot leak."
    )
    how = (
        "Make `settings/` a package: what is common in `base.py`, then `development.py`, `production.py` and "
        "`test.py`, each starting "
        "with `from .base import *`. Point `manage.py` at development, `wsgi.py` and `asgi.py` at production."
    )
    applies_when = "the repository is a Django project: it has a `manage.py`, `wsgi.py` or `asgi.py` of its own"
    absent = "no manage.py, wsgi.py or asgi.py outside tests and examples, or no settings module beside them"
    errata = (
        "The guide shows the layout without asking for it. One module that reads its environment from variables is a "
        "sound design; it is "
        "still reported, with the smallest weight."
    )
    examples = (
        Example(
            "one module for every environment",
            {
                "manage.py": _MANAGE.replace("config.settings.development", "shop.settings"),
                "shop/settings.py": "INSTALLED_APPS = []  # <-\n",
            },
        ),
        Example(
            "a package without settings for tests",
            {
                "manage.py": _MANAGE,
                "config/settings/base.py": 'INSTALLED_APPS = ["shop"]  # <-\n',
                "config/settings/development.py": _STAR,
                "config/settings/production.py": _STAR,
            },
        ),
        Example(
            "a module for each",
            {
                "manage.py": _MANAGE,
                "config/settings/base.py": _APPS,
                "config/settings/development.py": _STAR,
                "config/settings/production.py": _STAR,
                "config/settings/test.py": _STAR,
            },
            state="pass",
        ),
        Example(
            "other names for the environments",
            {
                "manage.py": _MANAGE.replace("development", "local"),
                "config/settings/__init__.py": _APPS,
                "config/settings/local.py": "from . import *\nDATABASES = {}\n",
                "config/settings/prod.py": "from config.settings import *\nDATABASES = {}\n",
                "config/settings/ci.py": "from config.settings import *\nDATABASES = {}\n",
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "modules side by side instead of a single file",
            {
                "manage.py": _MANAGE.replace("config.settings.development", "shop.settings_dev"),
                "shop/settings.py": _APPS,
                "shop/settings_dev.py": "from .settings import *\n",
                "shop/settings_production.py": "from .settings import *\n",
                "shop/settings_test.py": "from .settings import *\n",
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "a package of another name, and settings among the tests",
            {
                "manage.py": _MANAGE.replace("config.settings.development", "config.django.base"),
                "config/django/base.py": _APPS,
                "config/django/local.py": _STAR,
                "config/django/production.py": _STAR,
                "shop/tests/settings.py": "from config.django.base import *\n",
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "classes of django-configurations",
            {
                "manage.py": _MANAGE.replace("config.settings.development", "shop.settings"),
                "shop/settings.py": (
                    "from configurations import Configuration\n\n"
                    'class Base(Configuration):\n    INSTALLED_APPS = ["shop"]\n\n'
                    "class Dev(Base):\n    DEBUG = True\n\nclass Prod(Base):\n    DEBUG = False\n\n"
                    "class Test(Base):\n    DEBUG = False\n"
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "a reusable app whose only settings are those of its tests",
            {
                "pyproject.toml": '[project]\nname = "django-shop"\ndependencies = ["django"]\n',
                "shop/models.py": "from django.db import models\n",
                "tests/manage.py": _MANAGE.replace("config.settings.development", "tests.settings"),
                "tests/settings.py": _APPS,
            },
            state="not_applicable",
            is_trap=True,
        ),
        Example(
            "a reusable app with a site to try it in",
            {
                "src/shop/models.py": "from django.db import models\n",
                "sandbox/manage.py": _MANAGE.replace("config.settings.development", "settings"),
                "sandbox/settings.py": _APPS,
            },
            state="not_applicable",
            is_trap=True,
        ),
        Example(
            "a reusable app that is tried out from the top",
            {
                "manage.py": _MANAGE.replace("config.settings.development", "tests.settings"),
                "shop/models.py": "from django.db import models\n",
                "tests/settings.py": _APPS,
            },
            state="not_applicable",
            is_trap=True,
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each subject."""
        modules = project.settings.modules
        own = [item for item in modules if is_project_file(item.path)]
        if not project.entry_modules or not own:
            return
        named = [item for item in own if item.path in project.settings.named]
        place = min(
            [item for item in own if item.environment in ("base", "single")] or named or own,
            key=lambda item: (item.path.count("/"), item.path),
        )
        subject = project.located_at(place.path, "settings", "settings")
        found = project.settings.environments
        missing = [name for name in ("development", "production", "test") if name not in found]
        if not missing:
            yield subject.in_order()
        elif len(missing) == 3 and len(own) == 1:
            yield subject.violation(
                f"`{place.name}` serves every environment; split it into base, development, production and test "
                f"modules"
            )
        else:
            them = "one" if len(missing) == 1 else "them"
            yield subject.violation(
                f"The settings have no module for {' or '.join(missing)}; add {them}, starting from the common settings"
            )
