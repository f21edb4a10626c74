"""Caches: what deployed settings say of them, and where code reads and fills them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import msgspec

from plumbline import outline as o
from plumbline.edits import Edit, SetEntry
from plumbline.project.functions import CallSite, Function, site
from plumbline.project.installed import written
from plumbline.project.modules import Module
from plumbline.project.setting_values import UNKNOWN, Perhaps
from plumbline.project.settings import Setting, SettingsModule
from plumbline.rule import Located

if TYPE_CHECKING:
    from plumbline.project import Project

DJANGO_REDIS = "django_redis.cache.RedisCache"
NATIVE_REDIS = "django.core.cache.backends.redis.RedisCache"
MEMCACHED = (
    "django.core.cache.backends.memcached.PyMemcacheCache",
    "django.core.cache.backends.memcached.PyLibMCCache",
    "django.core.cache.backends.memcached.MemcachedCache",
)
LOCAL = {
    "django.core.cache.backends.locmem.LocMemCache": "each process has its own",
    "django.core.cache.backends.filebased.FileBasedCache": "each machine has its own, on disk",
    "django.core.cache.backends.db.DatabaseCache": "it is a table of the database",
    "django.core.cache.backends.dummy.DummyCache": "it keeps nothing",
}
"""Django's backends that are no cache server, and what that means."""
_SAME = {
    "redis_lock.django_cache.RedisCache": DJANGO_REDIS,
    "django_prometheus.cache.backends.redis.RedisCache": DJANGO_REDIS,
    "django_prometheus.cache.backends.redis.NativeRedisCache": NATIVE_REDIS,
    "django_prometheus.cache.backends.locmem.LocMemCache": "django.core.cache.backends.locmem.LocMemCache",
}
"""Backends of other packages that are one of these underneath."""


class _Absent:
    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = _Absent()
"""What a cache certainly does not say."""


class Cache(msgspec.Struct, frozen=True):
    """One entry of ``CACHES`` in one deployed settings module; ``value`` is ``UNKNOWN`` or a dict with unknown parts.

    ``backend`` is the dotted name of the backend, that of the known one that it derives from, or empty if unknown.
    """

    module: SettingsModule
    setting: Setting
    alias: str
    value: Any
    backend: str
    lines: tuple[int, int] | None
    """First and last line of the one statement that binds ``CACHES`` in the file of the setting."""

    def get(self, *keys: str) -> Any:  # noqa: ANN401
        """What stands under nested keys; ``ABSENT`` where nothing does, ``UNKNOWN`` where that cannot be told."""
        found = self.value
        for key in keys:
            if not isinstance(found, dict):
                return UNKNOWN
            if key not in found:
                return UNKNOWN if UNKNOWN in found else ABSENT
            found = found[key]
        return found

    @property
    def is_redis(self) -> bool:
        """Whether it is Redis, through django-redis or Django's own backend."""
        return self.backend in (DJANGO_REDIS, NATIVE_REDIS)

    @property
    def is_shared(self) -> bool:
        """Whether it is a cache server that all processes share."""
        return self.is_redis or self.backend in MEMCACHED

    def located(self, about: str = "") -> Located:
        """The entry, or something that it says or should say, as a place to report: where the setting is bound."""
        name = f"CACHES[{self.alias}]" + (f"[{about}]" if about else "")
        setting = self.setting
        symbol = f"{setting.symbol.removesuffix('.CACHES')}.{name}"
        line, end = self.lines or (setting.line, setting.end_line)
        return Located(setting.path, line, end, 0, symbol, name)

    def setting_entry(self, project: Project, key: str, value: str, *within: str) -> Edit | None:
        """The edit that sets a key of this cache, or of a dict ``within`` it, where that dict is written out."""
        table = written(project, self.setting, "CACHES")
        for part in (self.alias, *within):
            if not isinstance(table, o.Table) or table.keys.count(part) != 1:
                return None
            table = table.values[table.keys.index(part)]
        if not isinstance(table, o.Table) or self.lines is None:
            return None
        return SetEntry(self.setting.path, self.lines[0], key, value, (self.alias, *within))


def find_caches(project: Project) -> Iterator[Cache]:
    """The caches of each deployed settings module that sets ``CACHES``, each place once."""
    seen: set[tuple[str, int, str]] = set()
    for module in project.settings.deployed:
        setting = module.get("CACHES")
        if setting is None:
            continue
        values = setting.value
        if isinstance(values, Perhaps) or not isinstance(values, dict) or not values:
            values = {"default": UNKNOWN}
        if UNKNOWN in values:
            values = {"default": UNKNOWN, **values}
        for alias, value in values.items():
            place = (setting.path, setting.line, str(alias))
            if isinstance(alias, str) and place not in seen:
                seen.add(place)
                backend = value.get("BACKEND") if isinstance(value, dict) else None
                name = _known(project, backend) if isinstance(backend, str) else ""
                yield Cache(module, setting, alias, value, name, _bound_at(project, setting))


def _bound_at(project: Project, setting: Setting) -> tuple[int, int] | None:
    found = [
        (step.line, step.end_line)
        for step in project.names.modules[setting.path].outline.assignments
        if step.target == "CACHES" and step.operator == "="
    ]
    return found[0] if len(found) == 1 else None


