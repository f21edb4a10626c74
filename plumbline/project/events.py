"""Tasks and signal receivers: code that runs because something happened elsewhere."""

from __future__ import annotations

import functools
from collections.abc import Iterator

from plumbline import knowledge
from plumbline import outline as o
from plumbline.project.classes import Class, Classes
from plumbline.project.functions import CallSite, Function, Functions, site
from plumbline.project.modules import Module, Names
from plumbline.roles import DOCUMENTATION, SETTINGS, SOURCE
from plumbline.rule import Located

CELERY = "celery.Celery"
_CURRENT_APP = "celery.current_app"
_DISPATCHING = (
    ".delay", ".apply_async", ".delay_on_commit", ".apply_async_on_commit", ".enqueue", ".aenqueue", ".s", ".si",
    ".signature",
)  # fmt: skip
_DISPATCHING_NAMES = tuple(ending[1:] for ending in _DISPATCHING)
_JUDGED = (SOURCE, SETTINGS)
_UNJUDGED = frozenset(("test", "migration", "documentation"))


class Task:
    """A background task: a Celery task or one of Django's own framework.

    ``options`` is the decorator's call if it is one; ``factory`` the call by which a decorator of the repository makes
    the task, where it is not the framework's own decorator.
    """

    def __init__(
        self,
        function: Function,
        framework: str,
        options: o.Invocation | None,
        factory: o.Call | None = None,
        base: Class | None = None,
    ) -> None:
        self.function = function
        self.framework = framework
        self.options = options
        self.factory = factory
        self._base = base

    def __repr__(self) -> str:
        return f"<Task {self.name}>"

    @functools.cached_property
    def name(self) -> str:
        """The name that the task is registered under."""
        given = self.option("name")
        return given if isinstance(given, str) else self.function.qualified_name

    @functools.cached_property
    def keywords(self) -> dict[str, o.Value]:
        """The options of the task, those that a decorator of the repository adds included."""
        found = dict(self.factory.keywords) if self.factory else {}
        found.update(self.options.keywords if self.options else ())
        return found

    def option(self, name: str) -> o.Value:
        """An option of the decorator, or the attribute of the task's base class; None if there is none."""
        if name in self.keywords:
            return self.keywords[name]
        if self._base is not None:
            for cls in (self._base, *self._base.ancestors):
                member = cls.member(name)
                if member is not None:
                    return member.value
        return None

    @property
    def is_open(self) -> bool:
        """Whether options may come from somewhere that cannot be read: ``**options``."""
        return any(key == "**" for key, _ in (self.options.keywords if self.options else ()))

    @functools.cached_property
    def parameters(self) -> list[o.Parameter]:
        """The parameters that a caller fills, without ``self`` of a bound task."""
        parameters = self.function.parameters
        takes_context = self.framework == "django" and self.option("takes_context") is True
        return parameters[1:] if self.option("bind") is True or takes_context else parameters


class Receiver:
    """A function connected to signals; ``signals`` are canonical dotted names, ``options`` the keywords given.

    ``module`` is the one whose import connects it, ``place`` the decorated function or the ``connect`` call.
    """

    def __init__(
        self,
        function: Function,
        signals: list[str],
        options: dict[str, o.Value],
        module: Module | None = None,
        place: Located | None = None,
    ) -> None:
        self.function = function
        self.signals = signals
        self.options = options
        self.module = module or function.module
        self.place: Located = place or function

    def __repr__(self) -> str:
        return f"<Receiver {self.function.qualified_name}>"

    @property
    def caller(self) -> Function | None:
        """The function that connects it by call; None for a decorator or a call at the top of a module."""
        return self.place.function if isinstance(self.place, CallSite) else None


