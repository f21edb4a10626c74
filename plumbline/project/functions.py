"""Functions, the calls in them, and what those calls do."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence

from plumbline import knowledge
from plumbline import outline as o
from plumbline.project.classes import Class, Classes, text_of
from plumbline.project.modules import Module, Names
from plumbline.roles import SOURCE, TEST
from plumbline.rule import Located


class CallSite(Located, eq=False):
    """A call; ``target`` is the canonical dotted name of what is called, chains as written after the first call."""

    outline: o.Call
    target: str
    module: Module
    around: Located | Callable[[Module, int], Function | None] | None

    @property
    def function(self) -> Function | None:
        """The function that the call stands in, made when it is asked for: most calls of tests never are."""
        around = self.around
        if around is None or isinstance(around, Located):
            return around if isinstance(around, Function) else None
        return around(self.module, self.outline.scope)

    @property  # type: ignore[misc]  # few are asked for it
    def symbol(self) -> str:  # type: ignore[override]
        """The dotted name of the function, class or module that the call stands in."""
        place = self.around if isinstance(self.around, Located) else self.function
        return place.symbol if place else self.module.name

    @property  # type: ignore[misc]  # few are asked for it
    def text(self) -> str:  # type: ignore[override]
        """The call in normalised form."""
        return f"{self.outline.name}({', '.join(text_of(arg, 2) for arg in self.outline.args)})"

    def has(self, flag: int) -> bool:
        """Whether the call stands in the given way (``AWAITED``, ``IN_LOOP``, … of ``plumbline.outline``)."""
        return bool(self.outline.flags & flag)

    def keyword(self, name: str) -> o.Value:
        """The value of a keyword argument, None if it is absent (or literally None)."""
        return next((value for key, value in self.outline.keywords if key == name), None)

    def has_keyword(self, name: str) -> bool:
        """Whether a keyword argument is given, or may be by ``**``."""
        return any(key in (name, "**") for key, _ in self.outline.keywords)

    @property
    def siblings(self) -> list[o.Call]:
        """The outlines of the calls in the same function; empty outside functions."""
        function = self.function
        return function.module.calls_by_scope.get(function.index, []) if function else []

    @property
    def method(self) -> str:
        """The last part of the name as written: ``first`` of ``Order.objects.filter().first``."""
        return self.outline.name.rpartition(".")[2]


class Function(Located, dict=True, eq=False):
    """A function or method of the repository."""

    name: str
    qualified_name: str
    module: Module
    outline: o.Function
    index: int
    owner: Class | None
    names: Names

    @property  # type: ignore[misc]  # few are asked for it
    def text(self) -> str:  # type: ignore[override]
        """The head of the definition in normalised form."""
        return f"def {self.name}({', '.join(item.name for item in self.outline.parameters)})"

    @functools.cached_property
    def calls(self) -> list[CallSite]:
        """The calls in the function's own body, nested functions excluded, in order."""
        calls = self.module.calls_by_scope.get(self.index, [])
        return [site(call, self.module, self.names, self) for call in calls]

    @property
    def decorators(self) -> Sequence[tuple[str, o.Invocation | None]]:
        """Canonical name of each decorator, outermost first, with its call if it is one."""
        return self._decorators if self.outline.decorators else ()  # most have none

    @functools.cached_property
    def _decorators(self) -> list[tuple[str, o.Invocation | None]]:
        found: list[tuple[str, o.Invocation | None]] = []
        for decorator in self.outline.decorators:
            if isinstance(decorator, o.Ref):
                found.append(
                    (self.names.resolve(self.module, decorator.name, self.outline.parent), None)
                )
            elif isinstance(decorator, o.Invocation):
                found.append(
                    (
                        self.names.resolve(self.module, decorator.name, self.outline.parent),
                        decorator,
                    )
                )
        return found

    def decorated(self, *names: str) -> bool:
        """Whether a decorator's canonical name is, or starts with, one of ``names``."""
        return any(name.startswith(names) for name, _ in self.decorators)

    @property
    def parameters(self) -> list[o.Parameter]:
        """The parameters without ``self`` or ``cls`` of a method."""
        parameters = self.outline.parameters
        is_bound = self.owner is not None and not self.decorated("staticmethod")
        return (
            parameters[1:] if is_bound and parameters and parameters[0].kind in "/a" else parameters
        )

    @property
    def is_public(self) -> bool:
        """Whether the name carries no leading underscore."""
        return not self.name.startswith("_")

    @property
    def is_nested(self) -> bool:
        """Whether it is defined inside another function."""
        return self.outline.parent >= 0

    def resolve(self, name: str) -> str:
        """What a dotted name in the body stands for."""
        return self.names.resolve(self.module, name, self.index)


def site(
    call: o.Call,
    module: Module,
    names: Names,
    around: Located | Callable[[Module, int], Function | None] | None,
) -> CallSite:
    """The call site of a call outline, ``around`` which is a function or class, or what gives a function by index."""
    return CallSite(
        module.path,
        call.line,
        call.end_line,
        call.column,
        "",
        "",
        call,
        names.resolve(module, call.name, call.scope),
        module,
        around,
    )


