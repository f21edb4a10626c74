"""Circuit breakers: where pybreaker's are made, where they keep their state, and what they guard."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import TYPE_CHECKING

from plumbline import outline as o
from plumbline.project.functions import CallSite, Function, site
from plumbline.project.modules import Module
from plumbline.project.sessions import enclosing

if TYPE_CHECKING:
    from plumbline.project import Project

PACKAGE = "pybreaker"
BREAKER = "pybreaker.CircuitBreaker"
REDIS = "pybreaker.CircuitRedisStorage"
MEMORY = "pybreaker.CircuitMemoryStorage"
ERROR = "pybreaker.CircuitBreakerError"
_PARAMETERS = (
    "fail_max", "reset_timeout", "success_threshold", "exclude", "listeners", "state_storage",
)  # fmt: skip
_RUNS = frozenset(("call", "call_async"))
OTHER_GUARDS = (
    "circuitbreaker.", "aiobreaker.", "purgatory.", "tenacity.", "backoff.", "stamina.", "retrying.", "retry.",
    "resilience", "hyx.", "pyresilience.",
)  # fmt: skip
"""Packages whose decorators keep a failing server from being asked again and again."""
_DEPTH = 3


class Breakers:
    """The circuit breakers outside tests."""

    def __init__(self, project: Project) -> None:
        self._project = project

    @functools.cached_property
    def modules(self) -> list[Module]:
        """The modules that import pybreaker."""
        return sorted(
            (item for item in self._project.importers(PACKAGE) if item.role != "documentation"),
            key=lambda module: module.path,
        )

    @functools.cached_property
    def users(self) -> list[Module]:
        """The modules outside tests that import pybreaker or a module that makes breakers."""
        makers = {self._project.names.modules[call.path].name for call in self.made}
        tails = tuple(name.rpartition(".")[2] for name in makers)
        found = {module.path: module for module in self.modules}
        for module in self._project.names if makers else ():
            if module.role != "test" and any(
                (item.name in tails or item.module.endswith(tails))
                and (
                    module.absolute(item.module) in makers
                    or f"{module.absolute(item.module)}.{item.name}" in makers
                )
                for item in module.outline.imports
            ):
                found[module.path] = module
        return [found[path] for path in sorted(found)]

    def _makers(self, base: str) -> list[CallSite]:
        """The calls that make an object of a class of pybreaker or of a class of the repository that inherits it."""
        project = self._project
        if not self.modules:
            return []
        kinds = {base} | {cls.qualified_name for cls in project.classes.heirs(base)}
        found = [
            site(
                call,
                module,
                project.names,
                project.functions.by_index.get((module.path, call.scope)),
            )
            for module in self.modules
            for call in module.calls
            if project.names.resolve(module, call.name, call.scope) in kinds
        ]
        seen = {(call.path, call.line, call.column) for call in found}
        for kind in kinds - {base}:
            for call in project.calls.named(kind.rpartition(".")[2]):
                if call.target == kind and (call.path, call.line, call.column) not in seen:
                    found.append(call)
        return found

    @functools.cached_property
    def made(self) -> list[CallSite]:
        """The calls that make a breaker."""
        return self._makers(BREAKER)

    @functools.cached_property
    def redis_storages(self) -> list[CallSite]:
        """The calls that make a storage in Redis."""
        return self._makers(REDIS)

    @functools.cached_property
    def names(self) -> frozenset[str]:
        """Canonical names of the breakers that modules hold, and of the functions that make one."""
        found: set[str] = set()
        for call in self.made:
            module = self._project.names.modules[call.path]
            if call.outline.scope < 0 and call.outline.bound:
                found.add(f"{module.name}.{call.outline.bound}")
            elif call.function is not None:
                found.add(call.function.qualified_name)
        for name in list(found):
            function = self._project.functions.by_name.get(name)
            if function is None:
                continue
            for call in self._project.calls.named(function.name):
                if call.target == name and call.outline.scope < 0 and call.outline.bound:
                    found.add(f"{self._project.names.modules[call.path].name}.{call.outline.bound}")
        return frozenset(found)

    def storage(self, call: CallSite) -> o.Value:
        """The state storage that a breaker is given, as a call where that is in sight; None if it is given none."""
        value = arguments(call).get("state_storage")
        if not isinstance(value, o.Ref):
            return value
        module = self._project.names.modules[call.path]
        for scope in dict.fromkeys((call.outline.scope, -1)):
            for other in module.calls_by_scope.get(scope, ()):
                if other.bound == value.name:
                    return o.Invocation(
                        other.name, other.args, other.keywords, other.line, other.end_line
                    )
        return value

    # ---- what they guard ----

    def is_guard(self, name: str) -> bool:
        """Whether a canonical name is a breaker's, or a decorator's of a package for the same purpose."""
        return (
            name in self.names
            or name.removesuffix("()") in self.names
            or name.startswith(OTHER_GUARDS)
            or "breaker" in name.lower()
        )

    def guards(self, function: Function) -> bool:
        """Whether a function is decorated with a breaker, or handed to one to be called."""
        if any(self.is_guard(name) for name, _ in function.decorators):
            return True
        return function.qualified_name in self._handed_over

    @functools.cached_property
    def _handed_over(self) -> frozenset[str]:
        """Qualified names of the functions that ``breaker.call(function, …)`` runs."""
        return frozenset(
            function.qualified_name
            for call in self.runs
            if (function := self._first(call)) is not None
        )

    @functools.cached_property
    def runs(self) -> list[CallSite]:
        """The calls by which a breaker runs something: ``breaker.call(…)``, ``with breaker.calling()``."""
        calls = self._project.calls.named(*_RUNS, "calling")
        return [call for call in calls if self.is_guard(call.target.rpartition(".")[0])]

    def _first(self, call: CallSite) -> Function | None:
        value = call.outline.args[0] if call.outline.args else None
        if not isinstance(value, o.Ref):
            return None
        function = call.function
        head, _, name = value.name.partition(".")
        if head == "self" and function is not None and function.owner is not None:
            for cls in (function.owner, *function.owner.ancestors):
                found = self._project.functions.by_name.get(f"{cls.qualified_name}.{name}")
                if found is not None:
                    return found
        names = self._project.names
        target = names.resolve(names.modules[call.path], value.name, call.outline.scope)
        return self._project.functions.by_name.get(target)

    def is_guarded(self, call: CallSite) -> bool:
        """Whether a call runs under a breaker, be it of its own function or of all the functions that lead to it."""
        if call.method in _RUNS and self.is_guard(call.target.rpartition(".")[0]):
            return True
        return any(
            self._protects(function, 0, set())
            for function in enclosing(call.function, self._project)
        )

    def _protects(self, function: Function, depth: int, seen: set[str]) -> bool:
        if function.qualified_name in seen:
            return False
        seen.add(function.qualified_name)
        if self.guards(function) or any(call.function is function for call in self.runs):
            return True
        if depth >= _DEPTH:
            return False
        callers = list(self.callers(function))
        return bool(callers) and all(
            caller.function is not None and self._protects(caller.function, depth + 1, seen)
            for caller in callers
        )

    def callers(self, function: Function) -> Iterator[CallSite]:
        """The calls outside tests that certainly run a function."""
        for call in self._project.calls.named(function.name):
            if self._project.functions.called_by(call) is function:
                yield call


def arguments(call: CallSite) -> dict[str, o.Value]:
    """The arguments of a call that makes a breaker, by name."""
    outline = call.outline
    return dict(zip(_PARAMETERS, outline.args, strict=False)) | dict(outline.keywords)
