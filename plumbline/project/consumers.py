"""Consumers of Django Channels: their classes, the routes to them, and what is sent to groups."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import TYPE_CHECKING

from plumbline import outline as o
from plumbline.project.classes import Class
from plumbline.project.functions import CallSite, Function
from plumbline.rule import Located

if TYPE_CHECKING:
    from plumbline.project import Project

BASES = tuple(
    f"channels.{name}"
    for name in (
        "consumer.AsyncConsumer",
        "consumer.SyncConsumer",
        "generic.websocket.WebsocketConsumer",
        "generic.websocket.JsonWebsocketConsumer",
        "generic.websocket.AsyncWebsocketConsumer",
        "generic.websocket.AsyncJsonWebsocketConsumer",
        "generic.http.AsyncHttpConsumer",
    )
)
_GROUP_CALLS = ("group_add", "group_discard", "group_send")
_ROUTE_CALLS = ("path", "re_path", "url")
_TARGETS = ("django.urls.path", "django.urls.re_path", "django.urls.url")


class GroupCall(Located, eq=False):
    """A call of ``group_add``, ``group_discard`` or ``group_send``, straight or through ``async_to_sync``."""

    method: str
    outline: o.Call
    function: Function | None

    def argument(self, position: int, keyword: str) -> o.Value:
        """An argument by its place or name; None if it is not given."""
        if len(self.outline.args) > position:
            return self.outline.args[position]
        return next((value for name, value in self.outline.keywords if name == keyword), None)

    @property
    def group(self) -> o.Value:
        """The name of the group."""
        return self.argument(0, "group")


class ConsumerRoute(Located, eq=False):
    """A route to a consumer; ``pattern`` is its text, ``is_called`` whether by ``as_asgi()``."""

    consumer: Class
    written: str
    pattern: str
    is_regex: bool
    is_called: bool


class Consumers:
    """The consumers of the repository. Empty, and nearly free, where Channels is not used."""

    def __init__(self, project: Project) -> None:
        self._project = project

    @functools.cached_property
    def classes(self) -> list[Class]:
        """The consumer classes outside tests."""
        found = {cls.qualified_name: cls for base in BASES for cls in self._heirs(base)}
        return sorted(found.values(), key=lambda cls: (cls.path, cls.line))

    def _heirs(self, base: str) -> list[Class]:
        return [
            cls
            for cls in self._project.classes.heirs(base)
            if cls.module.role in ("source", "settings")
        ]

    def methods(self, cls: Class) -> list[Function]:
        """The methods in the class's own body."""
        by_index = self._project.functions.by_index
        return [by_index[cls.module.path, index] for index, _ in cls.methods()]

    def family(self, cls: Class) -> list[Class]:
        """The class, what it inherits from here, and the consumers that inherit from it."""
        heirs = [other for other in self.classes if cls in other.ancestors]
        mixed = [ancestor for heir in heirs for ancestor in heir.ancestors]
        found = {it.qualified_name: it for it in (cls, *cls.ancestors, *heirs, *mixed)}
        return list(found.values())

    def family_methods(self, cls: Class) -> Iterator[Function]:
        """The methods of the whole family."""
        for member in self.family(cls):
            yield from self.methods(member)

    @staticmethod
    def has_foreign_base(cls: Class) -> bool:
        """Whether the class inherits from something outside the repository that is not Channels' own."""
        return any(not base.startswith("channels.") for base in cls.unknown_bases)

    @functools.cached_property
    def group_calls(self) -> list[GroupCall]:
        """Every call outside tests that joins, leaves or addresses a group, in order."""
        if not self._project.uses("channels"):
            return []
        calls = self._project.calls
        found = [_group_call(site, site.method) for site in calls.named(*_GROUP_CALLS)]
        inner: dict[tuple[str, int, int], str] = {}
        for site in calls.named("async_to_sync"):
            value = next(iter(site.outline.args), None)
            if isinstance(value, o.Ref) and value.name.endswith(_GROUP_CALLS):
                inner[site.path, site.line, site.column] = value.name.rpartition(".")[2]
        for site in calls.named("async_to_sync()") if inner else ():
            method = inner.get((site.path, site.line, site.column))
            if method is not None:
                found.append(_group_call(site, method))
        return sorted(found, key=lambda call: (call.path, call.line, call.column))

    def consumer_of(self, call: GroupCall) -> Class | None:
        """The consumer, or the mixin of one, in whose method a call stands."""
        owner = call.function.owner if call.function is not None else None
        if owner is None:
            return None
        return owner if any(owner in (cls, *cls.ancestors) for cls in self.classes) else None

    @functools.cached_property
    def routes(self) -> list[ConsumerRoute]:
        """The routes that lead to a consumer of the repository."""
        if not self.classes:
            return []
        found: list[ConsumerRoute] = []
        for site in self._project.calls.named(*_ROUTE_CALLS):
            if site.target not in _TARGETS:
                continue
            value = site.outline.args[1] if len(site.outline.args) > 1 else site.keyword("view")
            written = value.name if isinstance(value, o.Ref | o.Invocation) else ""
            is_called = isinstance(value, o.Invocation) and written.endswith(".as_asgi")
            name = written.removesuffix(".as_asgi")
            cls = self._class(site, name) if name else None
            if cls is not None:
                pattern = next(iter(site.outline.args), None)
                found.append(_route(site, cls, written, pattern, is_called))
        return found

    def _class(self, site: CallSite, name: str) -> Class | None:
        module = self._project.names.modules[site.path]
        target = self._project.names.resolve(module, name, site.outline.scope)
        cls = self._project.classes.by_name.get(target)
        return cls if cls is not None and cls in self.classes else None


def _group_call(site: CallSite, method: str) -> GroupCall:
    return GroupCall(
        site.path,
        site.line,
        site.end_line,
        site.column,
        site.symbol,
        site.text,
        method,
        site.outline,
        site.function,
    )


def _route(
    site: CallSite, cls: Class, written: str, pattern: o.Value, is_called: bool
) -> ConsumerRoute:
    return ConsumerRoute(
        site.path,
        site.line,
        site.end_line,
        site.column,
        f"{site.symbol}:{cls.qualified_name}",
        site.text,
        cls,
        written,
        pattern if isinstance(pattern, str) else "",
        site.target != "django.urls.path",
        is_called,
    )
