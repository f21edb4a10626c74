"""CAC-02."""

from __future__ import annotations

import re
from collections.abc import Iterator

from plumbline.edits import Fix
from plumbline.project import Project
from plumbline.project.caches import ABSENT, DJANGO_REDIS, Cache
from plumbline.project.setting_values import UNKNOWN
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_DJANGO = {"manage.py": "import django\n"}
_APPS = "INSTALLED_APPS = []\n"
_PYPROJECT = {"pyproject.toml": '[project]\nname = "shop"\ndependencies = ["django"]\n'}
_DEFAULT_TIMEOUT = "300"
_KEYS = {
    "KEY_PREFIX": "two projects or environments on one server read each other's entries",
    "TIMEOUT": "entries live for Django's five minutes, which nobody has decided",
}


class BareCache(Rule):
    """Finds a shared default cache without a prefix for its keys or a lifetime for its entries."""

    code = "CAC02"
    slug = "cache-without-prefix-or-timeout"
    title = "The default cache sets KEY_PREFIX and TIMEOUT"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Caching with django-redis"
    guide_lines = (1633, 1634)
    what = "The default cache of deployed settings, on Redis or memcached, without `KEY_PREFIX` or without `TIMEOUT`."
    why = (
        "A cache server is often shared: by staging and production, or by two projects. Without a prefix their keys "
        "meet, and one unpickles what the other has stored. A lifetime that is written down is one that was thought of."
    )
    how = (
        "Set `KEY_PREFIX` to the name of the project, with the environment if they share a server, and `TIMEOUT` to "
        "what suits most entries. A new prefix starts with an empty cache."
    )
    applies_when = "the default cache of deployed settings is Redis or memcached"
    absent = "no deployed settings make Redis or memcached the default cache"
    examples = (
        Example(
            "neither",
            {
                **_DJANGO,
                **_PYPROJECT,
                "config/settings.py": (
                    f'{_APPS}CACHES = {{  # <-\n    "default": {{\n        "BACKEND": "{DJANGO_REDIS}",\n    }},\n}}\n'
                ),
            },
            fixed={
                "config/settings.py": (
                    f'{_APPS}CACHES = {{\n    "default": {{\n        "BACKEND": "{DJANGO_REDIS}",\n'
                    '        "KEY_PREFIX": "shop",\n        "TIMEOUT": 300,\n    },\n}\n'
                ),
            },
        ),
        Example(
            "both",
            {
                **_DJANGO,
                "config/settings.py": (
                    f'{_APPS}CACHES = {{"default": {{"BACKEND": "{DJANGO_REDIS}", "KEY_PREFIX": "shop"}}}}\n'
                    'CACHES["default"]["TIMEOUT"] = 600\n'
                ),
            },
            state="pass",
        ),
        Example(
            "a cache in memory",
            {
                **_DJANGO,
                "config/settings.py": (
                    f'{_APPS}CACHES = {{"default": {{"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}}}\n'
                ),
            },
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """Two verdicts for each default cache that is shared."""
        for cache in project.caches:
            if cache.alias != "default" or not cache.is_shared:
                continue
            for key, danger in _KEYS.items():
                subject = cache.located(key)
                value = cache.get(key)
                if value is ABSENT or value == "":
                    yield subject.violation(
                        f"the default cache sets no `{key}`: {danger}",
                        fix=_fix(project, cache, key),
                    )
                elif value is UNKNOWN and not isinstance(cache.value, dict):
                    yield subject.unknown("the cache is computed")
                elif value is UNKNOWN and key not in cache.value:
                    yield subject.unknown(f"`{key}` may be added when the settings are read")
                else:
                    yield subject.in_order()


def _fix(project: Project, cache: Cache, key: str) -> Fix | None:
    """Write the default timeout down, which changes nothing; a prefix leaves the entries so far behind: unsafe."""
    value = _DEFAULT_TIMEOUT
    if key == "KEY_PREFIX":
        table = project.configuration.toml("project")
        name = table[1].get("name") if table is not None else None
        if not isinstance(name, str) or not re.fullmatch(r"[\w.-]{1,100}", name):
            return None
        value = f'"{name}"'
    edit = cache.setting_entry(project, key, value)
    return Fix([edit], is_safe=key == "TIMEOUT") if edit is not None else None
