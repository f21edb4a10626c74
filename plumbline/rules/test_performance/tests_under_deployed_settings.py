"""TPF-04."""

from __future__ import annotations

import re
from collections.abc import Iterator

from plumbline.project import Project
from plumbline.project.settings import environment_of
from plumbline.rule import Basis, Effort, Example, Level, Rule, Verdict

_BASE = 'import django\n\nINSTALLED_APPS = []\nROOT_URLCONF = "config.urls"\n'
_SETTINGS = {
    "manage.py": 'import os\n\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")\n',
    "config/settings/base.py": _BASE,
    "config/settings/production.py": "from .base import *\n",
    "config/settings/test.py": "from .base import *\n",
}
_TELLING = re.compile(r"(^|[._])(tests?|testing|ci|unittest|pytest)($|[._])")


class TestsUnderDeployedSettings(Rule):
    """Finds test suites that run under the settings of production or development."""

    code = "TPF04"
    slug = "tests-under-deployed-settings"
    title = "Tests have a settings module of their own"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Test Performance"
    guide_lines = (1985, 1985)
    effort = Effort.HOUR
    what = (
        "A configuration of pytest that names a settings module which production or developers use, in a repository "
        "that splits its settings by environment."
    )
    why = (
        "Tests want a fast password hasher, mail in memory and no outside service. Borrowed settings make them "
        "slow, and one forgotten switch lets them reach something real."
    )
    how = "Write `config/settings/test.py`, which imports the base settings, and name it in pytest's configuration."
    applies_when = "the settings are split and pytest is told a settings module"
    absent = "pytest is told no settings module, or there is only one"
    needs = ("toml", "ini", "python")
    examples = (
        Example(
            "the settings of production",
            {
                **_SETTINGS,
                "pyproject.toml": '[tool.pytest.ini_options]\nDJANGO_SETTINGS_MODULE = "config.settings.production"\n',
            },
            reports=("pyproject.toml",),
        ),
        Example(
            "settings for tests",
            {
                **_SETTINGS,
                "pyproject.toml": '[tool.pytest.ini_options]\nDJANGO_SETTINGS_MODULE = "config.settings.test"\n',
            },
            state="pass",
        ),
        Example(
            "one settings module for everything",
            {
                "manage.py": "import django\n",
                "shop/settings.py": _BASE,
                "pyproject.toml": '[tool.pytest.ini_options]\nDJANGO_SETTINGS_MODULE = "shop.settings"\n',
            },
            state="not_applicable",
            is_trap=True,
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for the settings module that pytest's own configuration names."""
        pytest = project.configuration.pytest
        modules = project.settings.modules
        if pytest is None or len(modules) < 2:
            return
        name = pytest[1].get("DJANGO_SETTINGS_MODULE")
        found = re.search(r"--ds[= ]([\w.]{1,200})", project.configuration.pytest_options)
        name = found[1] if found else name
        if not isinstance(name, str) or not name.strip("\"' "):
            return
        name = name.strip("\"' ")
        subject = project.located_at(pytest[0], "pytest:settings", "DJANGO_SETTINGS_MODULE")
        environment = environment_of(name.rpartition(".")[2])
        if environment == "test" or _TELLING.search(name):
            yield subject.in_order()
        elif environment in ("production", "development", "base"):
            yield subject.violation(
                f"tests run under `{name}`; give them a settings module of their own and name it here"
            )
        else:
            yield subject.unknown(f"the name `{name}` does not tell what these settings are for")
