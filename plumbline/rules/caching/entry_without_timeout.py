"""CAC-05."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.project.caches import ABSENT, FILLS, CacheCall
from plumbline.project.setting_values import UNKNOWN
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_BACKEND = '"BACKEND": "django_redis.cache.RedisCache"'
_SETTINGS = f'INSTALLED_APPS = []\nCACHES = {{"default": {{{_BACKEND}}}}}\n'
_CACHE = "from django.core.cache import cache\n\n\n"


class EntryWithoutTimeout(Rule):
    """Finds cache entries of which nobody says how long they are good."""

    code = "CAC05"
    slug = "cache-entry-without-timeout"
    title = "What goes into a cache has an explicit timeout"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Caching with django-redis"
    guide_lines = (1648, 1660)
    what = (
        "`set`, `add`, `get_or_set` or `set_many` of a cache without a timeout, where `CACHES` sets no `TIMEOUT` for "
        "that cache either."
    )
    why = (
        "The entry then lives for the five minutes that Django falls back to, whether it is a rate that changes every "
        "second or a report that takes a minute to compute. Nothing shows whether that was meant."
    )
    how = (
        "Pass `timeout=` with the seconds for which the entry is good, or set `TIMEOUT` in `CACHES` for entries that "
        "need nothing of their own."
    )
    applies_when = "code fills a cache"
    absent = "no code fills a cache"
    errata = (
        "A `TIMEOUT` in the settings says it for all entries and counts as well. A reusable app leaves that to the "
        "site, so without settings nothing is told."
    )
    examples = (
        Example(
            "no timeout anywhere",
            {
                "config/settings.py": _SETTINGS,
                "shop/selectors.py": (
                    f"{_CACHE}def remember(order):\n    cache.set(order.key, order)  # <-\n"
                ),
                "manage.py": "import django\n",
            },
        ),
        Example(
            "explicit timeouts",
            {
                "config/settings.py": _SETTINGS,
                "shop/selectors.py": (
                    f"{_CACHE}async def remember(order):\n    cache.set(order.key, order, timeout=60)\n"
                    "    await cache.aadd(order.key, order, 60)\n    cache.set_many({order.key: order}, None)\n"
                ),
                "manage.py": "import django\n",
            },
            state="pass",
        ),
        Example(
            "a timeout for all",
            {
                "config/settings.py": (
                    f'INSTALLED_APPS = []\nCACHES = {{"default": {{{_BACKEND}, "TIMEOUT": 600}}}}\n'
                ),
                "shop/selectors.py": (
                    f"{_CACHE}def remember(order):\n    cache.set(order.key, order)\n"
                ),
                "manage.py": "import django\n",
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "no cache",
            {
                "config/settings.py": _SETTINGS,
                "shop/selectors.py": "def remember(order, cache):\n    cache.set(order.key, order)\n",
                "manage.py": "import django\n",
            },
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each call that fills a cache."""
        for call in project.cache_calls:
            if call.method not in FILLS:
                continue
            has_default = True if call.has_timeout else _has_default(project, call)
            if has_default:
                yield call.site.in_order()
            elif has_default is None:
                yield call.site.unknown("settings that cannot be told may set a timeout")
            else:
                yield call.site.violation(
                    "nothing says how long this entry is good; pass `timeout=`, or set `TIMEOUT` in `CACHES`"
                )


def _has_default(project: Project, call: CacheCall) -> bool | None:
    """Whether settings give the cache a timeout; None where that cannot be told."""
    deployed = project.settings.deployed
    if not deployed or any(module.get("CACHES") is None and module.is_open for module in deployed):
        return None
    given = [
        cache.get("TIMEOUT")
        for cache in project.caches
        if not call.alias or cache.alias == call.alias
    ]
    if any(value is UNKNOWN for value in given):
        return None
    return bool(given) and ABSENT not in given