class Events:
    """The tasks, receivers and app configurations of the repository."""

    def __init__(self, names: Names, classes: Classes, functions: Functions) -> None:
        self._names = names
        self._classes = classes
        self._functions = functions

    # ---- Celery applications ----

    @functools.cached_property
    def _app_calls(self) -> list[tuple[Module, o.Call]]:
        """Every call outside tests that makes a Celery application."""
        kinds = {"Celery"} | {cls.name for cls in self._classes.heirs(CELERY)}
        found: list[tuple[Module, o.Call]] = []
        for module, calls in self._names.callers(*_JUDGED, names=kinds):
            for call in calls:
                target = self._names.resolve(module, call.name, call.scope)
                cls = self._classes.by_name.get(target)
                if target == CELERY or (cls is not None and cls.inherits(CELERY)):
                    found.append((module, call))
        return found

    @functools.cached_property
    def celery_apps(self) -> dict[str, CallSite]:
        """Canonical dotted name of each Celery application object to the call that makes it.

        An application that a function of the repository makes is known by the name that receives it.
        """
        found: dict[str, CallSite] = {}
        makers: dict[str, CallSite] = {}
        for module, call in self._app_calls:
            function = self._functions.by_index.get((module.path, call.scope))
            made = site(call, module, self._names, function)
            if call.scope < 0 and call.bound:
                found[f"{module.name}.{call.bound}"] = made
            elif function is not None:
                makers[function.qualified_name] = made
        for module in self._names if makers else ():
            for call in module.calls_by_scope.get(-1, ()):
                if call.bound and module.role not in _UNJUDGED:
                    maker = makers.get(self._names.resolve(module, call.name))
                    if maker is not None:
                        found[f"{module.name}.{call.bound}"] = maker
        return found

    @functools.cached_property
    def _local_apps(self) -> dict[tuple[str, int, str], CallSite]:
        """Path, function and local name of each application that a function makes."""
        return {
            (module.path, call.scope, call.bound): site(
                call, module, self._names, self._functions.by_index.get((module.path, call.scope))
            )
            for module, call in self._app_calls
            if call.scope >= 0 and call.bound
        }

    def celery_app(self, module: Module, name: str, scope: int = -1) -> CallSite | None:
        """The Celery application that a name stands for, as the call that makes it; None if it is not one."""
        target = self._names.resolve(module, name, scope)
        if target == _CURRENT_APP and len(apps := list(self.celery_apps.values())) == 1:
            return apps[0]
        return self.celery_apps.get(target) or self._local_apps.get((module.path, scope, name))

    # ---- tasks ----

    def _framework(self, decorator: str) -> str | None:
        """The framework of a decorator that makes tasks, None for another decorator."""
        framework = knowledge.TASK_DECORATORS.get(decorator)
        if framework is None and decorator.endswith(".task"):
            owner = decorator.removesuffix(".task")
            if owner == _CURRENT_APP or owner in self.celery_apps:
                return "celery"
        return framework

    @functools.cached_property
    def _factories(self) -> dict[str, tuple[str, o.Call]]:
        """Decorators of the repository that make tasks: canonical name to framework and the call inside."""
        found: dict[str, tuple[str, o.Call]] = {}
        for module, calls in self._names.callers(*_JUDGED, endings=("task",)):
            for call in calls:
                if call.scope < 0:
                    continue
                framework = self._framework(self._names.resolve(module, call.name, call.scope))
                if framework is not None:
                    scope = call.scope
                    while (parent := module.functions[scope].parent) >= 0:
                        scope = parent
                    name = self._functions.by_index[module.path, scope].qualified_name
                    found[name] = (framework, call)
        return found

    @functools.cached_property
    def tasks(self) -> list[Task]:
        """Task functions, outside tests."""
        found: list[Task] = []
        for function in self._functions:
            if function.outline.decorators and function.module.role != "test":
                task = self._task(function)
                if task is not None:
                    found.append(task)
        return found

    def _task(self, function: Function) -> Task | None:
        for name, options in function.decorators:
            framework, factory = self._framework(name), None
            if framework is None and name in self._factories:
                framework, factory = self._factories[name]
            if framework is None:
                continue
            given = dict(factory.keywords) if factory else {}
            given.update(options.keywords if options else ())
            base = given.get("base")
            cls = (
                self._classes.by_name.get(self._names.resolve(function.module, base.name))
                if isinstance(base, o.Ref)
                else None
            )
            return Task(function, framework, options, factory, cls)
        return None

    def dispatches(self) -> Iterator[tuple[Task, CallSite]]:
        """Every place outside tests that queues a known task or makes a signature of it."""
        yield from self._dispatches

    @functools.cached_property
    def _dispatches(self) -> list[tuple[Task, CallSite]]:
        found: list[tuple[Task, CallSite]] = []
        by_function = {task.function.qualified_name: task for task in self.tasks}
        by_name = {task.name: task for task in self.tasks}
        if not self.tasks:
            return found
        for module, calls in self._names.callers(
            *_JUDGED, DOCUMENTATION, names=_DISPATCHING_NAMES, endings=("send_task", "partial")
        ):
            for call in calls:
                task = None
                if call.name.endswith(_DISPATCHING):
                    head = call.name.rpartition(".")[0]
                    # Django's tasks take options first: `notify.using(priority=1).enqueue(…)`.
                    head = head.removesuffix(".using()")
                    task = by_function.get(self._names.resolve(module, head, call.scope))
                elif call.name.endswith("send_task") and call.args:
                    name = call.args[0]
                    task = by_name.get(name) if isinstance(name, str) else None
                elif call.name.endswith("partial") and call.args:
                    name = call.args[0]
                    if isinstance(name, o.Ref) and name.name.endswith(_DISPATCHING):
                        head = name.name.rpartition(".")[0]
                        task = by_function.get(self._names.resolve(module, head, call.scope))
                if task is not None:
                    function = self._functions.by_index.get((module.path, call.scope))
                    found.append((task, site(call, module, self._names, function)))
        return found

    # ---- receivers ----

    @functools.cached_property
    def own_receivers(self) -> list[Receiver]:
        """The receivers that are defined in the repository's own code, each as often as it is connected."""
        return [item for item in self.receivers if item.function.module.role == "source"]

    @functools.cached_property
    def receivers(self) -> list[Receiver]:
        """Signal receivers outside tests: decorated with ``@receiver`` or ``@signal.connect``, or connected by call."""
        found: list[Receiver] = []
        for function in self._functions:
            if function.outline.decorators and function.module.role not in _UNJUDGED:
                found += self._decorated(function)
        for module, calls in self._names.callers(*_JUDGED, names=("connect",)):
            found += self._connected(module, calls)
        return found

    def _decorated(self, function: Function) -> Iterator[Receiver]:
        for name, options in function.decorators:
            if name == "django.dispatch.receiver" and options is not None:
                given = options.args[:1] or [v for key, v in options.keywords if key == "signal"]
                signals = self._signals(function.module, given)
                yield Receiver(function, signals, dict(options.keywords))
            elif name.endswith(".connect") and self.is_signal(name.removesuffix(".connect")):
                keywords = dict(options.keywords) if options else {}
                yield Receiver(function, [name.removesuffix(".connect")], keywords)

    def is_signal(self, name: str) -> bool:
        """Whether a canonical dotted name is a signal of Django's kind, as far as its definition or module tells."""
        if name in self.signals:
            return True
        module, _ = self._names.split(name)
        return module is None and ".signals." in name and not name.startswith(_OTHER_SIGNALS)

    @functools.cached_property
    def signals(self) -> dict[str, CallSite]:
        """Canonical name of each signal that the repository defines, to the call that makes it."""
        subclasses = {cls.name for cls in self._classes.heirs("django.dispatch.Signal")}
        found: dict[str, CallSite] = {}
        for module, calls in self._names.callers(
            *_JUDGED, names=("Signal", "ModelSignal", *subclasses)
        ):
            for call in calls:
                last = call.name.rpartition(".")[2]
                if call.bound and call.scope < 0:
                    target = self._names.resolve(module, call.name)
                    if target in _SIGNAL_CLASSES or last in subclasses:
                        name = f"{module.name}.{call.bound}"
                        found[name] = site(call, module, self._names, None)
        return found

    def _signals(self, module: Module, values: list[o.Value]) -> list[str]:
        names: list[str] = []
        for value in values:
            if isinstance(value, o.Ref):
                names.append(self._names.resolve(module, value.name))
            elif isinstance(value, o.Many):
                names += self._signals(module, value.items)
        return names

    def _connected(self, module: Module, calls: list[o.Call]) -> Iterator[Receiver]:
        for call in calls:
            if not call.name.endswith(".connect"):
                continue
            given = call.args[0] if call.args else dict(call.keywords).get("receiver")
            if not isinstance(given, o.Ref):
                continue
            signal = self._names.resolve(module, call.name.removesuffix(".connect"), call.scope)
            if not self.is_signal(signal):
                continue
            caller = self._functions.by_index.get((module.path, call.scope))
            function = self._receiver(module, given.name, caller, call.scope)
            if function is not None:
                place = site(call, module, self._names, caller)
                options = dict(zip(_CONNECT, call.args, strict=False)) | dict(call.keywords)
                yield Receiver(function, [signal], options, module, place)

    def _receiver(
        self, module: Module, name: str, caller: Function | None, scope: int
    ) -> Function | None:
        """The function that a ``connect`` call names: a plain one, a nested one or a method of ``self``."""
        if caller is not None:
            nested = self._functions.by_name.get(f"{caller.qualified_name}.<locals>.{name}")
            if nested is not None:
                return nested
            head, _, method = name.partition(".")
            if head in ("self", "cls") and caller.owner is not None:
                for cls in (caller.owner, *caller.owner.ancestors):
                    found = self._functions.by_name.get(f"{cls.qualified_name}.{method}")
                    if found is not None:
                        return found
        return self._functions.by_name.get(self._names.resolve(module, name, scope))

    @functools.cached_property
    def app_configs(self) -> list[Class]:
        """Subclasses of Django's ``AppConfig`` outside tests."""
        return self._classes.heirs(knowledge.APP_CONFIG)