class FunctionTable:
    """The functions and methods of one module, nested ones too, each made when it is asked for."""

    def __init__(self, module: Module, names: Names, classes: Classes) -> None:
        self._module = module
        self._names = names
        self._classes = classes
        self._found: list[Function | None] = [None] * len(module.functions)

    def at(self, index: int) -> Function:
        """The function of this index."""
        return self._found[index] or self._make(index)

    def all(self) -> list[Function]:
        """Every function by index."""
        return [self._found[index] or self._make(index) for index in range(len(self._found))]

    def _make(self, index: int) -> Function:
        module = self._module
        outline = module.functions[index]
        owner = None
        if outline.owner >= 0:
            owner = self._classes.by_index[module.path, outline.owner]
            qualified = f"{owner.qualified_name}.{outline.name}"
        elif outline.parent >= 0:
            qualified = f"{self.at(outline.parent).qualified_name}.<locals>.{outline.name}"
        else:
            qualified = f"{module.name}.{outline.name}" if module.name else outline.name
        made = self._found[index] = Function(
            module.path,
            outline.line,
            outline.end_line,
            outline.column,
            qualified,
            "",
            outline.name,
            qualified,
            module,
            outline,
            index,
            owner,
            self._names,
        )
        return made


class Functions:
    """The functions and methods of the repository, those of tests left out: they are most, and few rules want them."""

    def __init__(self, names: Names, classes: Classes) -> None:
        self.names = names
        self.classes = classes
        self.by_name: dict[str, Function] = {}
        self.by_index: dict[tuple[str, int], Function] = {}
        for module in names:
            if module.role != TEST:
                for function in FunctionTable(module, names, classes).all():
                    self.by_index[module.path, function.index] = function
                    self.by_name.setdefault(function.qualified_name, function)

    def __iter__(self) -> Iterator[Function]:
        return iter(self.by_index.values())

    @functools.cached_property
    def asynchronous(self) -> list[Function]:
        """The ``async def`` functions of source modules."""
        return [
            function
            for function in self.by_index.values()
            if function.outline.is_async and function.module.role == SOURCE
        ]

    def called_by(self, call: CallSite) -> Function | None:
        """The function of the repository that a call runs, ``self.method()`` included; None if it is not known."""
        found = self.by_name.get(call.target)
        if found is None and call.function is not None and call.function.owner is not None:
            head, _, name = call.outline.name.partition(".")
            if head in ("self", "cls", "super()") and name and "." not in name:
                own = () if head == "super()" else (call.function.owner,)
                for cls in (*own, *call.function.owner.ancestors):
                    found = self.by_name.get(f"{cls.qualified_name}.{name}")
                    if found is not None:
                        break
        return found


_WRITES = frozenset(
    "create bulk_create get_or_create update_or_create bulk_update acreate abulk_create "
    "aget_or_create aupdate_or_create".split()
)
_QUERY_WRITES = frozenset(("update", "delete", "aupdate", "adelete"))
_DISPATCH = frozenset(
    ("delay", "apply_async", "delay_on_commit", "apply_async_on_commit", "enqueue", "aenqueue")
)


def effect_kind(call: CallSite) -> str | None:
    """The kind of effect that a call has by itself, or None. Heuristic for methods of unknown objects."""
    target, name = call.target, call.method
    if "." not in call.outline.name and target == name:
        return None  # a builtin or a local name
    if target in knowledge.MAIL_CALLS or name == "email_user" or _is_message(call):
        return "mail"
    root = target.partition(".")[0]
    if (
        name in knowledge.HTTP_CALLS and (_made_by(call) or target).startswith(_HTTP_ROOTS)
    ) or target == "urllib.request.urlopen":
        return "http"
    if target in ("time.sleep", "asyncio.sleep"):
        return "sleep"
    if target in knowledge.PROCESS_CALLS:
        return "process"
    if name[:1].islower() and name not in _CLOUD_SETUP:
        made = target if root in _CLOUD_PACKAGES else _made_by(call)
        if made is not None and made.startswith(knowledge.CLOUD_ROOTS):
            return "cloud"
    if name in _DISPATCH and "." in target:
        return "task"
    return "write" if is_write(call) else None


_HTTP_ROOTS = tuple(f"{client}." for client in sorted(knowledge.HTTP_CLIENTS))
# To make a client asks nobody.
_CLOUD_SETUP = frozenset(("client", "resource", "session", "bucket", "blob"))
_CLOUD_PACKAGES = frozenset(root.partition(".")[0] for root in knowledge.CLOUD_ROOTS)


def _made_by(call: CallSite) -> str | None:
    """What made the object whose method is called, where the same function made it: ``requests.Session``."""
    head, dot, _ = call.outline.name.partition(".")
    if call.function is None or not dot:
        return None
    for other in call.siblings:
        if other.bound == head:
            made = call.function.resolve(other.name)
            return f"{made}." if made != other.name or "." in made else None
    return None


def is_write(call: CallSite) -> bool:
    """Whether a call writes to the database through the ORM, as far as its shape tells."""
    written, name = call.outline.name, call.method
    if name in _WRITES:
        return ".objects." in written or "_default_manager" in written or ".all()" in written
    if name in _QUERY_WRITES:
        return ".objects." in written or ".filter()" in written or ".all()" in written
    return False


def _is_message(call: CallSite) -> bool:
    """Whether a call sends an e-mail message that the same function made."""
    if call.method != "send" or call.function is None:
        return False
    head = call.outline.name.partition(".")[0].partition("(")[0]
    if call.function.resolve(call.outline.name.partition("(")[0]) in knowledge.MAIL_CLASSES:
        return True
    return any(
        other.bound == head and call.function.resolve(other.name) in knowledge.MAIL_CLASSES
        for other in call.siblings
    )
