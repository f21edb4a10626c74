"""CEL-08."""

from __future__ import annotations

import re
from collections.abc import Iterator

from plumbline.project import Project
from plumbline.project.settings import UNKNOWN
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_OPTIONS = {"broker_url": "BROKER_URL", "result_backend": "RESULT_BACKEND"}
_ADDRESS = re.compile(
    r"^(?!memory|filesystem|file|db\+sqlite|sqla\+sqlite|cache\+memory|django)[a-z][\w+.-]*://[^/]*[\w\]]"
)
_APP = (
    "from celery import Celery\n\n"
    'app = Celery("shop")\n'
    'app.config_from_object("django.conf:settings", namespace="CELERY")\n'
)
_MANAGE = "import django\n"


class FixedBrokerAddress(Rule):
    """Finds broker and result addresses that are written into the settings of production."""

    code = "CEL08"
    slug = "fixed-broker-address"
    title = "The addresses of broker and results come from the environment"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Production Background Tasks with Celery"
    guide_lines = (1088, 1090)
    what = (
        "A `broker_url` or `result_backend` that names a host, written out in settings that production runs or on the "
        "application itself."
    )
    why = (
        "The address differs between a laptop, CI and each environment, and usually holds a password. Written out it "
        "has to be changed in code, and a missing variable goes unnoticed: the worker talks to the wrong broker."
    )
    how = (
        'Read the address from the environment: `CELERY_BROKER_URL = env("CELERY_BROKER_URL")`. A default for '
        "development may stand in that call or in the settings of development."
    )
    applies_when = "a Celery application is told where its broker or its results are"
    absent = "no Celery application is told an address"
    errata = (
        "The sample writes `redis://localhost:6379/0` into its base settings. Plumbline takes that for the default of "
        "a laptop and asks for the environment wherever production runs the same settings."
    )
    examples = (
        Example(
            "addresses written out",
            {
                "config/celery.py": _APP,
                "config/settings.py": (
                    "INSTALLED_APPS = []\n"
                    'CELERY_BROKER_URL = "redis://localhost:6379/0"  # <-\n'
                    'CELERY_RESULT_BACKEND = "redis://cache.internal/1"  # <-\n'
                ),
                "manage.py": _MANAGE,
            },
        ),
        Example(
            "an address given to the application",
            {
                "config/celery.py": (
                    "import django\nfrom celery import Celery\n\n"
                    'app = Celery("shop", broker="amqp://guest@mq//")  # <-\n'
                ),
            },
        ),
        Example(
            "the environment, with a default for development",
            {
                "config/celery.py": _APP,
                "config/settings.py": (
                    "import os\n\nINSTALLED_APPS = []\n"
                    'CELERY_BROKER_URL = os.environ.get("CELERY_BROKER_URL", "redis://localhost:6379/0")\n'
                    'CELERY_RESULT_BACKEND = "django-db"\n'
                ),
                "manage.py": _MANAGE,
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "written out for development alone",
            {
                "config/celery.py": _APP,
                "config/settings/__init__.py": "",
                "config/settings/base.py": "INSTALLED_APPS = []\n",
                "config/settings/development.py": (
                    'from .base import *\n\nCELERY_BROKER_URL = "redis://localhost:6379/0"\n'
                ),
                "config/settings/production.py": (
                    "import os\n\nfrom .base import *\n\n"
                    'CELERY_BROKER_URL = os.environ["CELERY_BROKER_URL"]\n'
                ),
                "manage.py": _MANAGE,
            },
            state="pass",
        ),
        Example(
            "Celery reads the variable itself",
            {
                "config/celery.py": _APP,
                "config/settings.py": "INSTALLED_APPS = []\n",
                "manage.py": _MANAGE,
            },
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each address that is given."""
        seen: set[tuple[str, int, str]] = set()
        for config in project.celery_configs:
            for name, variable in _OPTIONS.items():
                option = config.get(name)
                if option is None or (option.path, option.line, name) in seen:
                    continue
                seen.add((option.path, option.line, name))
                value = option.value
                values = value if isinstance(value, list) else [value]
                written = [
                    item for item in values if isinstance(item, str) and _ADDRESS.match(item)
                ]
                if written and UNKNOWN not in values:
                    yield option.violation(
                        f"`{name}` names a host in code; read it from the environment (`CELERY_{variable}`)"
                    )
                elif value is not None:
                    yield option.in_order()
