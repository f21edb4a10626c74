"""RAT-04."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.project.caches import LOCAL
from plumbline.project.installed import beside_apps, once
from plumbline.project.setting_values import UNKNOWN
from plumbline.project.settings import SettingsModule
from plumbline.rule import Basis, Effort, Example, Level, Located, Rule, Verdict

_REQUIREMENTS = {"requirements.txt": "django\ndjango-ratelimit\n", "manage.py": "import django\n"}
_SETTINGS = "config/settings.py"
_APPS = "INSTALLED_APPS = []\n"
_REDIS = '{"BACKEND": "django_redis.cache.RedisCache", "LOCATION": "redis://cache"}'
_MEMORY = '{"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}'


class UnsharedLimitCounters(Rule):
    """Finds limits whose counters are in a cache that does not count right."""

    code = "RAT04"
    slug = "unshared-limit-counters"
    title = "Limits count in a cache that processes share and that counts atomically"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Rate Limiting"
    guide_lines = (1768, 1773)
    what = (
        "A project with django-ratelimit whose cache for it (`RATELIMIT_USE_CACHE`, else `default`) is not in "
        "`CACHES`, or is in the memory of a process, in files, in the database or a dummy."
    )
    why = (
        "Each process with a cache of its own allows the whole rate, so a limit of five becomes one of forty. Files "
        "and database tables lose counts when two requests come at once, which is just when limits matter."
    )
    how = "Let the alias be a Redis or Memcached cache, and name it in `RATELIMIT_USE_CACHE`."
    applies_when = "the project uses django-ratelimit and has settings of its own"
    absent = "django-ratelimit is not used, or its settings are not here"
    errata = (
        "Django's own Redis backend counts atomically too, although the package only warns that it does not know "
        "it."
    )
    effort = Effort.HOUR
    examples = (
        Example(
            "in the memory of each process",
            {**_REQUIREMENTS, _SETTINGS: f'{_APPS}CACHES = {{"default": {_MEMORY}}}  # <-\n'},
        ),
        Example(
            "an alias that there is not",
            {
                **_REQUIREMENTS,
                _SETTINGS: f'{_APPS}CACHES = {{"default": {_REDIS}}}\nRATELIMIT_USE_CACHE = "limits"  # <-\n',
            },
        ),
        Example(
            "no caches at all",
            {**_REQUIREMENTS, _SETTINGS: _APPS},
            reports=(_SETTINGS,),
        ),
        Example(
            "in Redis",
            {
                **_REQUIREMENTS,
                _SETTINGS: (
                    f'{_APPS}CACHES = {{"default": {_MEMORY}, "limits": {_REDIS}}}\nRATELIMIT_USE_CACHE = "limits"\n'
                ),
            },
            state="pass",
        ),
        Example(
            "memory for tests alone",
            {
                **_REQUIREMENTS,
                "config/settings/production.py": f'{_APPS}CACHES = {{"default": {_REDIS}}}\n',
                "config/settings/test.py": (
                    f'from config.settings.production import *\n\nCACHES = {{"default": {_MEMORY}}}\n'
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "without django-ratelimit",
            {"requirements.txt": "django\n", _SETTINGS: _APPS},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each deployed settings module."""
        if project.uses("django_ratelimit", "django-ratelimit"):
            yield from once(_verdict(module) for module in project.settings.deployed)


def _verdict(module: SettingsModule) -> Verdict:
    caches, chosen, enabled = (
        module.get(name) for name in ("CACHES", "RATELIMIT_USE_CACHE", "RATELIMIT_ENABLE")
    )
    place: Located = caches or beside_apps(module, "CACHES")
    if enabled is not None and enabled.value is False:
        return place.unknown("limits are switched off")
    alias = chosen.value if chosen is not None else "default"
    if caches is None:
        if module.is_open:
            return place.unknown("`CACHES` may be set by something that cannot be read")
        return place.violation(
            "limits count in the memory of each process, since `CACHES` is not set; use Redis"
        )
    if not isinstance(alias, str) or not isinstance(caches.value, dict):
        return place.unknown("the cache for limits is computed")
    if alias not in caches.value:
        if UNKNOWN in caches.value:
            return place.unknown("the caches are partly computed")
        return (chosen or place).violation(
            f"limits should count in the cache `{alias}`, which `CACHES` does not have; use one that it has"
        )
    options = caches.value[alias]
    backend = options.get("BACKEND", UNKNOWN) if isinstance(options, dict) else UNKNOWN
    if not isinstance(backend, str):
        return place.unknown("the backend of the cache for limits is computed")
    if backend in LOCAL:
        return place.violation(
            f"limits count in the cache `{alias}`, which is no cache server: {LOCAL[backend]}; use Redis"
        )
    return place.in_order()
