"""CAC-08."""

from __future__ import annotations

import re
from collections.abc import Iterator

from plumbline.project import Project
from plumbline.project.caches import ABSENT, DJANGO_REDIS
from plumbline.project.setting_values import UNKNOWN
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_ADDRESS = re.compile(r"^(redis|rediss|valkey)://[^/]*[\w\]]")
_DJANGO = {"manage.py": "import django\n"}
_HEAD = f'import os\n\nINSTALLED_APPS = []\nCACHES = {{"default": {{"BACKEND": "{DJANGO_REDIS}", "LOCATION": '


class FixedCacheAddress(Rule):
    """Finds addresses of Redis that are written into the settings of production."""

    code = "CAC08"
    slug = "fixed-cache-address"
    title = "The address of the cache comes from the environment"
    level = Level.SHOULD
    basis = Basis.DERIVED
    section = "Caching with django-redis"
    guide_lines = (1619, 1624)
    what = "A `LOCATION` in `CACHES` of deployed settings that names a Redis server in the text itself."
    why = (
        "The server is another one on a laptop, in CI and in each environment, and its address often holds a password. "
        "Written out, a deployment needs a commit, and what was forgotten goes to the wrong server without a word."
    )
    how = (
        'Read it from the environment: `"LOCATION": env("REDIS_URL")`. A default for development may stand in that '
        "call, or in the settings of development."
    )
    applies_when = "deployed settings give a Redis cache an address"
    absent = "no deployed settings give a Redis cache an address"
    errata = (
        "The guide's sample writes `redis://127.0.0.1:6379/1` into its base settings. Plumbline takes that for the "
        "default of a laptop and asks for the environment wherever production runs the same settings."
    )
    examples = (
        Example(
            "an address written out",
            {**_DJANGO, "config/settings.py": f'{_HEAD}"redis://127.0.0.1:6379/1"}}}}  # <-\n'},
        ),
        Example(
            "one of several",
            {
                **_DJANGO,
                "config/settings.py": (
                    f'{_HEAD}[os.environ["REDIS_URL"], "redis://replica.internal:6379/1"]}}}}  # <-\n'
                ),
            },
        ),
        Example(
            "the environment",
            {**_DJANGO, "config/settings.py": f'{_HEAD}os.environ["REDIS_URL"]}}}}\n'},
            state="pass",
        ),
        Example(
            "the environment, with a default for development",
            {
                **_DJANGO,
                "config/settings.py": (
                    f'{_HEAD}os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/1")}}}}\n'
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "replaced for production",
            {
                **_DJANGO,
                "config/settings/__init__.py": "",
                "config/settings/base.py": f'{_HEAD}"redis://127.0.0.1:6379/1"}}}}\n',
                "config/settings/production.py": (
                    'from .base import *\n\nCACHES["default"]["LOCATION"] = os.environ["REDIS_URL"]\n'
                ),
            },
            state="pass",
        ),
        Example(
            "a cache in memory",
            {
                **_DJANGO,
                "config/settings.py": (
                    'INSTALLED_APPS = []\nCACHES = {"default": {"BACKEND": '
                    '"django.core.cache.backends.locmem.LocMemCache", "LOCATION": "shop"}}\n'
                ),
            },
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each Redis cache that has an address."""
        for cache in project.caches:
            location = cache.get("LOCATION")
            if not cache.is_redis or location is ABSENT:
                continue
            subject = cache.located("LOCATION")
            places = location if isinstance(location, list) else [location]
            if any(isinstance(place, str) and _ADDRESS.match(place) for place in places):
                yield subject.violation(
                    f"cache `{cache.alias}` names its server in code; read the address from the environment"
                )
            elif location is UNKNOWN and "LOCATION" not in (cache.value or ()):
                yield subject.unknown("the address may be given when the settings are read")
            else:
                yield subject.in_order()
