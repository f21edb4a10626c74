"""The repository's own middleware: classes and factory functions that `MIDDLEWARE` lists."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from plumbline import outline as o
from plumbline.project.classes import Class
from plumbline.project.functions import CallSite, Function
from plumbline.project.setting_values import Perhaps
from plumbline.project.settings import Setting
from plumbline.roles import TEST
from plumbline.rule import Located

if TYPE_CHECKING:
    from plumbline.project import Project

MIXINS = frozenset(
    ("django.utils.deprecation.MiddlewareMixin", "django.middleware.MiddlewareMixin")
)
"""Where Django keeps the base class of old middleware; it has moved."""
_HOOKS = ("process_request", "process_view", "process_response", "process_exception")
_PLAIN = frozenset(("object", "typing.Generic", "typing.Protocol", "abc.ABC"))
_NEVER = 1 << 30


class Listing(NamedTuple):
    """Where a settings module lists a middleware for certain: the setting, and what stands before it."""

    setting: Setting
    before: tuple[str, ...]


class Missing(NamedTuple):
    """An entry that names nothing that the repository holds, though it names one of its packages."""

    setting: Setting
    name: str


class Middleware:
    """A middleware of the repository: a class, or a function that takes ``get_response`` and gives one."""

    def __init__(self, project: Project, name: str, definition: Class | Function) -> None:
        self._project = project
        self.name = name
        self.cls = definition if isinstance(definition, Class) else None
        self.factory = definition if isinstance(definition, Function) else None
        self.place: Located = definition
        self.module = definition.module
        self.listings: list[Listing] = []

    def __repr__(self) -> str:
        return f"<Middleware {self.name}>"

    @property
    def short_name(self) -> str:
        """The name of the class or function."""
        return self.name.rpartition(".")[2]

    @property
    def inherits_outside(self) -> bool:
        """Whether it inherits from a class of another package, which may define what it does not."""
        return self.cls is not None and not self.cls.external_bases <= _PLAIN

    @functools.cached_property
    def functions(self) -> list[Function]:
        """The methods of the class, those of its ancestors in the repository too; or what the factory defines."""
        if self.factory is not None:
            return list(self._inside(self.factory))
        found: dict[str, Function] = {}
        for cls in (self.cls, *self.cls.ancestors) if self.cls is not None else ():
            for index, method in cls.methods():
                function = self._project.functions.by_index.get((cls.module.path, index))
                if function is not None:
                    found.setdefault(method.name, function)
        return list(found.values())

    def _inside(self, factory: Function) -> Iterator[Function]:
        for index, item in enumerate(factory.module.functions):
            if item.parent == factory.index and item.owner < 0:
                yield self._project.functions.by_index[factory.path, index]

    def method(self, name: str) -> Function | None:
        """A method that the class or an ancestor in the repository defines."""
        if self.cls is None:
            return None
        return next((function for function in self.functions if function.name == name), None)

    @functools.cached_property
    def handlers(self) -> list[Function]:
        """The functions that take a request and give the response: ``__call__``, or what the factory returns."""
        if self.factory is not None:
            return [
                function
                for function in self.functions
                if function.parameters and any(passes_on(call) for call in function.calls)
            ]
        return [item for item in self.functions if item.name in ("__call__", "__acall__")]

    @functools.cached_property
    def hooks(self) -> dict[str, Function]:
        """The methods that Django calls beside it: ``process_view`` and the like, by name."""
        return {item.name: item for item in self.functions if item.name in _HOOKS}

    @property
    def early(self) -> list[Function]:
        """The functions that run, at least in part, before the view."""
        first = self.hooks.get("process_request")
        return [*self.handlers, *([first] if first is not None else [])]


def passes_on(call: CallSite) -> bool:
    """Whether a call hands the request on to the next middleware."""
    name = call.outline.name
    if name.rpartition(".")[2] == "get_response" or name.startswith(
        ("super().__call__", "super().__acall__")
    ):
        return True
    return any(
        isinstance(value, o.Ref) and value.name.rpartition(".")[2] == "get_response"
        for value in call.outline.args
    )


def line_of_view(function: Function) -> int:
    """The line where a handler first hands the request on; behind its end if it never does."""
    if function.name == "process_response":
        return 0
    return min((call.line for call in function.calls if passes_on(call)), default=_NEVER)


def request_name(function: Function) -> str:
    """What a handler or hook calls the request."""
    parameters = function.parameters
    return parameters[0].name if parameters else "request"


def listed_at(project: Project, setting: Setting, name: str) -> Located:
    """The statement that writes an entry of a list setting, in the setting's module or another; else the setting."""
    modules = [item.module for item in project.settings.modules]
    modules.sort(key=lambda module: module.path != setting.path)
    for module in modules:
        for item in module.outline.assignments:
            if name in _strings(item.value):
                symbol = f"{setting.symbol}:{name}"
                return Located(module.path, item.line, item.end_line, 0, symbol, name)
    symbol = f"{setting.symbol}:{name}"
    return Located(setting.path, setting.line, setting.end_line, 0, symbol, name)


def _strings(value: o.Value) -> list[str]:
    """The strings of a list, or of lists that are joined."""
    if isinstance(value, o.Joined):
        return [*_strings(value.left), *_strings(value.right)]
    return (
        [item for item in value.items if isinstance(item, str)] if isinstance(value, o.Many) else []
    )


class MiddlewareList:
    """What `MIDDLEWARE` of all settings modules lists, as far as it is the repository's own."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self.own: list[Middleware] = []
        self.missing: list[Missing] = []
        self._read()

    def _read(self) -> None:
        settings = self._project.settings
        leading = {item.path for item in settings.deployed or settings.modules}
        found: dict[str, Middleware] = {}
        seen: set[tuple[str, int, str]] = set()
        for module in settings.modules:
            setting = module.get("MIDDLEWARE")
            if setting is None or not isinstance(setting.value, list):
                continue
            for index, item in enumerate(setting.value):
                name = item.value if isinstance(item, Perhaps) else item
                key = (setting.path, setting.line, str(name))
                if not isinstance(name, str) or key in seen:
                    continue
                seen.add(key)
                middleware = self._find(setting, name, found)
                if middleware is not None and item is name and module.path in leading:
                    before = [other for other in setting.value[:index] if isinstance(other, str)]
                    middleware.listings.append(Listing(setting, tuple(before)))
        self.own = list(found.values())

    def _find(self, setting: Setting, name: str, found: dict[str, Middleware]) -> Middleware | None:
        """The middleware of a name, made where it is new; notes a name that leads nowhere."""
        names = self._project.names
        module, rest = names.split(name)
        if module is None:
            return None
        for dotted in (name, names.canonical(name)):
            definition = self._project.classes.by_name.get(
                dotted
            ) or self._project.functions.by_name.get(dotted)
            if definition is not None:
                if definition.module.role == TEST:
                    return None
                return found.setdefault(
                    definition.qualified_name,
                    Middleware(self._project, definition.qualified_name, definition),
                )
        if self._leads_nowhere(name, module.name, rest):
            self.missing.append(Missing(setting, name))
        return None

    def _leads_nowhere(self, name: str, found: str, rest: str) -> bool:
        project = self._project
        module = project.names.by_name[found]
        parent = name.rpartition(".")[0]
        if project.is_foreign(name) or not rest or module.role == TEST:
            return False
        if "." in rest:
            # A module is missing; the folder that should hold it must be a package of the repository.
            return module.is_package and not project.has_module(parent)
        is_computed = any(function.name == "__getattr__" for function in module.functions)
        return not (
            is_computed or module.stars or rest in module.bindings or project.has_module(name)
        )