_SIGNAL_CLASSES = frozenset(
    (
        "django.dispatch.Signal",
        "django.db.models.signals.ModelSignal",
        "django.dispatch.ModelSignal",
    )
)
_CONNECT = ("receiver", "sender", "weak", "dispatch_uid")
_OTHER_SIGNALS = ("celery.", "blinker.", "scrapy.", "PyQt", "PySide")


def task_arguments(call: CallSite) -> list[tuple[str, o.Value]]:
    """Name (empty for one by position) and value of what a dispatch hands to the task."""
    method = call.method
    args, keywords = list(call.outline.args), list(call.outline.keywords)
    if method == "partial":
        first = args.pop(0)
        method = first.name.rpartition(".")[2] if isinstance(first, o.Ref) else ""
    if method in ("apply_async", "apply_async_on_commit", "send_task", "signature"):
        positional = args[1:] if method == "send_task" else args
        given = dict(zip(("args", "kwargs"), positional, strict=False)) | dict(keywords)
        values, named = given.get("args"), given.get("kwargs")
        found = [("", item) for item in values.items] if isinstance(values, o.Many) else []
        if isinstance(named, o.Table):
            pairs = zip(named.keys, named.values, strict=True)
            found += [(key, item) for key, item in pairs if isinstance(key, str)]
        return found
    return [("", item) for item in args] + keywords
