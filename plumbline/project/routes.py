"""URLconfs and the views that they lead to."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline import knowledge
from plumbline import outline as o
from plumbline.project.classes import Class, Classes
from plumbline.project.functions import CallSite, Function, Functions, site
from plumbline.project.modules import Module, Names
from plumbline.rule import Located

_ROUTE_CALLS = frozenset(("django.urls.path", "django.urls.re_path", "django.urls.url"))


class Route(Located, eq=False):
    """A ``path()`` or ``re_path()`` of a URLconf. ``view`` is the canonical dotted name of its target, if it is plain."""

    view: str


class Views:
    """Which functions and classes of the repository are views."""

    def __init__(self, names: Names, classes: Classes, functions: Functions) -> None:
        self._names = names
        self._classes = classes
        self._functions = functions
        self.routes = list(self._find_routes())
        self._routed = {route.view for route in self.routes}

    def _find_routes(self) -> Iterator[Route]:
        for module in self._names:
            for call in module.calls_by_scope.get(-1, ()):
                if len(call.args) >= 2 or any(name == "view" for name, _ in call.keywords):  # noqa: PLR2004
                    if self._names.resolve(module, call.name) not in _ROUTE_CALLS:
                        continue
                    found = site(call, module, self._names, None)
                    target = call.args[1] if len(call.args) >= 2 else found.keyword("view")  # noqa: PLR2004
                    for view in self._targets(module, target):
                        yield _route(found, view)

    def _targets(self, module: Module, value: o.Value) -> Iterator[str]:
        """The view that a route's second argument names, looked for inside decorators applied in place."""
        if isinstance(value, o.Ref):
            yield self._names.resolve(module, value.name)
        elif isinstance(value, o.Invocation):
            name = value.name.removesuffix(".as_view")
            if name != value.name:
                yield self._names.resolve(module, name)
            elif self._names.resolve(module, value.name) != "django.urls.include":
                for item in value.args:
                    yield from self._targets(module, item)

    def functions(self) -> Iterator[Function]:
        """Function views: routed, decorated as views, or taking an annotated request first."""
        for function in self._functions:
            if function.module.role in ("test", "migration") or function.is_nested:
                continue
            if self.is_function_view(function):
                yield function

    def is_function_view(self, function: Function) -> bool:
        """Whether a function outside a class serves requests."""
        if function.owner is not None:
            return False
        if function.qualified_name in self._routed:
            return True
        if any(name.startswith(knowledge.VIEW_DECORATORS) for name, _ in function.decorators):
            return True
        first = function.outline.parameters[:1]
        returns = function.outline.returns.rpartition(".")[2]
        is_response = (
            returns.endswith("Response") and returns != "Response" or returns == "HttpResponseBase"
        )
        return (
            bool(first)
            and first[0].annotation.rpartition(".")[2] in knowledge.REQUEST_TYPES
            and is_response
        )

    def classes(self) -> Iterator[Class]:
        """Class-based views, DRF views and viewsets, outside tests."""
        for cls in self._classes:
            if cls.module.role not in ("test", "migration") and self.is_view_class(cls):
                yield cls

    @staticmethod
    def is_view_class(cls: Class) -> bool:
        """Whether a class serves requests, by what it inherits."""
        return cls.inherits(*knowledge.VIEW_CLASSES) or cls.inherits_prefix(
            *knowledge.VIEW_PREFIXES
        )


def _route(call: CallSite, view: str) -> Route:
    return Route(
        call.path, call.line, call.end_line, call.column, f"{call.symbol}:{view}", call.text, view
    )
