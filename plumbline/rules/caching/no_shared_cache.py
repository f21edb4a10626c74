"""CAC-01."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.project.caches import DJANGO_REDIS, LOCAL, NATIVE_REDIS
from plumbline.rule import Effort, Example, Level, Rule, Verdict

_DJANGO = {"manage.py": "import django\n"}
_APPS = "INSTALLED_APPS = []\n"


def _settings(backend: str, mark: str = "") -> str:
    return f'{_APPS}CACHES = {{{mark}\n    "default": {{"BACKEND": "{backend}"}},\n}}\n'


class NoSharedCache(Rule):
    """Finds settings for production whose default cache is no cache server."""

    code = "CAC01"
    slug = "no-shared-cache"
    title = "The default cache is Redis, through django-redis"
    level = Level.SHOULD
    section = "Caching with django-redis"
    guide_lines = (1611, 1636)
    effort = Effort.HOUR
    what = (
        "`CACHES` of deployed settings whose default keeps its entries in the process, in files, in the database or "
        "nowhere."
    )
    why = (
        "A cache in memory is another one in each worker: what one process deletes the others go on serving, locks and "
        "rate limits count per process, and every restart begins cold. Files and tables are as slow as what they save."
    )
    how = (
        f"Add `django-redis` to the dependencies and set `BACKEND` to `{DJANGO_REDIS}`, with the address of the server "
        "from the environment as `LOCATION`."
    )
    applies_when = "deployed settings set `CACHES`"
    absent = "no deployed settings set `CACHES`"
    errata = (
        "Django has had a backend for Redis of its own since 4.0, and memcached is a shared cache as well; both count "
        "as in order. A backend that Plumbline does not know is not judged."
    )
    examples = (
        Example(
            "in the memory of each process",
            {**_DJANGO, "config/settings.py": _settings(next(iter(LOCAL)), "  # <-")},
        ),
        Example(
            "django-redis", {**_DJANGO, "config/settings.py": _settings(DJANGO_REDIS)}, state="pass"
        ),
        Example(
            "a backend of one's own on top of it",
            {
                **_DJANGO,
                "config/cache.py": (
                    "from django_redis.cache import RedisCache\n\n\nclass TenantCache(RedisCache):\n    pass\n"
                ),
                "config/settings.py": _settings("config.cache.TenantCache"),
            },
            state="pass",
        ),
        Example(
            "Django's own Redis backend",
            {**_DJANGO, "config/settings.py": _settings(NATIVE_REDIS)},
            state="pass",
            is_trap=True,
        ),
        Example(
            "memcached",
            {
                **_DJANGO,
                "config/settings.py": _settings(
                    "django.core.cache.backends.memcached.PyMemcacheCache"
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "in memory for development and tests alone",
            {
                **_DJANGO,
                "config/settings/__init__.py": "",
                "config/settings/development.py": _settings(next(iter(LOCAL))),
                "config/settings/test.py": _settings(next(iter(LOCAL))),
                "config/settings/production.py": _settings(DJANGO_REDIS),
            },
            state="pass",
        ),
        Example("no caches", {**_DJANGO, "config/settings.py": _APPS}, state="not_applicable"),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for the default cache of each deployed settings module."""
        for cache in project.caches:
            if cache.alias != "default":
                continue
            subject = cache.located("BACKEND")
            if cache.is_shared:
                yield subject.in_order()
            elif cache.backend in LOCAL:
                name = cache.backend.rpartition(".")[2]
                yield subject.violation(
                    f"the default cache is `{name}`: {LOCAL[cache.backend]}; use `{DJANGO_REDIS}`"
                )
            else:
                yield subject.unknown("the backend is computed, or not one that is known")
