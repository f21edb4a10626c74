"""CAC-03."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline import outline as o
from plumbline.edits import Edit, Fix
from plumbline.project import Project
from plumbline.project.caches import ABSENT, DJANGO_REDIS, Cache
from plumbline.project.installed import written
from plumbline.project.setting_values import UNKNOWN
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_POOL = "CONNECTION_POOL_KWARGS"
_DJANGO = {"manage.py": "import django\n"}
_PLACES = {
    "SOCKET_CONNECT_TIMEOUT": (("SOCKET_CONNECT_TIMEOUT",), (_POOL, "socket_connect_timeout")),
    "SOCKET_TIMEOUT": (("SOCKET_TIMEOUT",), (_POOL, "socket_timeout")),
    "max_connections": ((_POOL, "max_connections"),),
}
_DANGERS = {
    "SOCKET_CONNECT_TIMEOUT": "a server that does not answer holds each request for as long as the system waits",
    "SOCKET_TIMEOUT": "a server that hangs holds each request for ever",
    "max_connections": "threads open connections without a limit",
}
_HEAD = (
    f'INSTALLED_APPS = []\nCACHES = {{\n    "default": {{\n        "BACKEND": "{DJANGO_REDIS}",\n'
)


class UnboundedRedis(Rule):
    """Finds caches of django-redis that wait, or open connections, without a limit."""

    code = "CAC03"
    slug = "unbounded-redis-connection"
    title = "Connections of django-redis have timeouts and a limit"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Caching with django-redis"
    guide_lines = (1623, 1632)
    what = (
        "A cache of django-redis in deployed settings whose `OPTIONS` lack `SOCKET_CONNECT_TIMEOUT`, `SOCKET_TIMEOUT` "
        f"or the `max_connections` of `{_POOL}`."
    )
    why = (
        "redis-py waits for ever unless it is told otherwise. When the cache hangs, so does every worker that asks it, "
        "and the site is down for want of something that it could do without."
    )
    how = (
        "Give both timeouts a few seconds, and `max_connections` about as many as one process has threads, with some "
        "to spare: past the limit redis-py raises an error."
    )
    applies_when = "deployed settings have a cache of django-redis"
    absent = "no deployed settings have a cache of django-redis"
    examples = (
        Example(
            "no options",
            {
                **_DJANGO,
                "config/settings.py": _HEAD.replace("{\n    ", "{  # <-\n    ", 1) + "    },\n}\n",
            },
            fixed={
                "config/settings.py": (
                    f'{_HEAD}        "OPTIONS": {{"SOCKET_CONNECT_TIMEOUT": 5, "SOCKET_TIMEOUT": 5, '
                    f'"{_POOL}": {{"max_connections": 50}}}},\n    }},\n}}\n'
                ),
            },
        ),
        Example(
            "one timeout is missing",
            {
                **_DJANGO,
                "config/settings.py": (
                    'INSTALLED_APPS = []\nCACHES = {"default": {  # <-\n    "BACKEND": '
                    f'"{DJANGO_REDIS}",\n    "OPTIONS": {{\n        "SOCKET_CONNECT_TIMEOUT": 5,\n'
                    f'        "{_POOL}": {{"max_connections": 50}},\n    }},\n}}}}\n'
                ),
            },
            fixed={
                "config/settings.py": (
                    'INSTALLED_APPS = []\nCACHES = {"default": {\n    "BACKEND": '
                    f'"{DJANGO_REDIS}",\n    "OPTIONS": {{\n        "SOCKET_CONNECT_TIMEOUT": 5,\n'
                    f'        "{_POOL}": {{"max_connections": 50}},\n        "SOCKET_TIMEOUT": 5,\n    }},\n}}}}\n'
                ),
            },
        ),
        Example(
            "all set, as options of the pool",
            {
                **_DJANGO,
                "config/settings.py": (
                    f'{_HEAD}        "OPTIONS": {{"{_POOL}": {{\n            "max_connections": 20,\n'
                    '            "socket_timeout": 2,\n            "socket_connect_timeout": 2,\n        }},\n    '
                    "},\n}\n"
                ),
            },
            state="pass",
        ),
        Example(
            "Django's own backend",
            {
                **_DJANGO,
                "config/settings.py": (
                    'INSTALLED_APPS = []\nCACHES = {"default": {"BACKEND": '
                    '"django.core.cache.backends.redis.RedisCache"}}\n'
                ),
            },
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """Three verdicts for each cache of django-redis."""
        for cache in project.caches:
            if cache.backend != DJANGO_REDIS:
                continue
            missing = [key for key in _PLACES if _lacks(cache, key)]
            for key in _PLACES:
                subject = cache.located(key)
                if key in missing:
                    yield subject.violation(
                        f"cache `{cache.alias}` sets no `{key}`: {_DANGERS[key]}",
                        fix=_fix(project, cache, key, missing),
                    )
                elif _lacks(cache, key) is None:
                    yield subject.unknown(f"`{key}` may be given when the settings are read")
                else:
                    yield subject.in_order()


def _lacks(cache: Cache, key: str) -> bool | None:
    """Whether an option is certainly missing; None where that cannot be told."""
    found = [_option(cache, *place) for place in _PLACES[key]]
    if all(value is ABSENT for value in found):
        return True
    return None if all(value in (ABSENT, UNKNOWN) for value in found) else False


def _option(cache: Cache, *place: str) -> object:
    """``UNKNOWN`` where it cannot be told whether there is one; a value of whatever kind otherwise."""
    value = cache.get("OPTIONS", *place)
    holder = cache.get("OPTIONS", *place[:-1])
    if holder is ABSENT:
        return ABSENT
    return True if isinstance(holder, dict) and place[-1] in holder else value


def _fix(project: Project, cache: Cache, key: str, missing: list[str]) -> Fix | None:
    """Add what is missing, in one go where no options are written. Unsafe: what waited so far will fail instead."""
    table = written(project, cache.setting, "CACHES")
    entry = (
        table.values[table.keys.index(cache.alias)]
        if isinstance(table, o.Table) and cache.alias in table.keys
        else None
    )
    if not isinstance(entry, o.Table):
        return None
    edit: Edit | None
    if "OPTIONS" not in entry.keys:
        options = [f'"{name}": 5' for name in missing if name != "max_connections"]
        if "max_connections" in missing:
            options.append(f'"{_POOL}": {{"max_connections": 50}}')
        edit = cache.setting_entry(project, "OPTIONS", f"{{{', '.join(options)}}}")
    elif key != "max_connections":
        edit = cache.setting_entry(project, key, "5", "OPTIONS")
    else:
        edit = cache.setting_entry(project, key, "50", "OPTIONS", _POOL)
        if edit is None and cache.get("OPTIONS", _POOL) is ABSENT:
            edit = cache.setting_entry(project, _POOL, '{"max_connections": 50}', "OPTIONS")
    return Fix([edit], is_safe=False) if edit is not None else None
