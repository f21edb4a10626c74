"""Tasks and signal receivers: code that runs because something happened elsewhere."""

from __future__ import annotations

import functools
from collections.abc import Iterator

from plumbline import knowledge
from plumbline import outline as o
from plumbline.project.classes import Class, Classes
from plumbline.project.functions import CallSite, Function, Functions, site
from plumbline.project.modules import Module, Names


class Task:
    """A background task: a Celery task or one of Django's own framework."""

    def __init__(self, function: Function, framework: str, options: o.Invocation | None) -> None:
        self.function = function
        self.framework = framework
        self.options = options

    @functools.cached_property
    def parameters(self) -> list[o.Parameter]:
        """The parameters that a caller fills, without ``self`` of a bound task."""
        parameters = self.function.parameters
        is_bound = bool(self.options) and any(
            key == "bind" and value is True for key, value in self.options.keywords
        )
        return parameters[1:] if is_bound else parameters


class Receiver:
    """A function connected to signals; ``signals`` are canonical dotted names, ``options`` the keywords given."""

    def __init__(self, function: Function, signals: list[str], options: dict[str, o.Value]) -> None:
        self.function = function
        self.signals = signals
        self.options = options


class Events:
    """The tasks, receivers and app configurations of the repository."""

    def __init__(self, names: Names, classes: Classes, functions: Functions) -> None:
        self._names = names
        self._classes = classes
        self._functions = functions

    @functools.cached_property
    def celery_apps(self) -> dict[str, CallSite]:
        """Canonical dotted name of each Celery application object to the call that makes it."""
        found: dict[str, CallSite] = {}
        for module in self._names:
            for call in module.calls_by_scope.get(-1, ()):
                if call.bound and self._names.resolve(module, call.name) == "celery.Celery":
                    found[f"{module.name}.{call.bound}"] = site(call, module, self._names, None)
        return found

    @functools.cached_property
    def tasks(self) -> list[Task]:
        """Task functions, outside tests."""
        found: list[Task] = []
        for function in self._functions:
            if function.module.role == "test" or not function.outline.decorators:
                continue
            for name, options in function.decorators:
                framework = knowledge.TASK_DECORATORS.get(name)
                if (
                    framework is None
                    and name.endswith(".task")
                    and name.removesuffix(".task") in self.celery_apps
                ):
                    framework = "celery"
                if framework is not None:
                    found.append(Task(function, framework, options))
                    break
        return found

    def dispatches(self) -> Iterator[tuple[Task, CallSite]]:
        """Every place outside tests that queues a known task."""
        by_name = {task.function.qualified_name: task for task in self.tasks}
        for module in self._names:
            if module.role in ("test", "migration"):
                continue
            for call in module.outline.calls:
                head, _, last = call.name.rpartition(".")
                if (
                    last in ("delay", "apply_async", "delay_on_commit", "enqueue", "s", "si")
                    and head
                ):
                    task = by_name.get(self._names.resolve(module, head, call.scope))
                    if task is not None:
                        function = self._functions.by_index.get((module.path, call.scope))
                        yield task, site(call, module, self._names, function)

    @functools.cached_property
    def receivers(self) -> list[Receiver]:
        """Signal receivers outside tests: decorated with ``@receiver`` or connected by call."""
        found: list[Receiver] = []
        for function in self._functions:
            if function.module.role in ("test", "migration", "documentation"):
                continue
            for name, options in function.decorators:
                if name == "django.dispatch.receiver" and options is not None:
                    signals = self._signals(function.module, options.args[:1])
                    found.append(Receiver(function, signals, dict(options.keywords)))
                    break
        for module in self._names:
            if module.role not in ("test", "migration", "documentation"):
                found += self._connected(module)
        return found

    def _signals(self, module: Module, values: list[o.Value]) -> list[str]:
        names: list[str] = []
        for value in values:
            if isinstance(value, o.Ref):
                names.append(self._names.resolve(module, value.name))
            elif isinstance(value, o.Many):
                names += self._signals(module, value.items)
        return names

    def _connected(self, module: Module) -> Iterator[Receiver]:
        for call in module.outline.calls:
            head, _, last = call.name.rpartition(".")
            if (
                last != "connect"
                or not head
                or not call.args
                or not isinstance(call.args[0], o.Ref)
            ):
                continue
            signal = self._names.resolve(module, head, call.scope)
            if "signal" not in signal.lower():
                continue
            function = self._functions.by_name.get(
                self._names.resolve(module, call.args[0].name, call.scope)
            )
            if function is not None:
                yield Receiver(function, [signal], dict(call.keywords))

    @functools.cached_property
    def app_configs(self) -> list[Class]:
        """Subclasses of Django's ``AppConfig`` outside tests."""
        return [
            cls
            for cls in self._classes
            if cls.inherits(knowledge.APP_CONFIG) and cls.module.role != "test"
        ]
