"""WAF-03."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.project.installed import once, place
from plumbline.project.settings import UNKNOWN
from plumbline.rule import Basis, Example, Level, Verdict
from plumbline.rules.feature_flags.waffle_rule import WaffleRule

_BASE = {"requirements.txt": "django\ndjango-waffle\n", "manage.py": "import django\n"}
_NAMES = (
    "WAFFLE_CREATE_MISSING_FLAGS",
    "WAFFLE_CREATE_MISSING_SWITCHES",
    "WAFFLE_CREATE_MISSING_SAMPLES",
)


class FlagsCreatedByVisits(WaffleRule):
    """Finds production settings under which looking at a flag creates it."""

    code = "WAF03"
    slug = "flags-created-by-visits"
    title = "Production creates no flags by itself"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Feature Flags with django-waffle"
    guide_lines = (2344, 2345)
    what = "`WAFFLE_CREATE_MISSING_FLAGS`, `…_SWITCHES` or `…_SAMPLES` that is true in deployed settings."
    why = (
        "A misspelt name then makes a row that nobody decided on, and code from a closed branch leaves its flags "
        "behind."
    )
    how = "Switch it on in the development settings alone."
    applies_when = "django-waffle is installed"
    absent = "no deployed settings"
    errata = (
        "The guide writes `WAFFLE_CREATE_MISSING_FLAGS = DEBUG` in the base settings, which reads the base's DEBUG "
        "and not production's. What counts here is the value that production ends up with."
    )
    examples = (
        Example(
            "on in production",
            {
                **_BASE,
                "config/settings/base.py": (
                    'INSTALLED_APPS = ["waffle"]\nDEBUG = True\nWAFFLE_CREATE_MISSING_FLAGS = DEBUG  # <-\n'
                ),
                "config/settings/production.py": "from .base import *\n\nDEBUG = False\n",
            },
        ),
        Example(
            "on for developers only",
            {
                **_BASE,
                "config/settings/base.py": 'INSTALLED_APPS = ["waffle"]\n',
                "config/settings/development.py": "from .base import *\n\nWAFFLE_CREATE_MISSING_FLAGS = True\n",
                "config/settings/production.py": "from .base import *\n",
            },
            state="pass",
        ),
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
        """One verdict for each of the three settings in each deployed settings module."""
        yield from once(self._verdicts(project))

    @staticmethod
    def _verdicts(project: Project) -> Iterator[Verdict]:
        for module in project.settings.deployed:
            for name in _NAMES:
                setting = module.get(name)
                if setting is None:
                    if name == _NAMES[0] and not module.is_open:
                        yield place(module, name).in_order()
                elif setting.value is UNKNOWN:
                    yield setting.unknown(f"`{name}` is computed")
                elif setting.value is True:
                    yield setting.violation(
                        f"`{name}` is true in production; switch it on in the development settings alone"
                    )
                else:
                    yield setting.in_order()
