"""OpenTelemetry: what is installed of it, where it is set up, and whether that is ever run."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from plumbline import outline as o
from plumbline.project.dependencies import Dependency
from plumbline.project.functions import CallSite, Function
from plumbline.project.modules import Module
from plumbline.roles import SETTINGS, SOURCE

if TYPE_CHECKING:
    from plumbline.project import Project

_SETS_UP = ("set_tracer_provider", "instrument", "configure_azure_monitor", "_OTelSDKConfigurator")
_SETS_UP_BY_TARGET = {
    "logfire.configure",
    "uptrace.configure_opentelemetry",
    "honeycomb.opentelemetry.configure_opentelemetry",
    "opentelemetry.instrumentation.auto_instrumentation.initialize",
}
_GUNICORN_HOOKS = frozenset(
    "on_starting when_ready pre_fork post_fork post_worker_init pre_exec worker_int".split()
)
_ENTRIES = frozenset(("manage", "wsgi", "asgi", "__main__"))
_ENTRY_WORD = re.compile(r"gunicorn|uwsgi|celery")
_WRAPPER = r"(?<![\w-])(opentelemetry-instrument|edot-instrument|ddtrace-run|sw-apm-py)(?![\w-])"
_SERVER = (
    r"(?m)^(?!.*\b(install|add)\b).*(?<![\w.-])"
    r"(gunicorn|uvicorn|hypercorn|daphne|granian|uwsgi|waitress-serve)(?![\w/.=<>~-])"
)
_DEPTH = 6


class Telemetry:
    """What the project does with OpenTelemetry."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._loads: dict[str, bool] = {}

    @functools.cached_property
    def is_used(self) -> bool:
        """Whether any part of OpenTelemetry is imported or declared."""
        project = self._project
        return "opentelemetry" in project.imported_packages or any(
            name.startswith("opentelemetry-") for name in project.dependencies.declared
        )

    def declared(self, name: str) -> Dependency | None:
        """The declaration of a distribution among the dependencies of production, or None."""
        found = self._project.dependencies.declared.get(name, ())
        return next((dependency for dependency in found if dependency.is_runtime), None)

    def has(self, *names: str) -> bool:
        """Whether one of these distributions is installed in production, by declaration or by a command."""
        installed = self._project.configuration.commands.installed
        return any(self.declared(name) is not None or name in installed for name in names)

    @functools.cached_property
    def exporter(self) -> str:
        """The name of a distribution of production that exports spans; empty if there is none."""
        for name, found in self._project.dependencies.declared.items():
            for dependency in found:
                is_exporter = "opentelemetry-exporter" in name or (
                    name == "opentelemetry-distro" and "otlp" in dependency.extras
                )
                if is_exporter and dependency.is_runtime:
                    return name
        installed = self._project.configuration.commands.installed
        return next((name for name in sorted(installed) if "opentelemetry-exporter" in name), "")

    # ---- commands ----

    @functools.cached_property
    def is_bootstrapped(self) -> bool:
        """Whether a command installs the instrumentation for whatever else is installed."""
        return self._project.configuration.commands.finds(r"(opentelemetry|edot)-bootstrap")

    @functools.cached_property
    def is_wrapped(self) -> bool:
        """Whether a command starts the project under ``opentelemetry-instrument`` or its like."""
        return self._project.configuration.commands.finds(_WRAPPER)

    @functools.cached_property
    def start_is_known(self) -> bool:
        """Whether a command of the repository starts a server."""
        return self._project.configuration.commands.finds(_SERVER)

    def has_variable(self, name: str) -> bool:
        """Whether a command, a container or the code that starts the project gives an environment variable."""
        if self._project.configuration.commands.mentions(name):
            return True
        return any(
            name in call.args
            for module in self._starters
            for call in module.calls_by_scope.get(-1, ())
        ) or any(
            item.target == "os.environ"
            and isinstance(item.value, o.Table)
            and name in item.value.keys
            for module in self._starters
            for item in module.outline.assignments
        )

    # ---- code ----

    @functools.cached_property
    def modules(self) -> list[Module]:
        """The modules outside tests that import OpenTelemetry."""
        if "opentelemetry" not in self._project.imported_packages:
            return []
        names = self._project.names
        importing = names.importers(lambda name: name.startswith("opentelemetry"))
        return [
            module
            for module in names
            if module.path in importing and module.role in (SOURCE, SETTINGS)
        ]

    @functools.cached_property
    def setups(self) -> list[CallSite]:
        """The calls outside tests that set OpenTelemetry up: a provider, an instrumentation, a vendor's own set-up."""
        calls = self._project.calls
        found = [
            call
            for call in calls.named(*_SETS_UP)
            if call.method != "instrument" or "Instrumentor" in call.outline.name
        ]
        last = {name.rpartition(".")[2] for name in _SETS_UP_BY_TARGET}
        if self.is_used or "logfire" in self._project.imported_packages:
            found += [call for call in calls.named(*last) if call.target in _SETS_UP_BY_TARGET]
        return found

    @functools.cached_property
    def _starters(self) -> list[Module]:
        """The modules that a process starts with: entry points, settings, and the configuration of its server."""
        found = {module.path: module for module in self._project.startup}
        for module in self._project.names:
            if module.role == SOURCE and _is_entry(module):
                found[module.path] = module
        return list(found.values())

    def _is_loaded(self, path: str) -> bool:
        """Whether what starts the project imports a module; most that matter here are starters themselves."""
        if any(path == module.path for module in self._starters):
            return True
        known = self._loads.get(path)
        if known is None:
            reached = self._project.imports.closure(self._starters, wanted={path})
            known = self._loads[path] = path in reached
        return known

    def is_reached(self, call: CallSite) -> bool:
        """Whether something that runs when the project starts leads to a call."""
        if call.function is None:
            return self._is_loaded(call.path)
        return self._runs(call.function, _DEPTH, {call.function.qualified_name})

    def _runs(self, function: Function, depth: int, seen: set[str]) -> bool:
        """Whether a function is run by what starts the project; whatever merely may run it counts."""
        if function.owner is not None or function.is_nested or function.outline.decorators:
            # A method, a closure, a receiver: who calls it cannot be told.
            return self._is_loaded(function.path)
        if function.name in _GUNICORN_HOOKS and _is_entry(function.module):
            return True
        if function.qualified_name in self._project.named_in_settings:
            return True
        for module, scope in self._mentions(function.name):
            if scope < 0:
                if self._is_loaded(module.path):
                    return True
                continue
            caller = self._project.calls.functions_of(module)[scope]
            if depth and caller.qualified_name not in seen:
                seen.add(caller.qualified_name)
                if self._runs(caller, depth - 1, seen):
                    return True
        return False

    def _mentions(self, name: str) -> Iterator[tuple[Module, int]]:
        """Module and scope of every call of a function of this name, and of every call that is given it."""
        for module in self._project.names:
            if module.role not in (SOURCE, SETTINGS) or not module.may_call(name):
                continue
            for call in module.calls:
                values = [*call.args, *(value for _, value in call.keywords)]
                if call.name.rpartition(".")[2] == name or any(
                    isinstance(value, o.Ref) and value.name.rpartition(".")[2] == name
                    for value in values
                ):
                    yield module, call.scope


def _is_entry(module: Module) -> bool:
    """Whether a module is one that a process or its server starts with, told from its name."""
    name = module.name
    return name.rpartition(".")[2] in _ENTRIES or _ENTRY_WORD.search(name) is not None