def _known(project: Project, backend: str) -> str:
    """The name of a backend, or of the known one that an own class derives from."""
    cls = project.classes.by_name.get(project.names.canonical(backend))
    if cls is not None:
        for name in (DJANGO_REDIS, NATIVE_REDIS, *MEMCACHED, *LOCAL):
            if cls.inherits(name):
                return name
    return _SAME.get(backend, backend)


# ---- calls ----

_POSITIONS = {"set": 2, "add": 2, "get_or_set": 2, "set_many": 1, "touch": 1}
_OTHER_METHODS = ("get", "get_many", "delete", "delete_many", "clear", "incr", "incr_version")
_METHODS = {
    name: method for method in (*_POSITIONS, *_OTHER_METHODS) for name in (method, f"a{method}")
} | {"delete_pattern": "delete", "lock": "lock"}
FILLS = ("set", "add", "get_or_set", "set_many")
"""The methods that put something into a cache."""


class CacheCall(msgspec.Struct, frozen=True):
    """A call of a cache of Django; ``method`` without the ``a`` of the asynchronous ones.

    ``alias`` names the cache, and is empty where it is not known.
    """

    site: CallSite
    method: str
    alias: str

    def argument(self, position: int, name: str) -> o.Value:
        """An argument by position or name; None if it is not given."""
        args = self.site.outline.args
        return args[position] if len(args) > position else self.site.keyword(name)

    @property
    def has_timeout(self) -> bool:
        """Whether the call says how long what it stores is good, or may by ``*`` or ``**``."""
        position = _POSITIONS.get(self.method, 9)
        args = self.site.outline.args
        return (
            len(args) > position
            or self.site.has_keyword("timeout")
            or any(isinstance(item, o.Invocation) and item.name == "*" for item in args)
        )

    @property
    def timeout(self) -> o.Value:
        """The timeout as written; None if there is none."""
        return self.argument(_POSITIONS.get(self.method, 9), "timeout")

    def seconds(self, project: Project) -> float | None:
        """The timeout in seconds, if it is written out or a constant of the module."""
        return _seconds(self.timeout, project.names.modules[self.site.path])

    @property
    def key(self) -> str:
        """What tells the key from others: its text, the pattern of an interpolated one, or what makes it.

        Empty where a variable holds something that cannot be told.
        """
        value = self.argument(0, "key")
        function = self.site.function
        if isinstance(value, o.Ref) and function is not None:
            for wording in function.outline.texts:
                if wording.name == value.name:
                    return wording.text.template
            for other in self.site.siblings:
                if other.bound == value.name:
                    return f"{other.name.rpartition('.')[2]}()"
        if isinstance(value, o.Joined):
            value = value.left
        if isinstance(value, o.Invocation):
            return f"{value.name.rpartition('.')[2]}()"
        if isinstance(value, o.Text):
            return value.template
        if isinstance(value, o.Ref):
            is_local = value.name.islower() and "." not in value.name
            return "" if is_local else value.name.rpartition(".")[2]
        return value if isinstance(value, str) else ""


def _seconds(value: o.Value, module: Module, depth: int = 4) -> float | None:
    if isinstance(value, bool) or depth == 0:
        return None
    if isinstance(value, int | float):
        return value
    if isinstance(value, o.Joined) and value.operator == "*":
        sides = [_seconds(side, module, depth - 1) for side in (value.left, value.right)]
        return None if None in sides else (sides[0] or 0) * (sides[1] or 0)
    if isinstance(value, o.Ref):
        for item in module.outline.assignments:
            if item.target == value.name and item.operator == "=":
                return _seconds(item.value, module, depth - 1)
    return None


def find_cache_calls(project: Project) -> Iterator[CacheCall]:
    """The calls of Django's caches outside tests, in modules that import them from Django."""
    for module in project.calls.modules(*_METHODS):
        if not any(_is_cache(item) for item in module.outline.imports):
            continue
        handles = _handles(project, module)
        functions = project.calls.functions_of(module)
        for call in module.calls:
            base, _, name = call.name.rpartition(".")
            method = _METHODS.get(name)
            if method is None or not base:
                continue
            target = project.names.resolve(module, base, call.scope)
            if target == "django.core.cache.cache":
                alias: str | None = "default"
            elif target == "django.core.cache.caches[]":
                alias = ""
            else:
                alias = handles.get(base)
            if alias is not None:
                function: Function | None = functions[call.scope] if call.scope >= 0 else None
                yield CacheCall(site(call, module, project.names, function), method, alias)


def _is_cache(item: o.Import) -> bool:
    return item.module == "django.core.cache" or (
        item.module == "django.core" and item.name == "cache"
    )


def _handles(project: Project, module: Module) -> dict[str, str]:
    """Names at the top of a module that stand for one of ``caches``, and its alias."""
    found: dict[str, str] = {}
    for item in module.outline.assignments:
        value = item.value
        if (
            isinstance(value, o.Invocation)
            and project.names.resolve(module, value.name) == "django.core.cache.caches[]"
        ):
            alias = value.args[0] if value.args else None
            found[item.target] = alias if isinstance(alias, str) else ""
    return found
