"""Objects that ask other servers: sessions of requests and clients of httpx, followed from where they are made."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from plumbline import outline as o
from plumbline.project.functions import Function
from plumbline.project.modules import Module

if TYPE_CHECKING:
    from plumbline.project import Project

SET = "set"
"""The call, or what makes it, says how long to wait."""
MISSING = "missing"
ENDLESS = "endless"
"""``timeout=None`` takes the limit away."""
OPEN = "open"
"""No static look can tell."""

SESSIONS = frozenset(
    (
        "requests.Session",
        "requests.session",
        "requests.sessions.Session",
        "requests.sessions.session",
        "requests_oauthlib.OAuth1Session",
        "requests_oauthlib.OAuth2Session",
        "requests_cache.CachedSession",
        "requests_futures.sessions.FuturesSession",
        "requests_toolbelt.sessions.BaseUrlSession",
        "authlib.integrations.requests_client.OAuth2Session",
        "authlib.integrations.requests_client.OAuth1Session",
    )
)
CLIENTS = frozenset(("httpx.Client", "httpx.AsyncClient"))
LIMITED = frozenset(("requests_hardened.Manager",))
"""Makers of objects that always have a limit."""
MAKERS = SESSIONS | CLIENTS | LIMITED
PACKAGES = frozenset(name.partition(".")[0] for name in MAKERS)
_LAST_NAMES = frozenset(name.rpartition(".")[2] for name in MAKERS)
_DEPTH = 4
_WORDS = re.compile(r"[A-Za-z_][\w.]*")
_CALLED = re.compile(r"session|client", re.IGNORECASE)
_PLAIN_ADAPTER = "requests.adapters.HTTPAdapter"


class Sessions:
    """Finds out what an object is whose method is called, and how long it waits if the call does not say."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._names = project.names

    @property
    def modules(self) -> list[Module]:
        """The modules in which such an object may be used: those that import a package, or a maker's module."""
        found = {
            module.path: module
            for module in (
                *self._project.importers(*PACKAGES),
                *self._project.calls.modules("urlopen"),
            )
            if module.role in ("source", "settings")
        }
        makers = {
            module.name
            for module in found.values()
            if not _LAST_NAMES.isdisjoint(module.outline.called)
        }
        for _ in range(
            2
        ):  # a session made in one module, kept by a class of another, used by an heir
            if not makers:
                break
            using = [module for module in self._importing(makers) if module.path not in found]
            found.update((module.path, module) for module in using)
            makers = {module.name for module in using}
        return [found[path] for path in sorted(found)]

    def _importing(self, makers: set[str]) -> Iterator[Module]:
        tails = tuple({name.rpartition(".")[2] for name in makers})
        importing = self._names.importers(lambda name: name.endswith(tails), *tails)
        for module in self._names:
            if module.path not in importing or module.role not in ("source", "settings"):
                continue
            for item in module.outline.imports:
                if item.name in tails or item.module.endswith(tails):
                    target = module.absolute(item.module)
                    if target in makers or f"{target}.{item.name}" in makers:
                        yield module
                        break

    # ---- what an object is ----

    def wait(self, module: Module, scope: int, written: str) -> str | None:
        """How long the object that a chain stands for waits by itself; None if it is no session or client."""
        if written.endswith("()"):
            return self._maker(module, scope, written[:-2], "", (), 0)
        head, dot, attribute = written.partition(".")
        if "(" in written or "[" in written:
            return None
        if dot and head in ("self", "cls"):
            return self._attribute(module, scope, attribute, 0) if "." not in attribute else None
        if not dot:
            place = scope
            while place >= 0:
                found = self._local(module, place, written)
                if found is not None:
                    return found
                place = module.functions[place].parent
        return self._global(self._names.resolve(module, written, scope))

    def _local(self, module: Module, scope: int, name: str) -> str | None:
        found = self._bound(module, scope, name, 0)
        if found is not None:
            return found
        for parameter in module.functions[scope].parameters:
            if parameter.name == name and parameter.annotation:
                for word in _WORDS.findall(parameter.annotation):
                    if self._names.resolve(module, word, -1) in SESSIONS | CLIENTS:
                        return OPEN  # whoever made it may have given it a limit
        return None

    def _bound(self, module: Module, scope: int, name: str, depth: int) -> str | None:
        """What a function binds to a name or attribute, if a call that makes a session or client."""
        calls = module.calls_by_scope.get(scope, ())
        for call in calls:
            if call.bound == name:
                found = self._maker(module, scope, call.name, name, call.keywords, depth)
                if found is not None:
                    return found
        return None

    def _attribute(self, module: Module, scope: int, name: str, depth: int) -> str | None:
        """What an attribute of ``self`` is: bound in a method, in the class body, or a property."""
        while scope >= 0 and module.functions[scope].owner < 0:
            scope = module.functions[scope].parent
        if scope < 0:
            return None
        owner = self._project.classes.by_index[module.path, module.functions[scope].owner]
        for cls in (owner, *owner.ancestors):
            member = cls.member(name)
            if member is not None and isinstance(member.value, o.Invocation):
                value = member.value
                return self._maker(cls.module, -1, value.name, "", value.keywords, depth)
            if member is not None and member.kind == "function":
                return self._returned(cls.module, member.index, depth + 1)
            for index, _ in cls.methods():
                found = self._bound(cls.module, index, f"self.{name}", depth)
                if found is not None:
                    return found
        return None

    def _global(self, target: str) -> str | None:
        module, rest = self._names.split(target)
        if module is None or not rest or "." in rest:
            return None
        for step in module.outline.assignments:
            if step.target == rest and isinstance(step.value, o.Invocation):
                return self._maker(module, -1, step.value.name, rest, step.value.keywords, 0)
        return None

    # ---- what makes one ----

    def _maker(
        self,
        module: Module,
        scope: int,
        written: str,
        bound: str,
        keywords: list[tuple[str, o.Value]] | tuple[()],
        depth: int,
    ) -> str | None:
        target = self._names.resolve(module, written, scope)
        if target in LIMITED:
            return SET
        if target in CLIENTS:
            return given(keywords) if given(keywords) in (ENDLESS, SET) else SET
        if target in SESSIONS:
            if any(key == "default_timeout" and value is not None for key, value in keywords):
                return SET
            return self._altered(module, scope, bound)
        cls = self._project.classes.by_name.get(target)
        if cls is not None:
            if cls.inherits(*SESSIONS):
                own = any(
                    part.member(name) is not None
                    for part in (cls, *cls.ancestors)
                    for name in ("request", "send")
                )
                return OPEN if own else self._altered(module, scope, bound)
            return SET if cls.inherits(*CLIENTS) else None
        function = self._project.functions.by_name.get(target)
        if function is None and written.startswith("self.") and "." not in written[5:]:
            return (
                self._attribute(module, scope, written[5:], depth + 1) if depth < _DEPTH else None
            )
        if function is not None and depth < _DEPTH:
            return self._returned(function.module, function.index, depth + 1)
        return None

    def _returned(self, module: Module, index: int, depth: int) -> str | None:
        """What a function gives back, if it is a session or client that it makes."""
        if depth > _DEPTH:
            return None
        calls = module.calls_by_scope.get(index, ())
        for call in calls:
            if call.flags & o.RETURNED:
                found = self._maker(module, index, call.name, "", call.keywords, depth)
                if found is not None:
                    return found
        function = module.functions[index]
        if function.exits & o.RETURNS_VALUE and _CALLED.search(
            f"{function.name} {function.returns}"
        ):
            for call in calls:
                if call.bound and "." not in call.bound:
                    found = self._maker(module, index, call.name, call.bound, call.keywords, depth)
                    if found is not None:
                        return found
        return None

    def _altered(self, module: Module, scope: int, bound: str) -> str:
        """How long a session waits after what is done to it where it is made: an adapter mounted, a method replaced."""
        if not bound:
            return MISSING
        for call in module.calls_by_scope.get(scope, ()):
            if call.name == f"{bound}.mount":
                adapter = call.args[1] if len(call.args) > 1 else dict(call.keywords).get("adapter")
                found = self._adapter(module, scope, adapter)
                if found != MISSING:
                    return found
            elif call.bound.startswith(f"{bound}.") and given(call.keywords) == SET:
                return SET  # session.request = partial(session.request, timeout=5)
        return MISSING

    def _adapter(self, module: Module, scope: int, adapter: o.Value) -> str:
        name, keywords = "", []
        if isinstance(adapter, o.Invocation):
            name, keywords = adapter.name, adapter.keywords
        elif isinstance(adapter, o.Ref):
            for call in module.calls_by_scope.get(scope, ()):
                if call.bound == adapter.name:
                    name, keywords = call.name, call.keywords
        target = self._names.resolve(module, name, scope)
        if given(keywords) == SET or "timeout" in target.lower():
            return SET
        cls = self._project.classes.by_name.get(target)
        if cls is not None:
            own = any(part.member("send") is not None for part in (cls, *cls.ancestors))
            return OPEN if own or cls.unknown_bases != [_PLAIN_ADAPTER] else MISSING
        return MISSING if target == _PLAIN_ADAPTER else OPEN


def given(keywords: list[tuple[str, o.Value]] | tuple[()]) -> str:
    """What the keyword arguments of a call say of its limit."""
    for key, value in keywords:
        if key == "timeout":
            return ENDLESS if _is_endless(value) else SET
    return OPEN if any(key == "**" for key, _ in keywords) else MISSING


def _is_endless(value: o.Value) -> bool:
    if isinstance(value, o.Invocation) and value.name.rpartition(".")[2] == "Timeout":
        return value.args[:1] == [None]
    return value is None or (
        isinstance(value, o.Many)
        and bool(value.items)
        and all(item is None for item in value.items)
    )


def enclosing(function: Function | None, project: Project) -> Iterator[Function]:
    """A function and those that it is defined in, innermost first."""
    while function is not None:
        yield function
        parent = function.outline.parent
        function = project.functions.by_index.get((function.path, parent)) if parent >= 0 else None
