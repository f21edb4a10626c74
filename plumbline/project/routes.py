"""URLconfs and the views that they lead to."""

from __future__ import annotations

import functools
from collections.abc import Iterator

from plumbline import knowledge
from plumbline import outline as o
from plumbline.project.calls import Calls
from plumbline.project.classes import Class, Classes
from plumbline.project.functions import CallSite, Function, Functions, site
from plumbline.project.modules import Module, Names
from plumbline.rule import Located

_ROUTE_CALLS = frozenset(("django.urls.path", "django.urls.re_path", "django.urls.url"))
_ROUTE_ENDINGS = ("path", "url")
_NO_VIEW_DECORATORS = frozenset(("django.views.decorators.debug.sensitive_variables",))


_ACTIONS = frozenset("list create retrieve update partial_update destroy".split())
_ACTION_PREFIXES = (
    "rest_framework.viewsets.",
    "rest_framework.mixins.",
)


class Route(Located, eq=False):
    """A ``path()`` or ``re_path()``; ``view`` is the canonical dotted name of its target, if it is plain."""

    view: str


class Include(Located, eq=False):
    """An ``include()`` of other routes: ``target`` is the dotted module, empty if it is computed.

    ``guard`` is the condition that it stands under, as outlines have it: empty if there is none, ``?`` if it is not
    plain.
    """

    target: str
    guard: str


class Views:
    """Which functions and classes of the repository are views."""

    def __init__(self, names: Names, classes: Classes, functions: Functions, calls: Calls) -> None:
        self._calls = calls
        self._names = names
        self._classes = classes
        self._functions = functions
        self.routes = list(self._find_routes())
        self._routed = {route.view for route in self.routes}

    def _find_routes(self) -> Iterator[Route]:
        # What a route may be written with.
        importing = self._names.importers(
            lambda name: "urls" in name, "path", "re_path", "url", "urls", "*"
        )
        for module in self._names:
            for call in module.calls if module.path in importing else ():
                if call.scope >= 0 and not call.name.endswith(_ROUTE_ENDINGS):
                    continue
                if len(call.args) < 2 and not any(name == "view" for name, _ in call.keywords):
                    continue
                if self._names.resolve(module, call.name, call.scope) not in _ROUTE_CALLS:
                    continue
                function = self._functions.by_index.get((module.path, call.scope))
                found = site(call, module, self._names, function)
                target = call.args[1] if len(call.args) > 1 else found.keyword("view")
                for view in self._targets(module, target, call.scope):
                    yield _route(found, view)

    def _targets(self, module: Module, value: o.Value, scope: int) -> Iterator[str]:
        """The view that a route's second argument names, looked for inside decorators applied in place."""
        if isinstance(value, o.Ref):
            yield self._names.resolve(module, value.name, scope)
        elif isinstance(value, o.Invocation):
            name = value.name.removesuffix(".as_view")
            if name != value.name:
                yield self._names.resolve(module, name, scope)
                return
            called = self._names.resolve(module, value.name, scope)
            # `partial(view, shop)` fills the first parameter, which is then no longer the request.
            if called != "django.urls.include" and (
                called != "functools.partial" or len(value.args) == 1
            ):
                for item in value.args[:1]:
                    yield from self._targets(module, item, scope)

    @functools.cached_property
    def includes(self) -> list[Include]:
        """The ``include()`` calls outside tests, in order."""
        return [
            Include(
                call.path,
                call.line,
                call.end_line,
                call.column,
                f"{call.symbol}:{target}",
                call.text,
                target,
                _guard(self._names.modules[call.path], call),
            )
            for call in self._calls.named("include")
            if call.target == "django.urls.include"
            for target in [self._included(call)]
        ]

    def _included(self, call: CallSite) -> str:
        target = call.outline.args[0] if call.outline.args else call.keyword("arg")
        if isinstance(target, o.Many) and target.items:
            target = target.items[0]
        if isinstance(target, o.Ref):
            return self._names.resolve(
                self._names.modules[call.path], target.name, call.outline.scope
            )
        return target if isinstance(target, str) else ""

    def functions(self) -> Iterator[Function]:
        """Function views: routed, decorated as views, or taking an annotated request first."""
        yield from self._function_views

    @functools.cached_property
    def _function_views(self) -> list[Function]:
        return [
            function
            for function in self._functions
            if function.module.role in ("source", "settings")
            and not function.is_nested
            and self.is_function_view(function)
        ]

    def is_function_view(self, function: Function) -> bool:
        """Whether a function outside a class serves requests."""
        if function.owner is not None:
            return False
        if function.qualified_name in self._routed:
            return True
        if any(
            name.startswith(knowledge.VIEW_DECORATORS) and name not in _NO_VIEW_DECORATORS
            for name, _ in function.decorators
        ):
            return True
        first = function.outline.parameters[:1]
        returns = function.outline.returns.rpartition(".")[2]
        is_response = (
            returns.endswith("Response") and returns != "Response"
        ) or returns == "HttpResponseBase"
        return (
            bool(first)
            and first[0].annotation.rpartition(".")[2] in knowledge.REQUEST_TYPES
            and is_response
        )

    def classes(self) -> Iterator[Class]:
        """Class-based views, DRF views and viewsets, outside tests."""
        yield from self._view_classes

    @functools.cached_property
    def _view_classes(self) -> list[Class]:
        return [
            cls
            for cls in self._classes
            if cls.module.role not in ("test", "migration", "documentation")
            and self.is_view_class(cls)
        ]

    @functools.cached_property
    def handlers(self) -> list[Function]:
        """Methods of view classes, and of mixins that view classes inherit, that Django or DRF calls with a request."""
        found: dict[tuple[str, int], Function] = {}
        for view in self._view_classes:
            has_actions = view.inherits_prefix(*_ACTION_PREFIXES)
            for cls in (view, *view.ancestors):
                for index, outline in cls.methods():
                    key = (cls.module.path, index)
                    if key in found or cls.module.role == "test":
                        continue
                    function = self._functions.by_index[key]
                    if (
                        outline.name in knowledge.HTTP_METHODS
                        or (has_actions and outline.name in _ACTIONS)
                        or function.decorated("rest_framework.decorators.action")
                    ):
                        found[key] = function
        return list(found.values())

    @staticmethod
    def is_view_class(cls: Class) -> bool:
        """Whether a class serves requests, by what it inherits."""
        return _serves_requests(cls.external_bases)


@functools.lru_cache(maxsize=4_096)
def _serves_requests(external_bases: frozenset[str]) -> bool:
    """Whether a class with these bases serves requests: many classes have the same."""
    return not external_bases.isdisjoint(knowledge.VIEW_CLASSES) or any(
        base.startswith(knowledge.VIEW_PREFIXES) for base in external_bases
    )


def _guard(module: Module, call: CallSite) -> str:
    """The condition of the statement that a call stands in, or of the expression ``… if DEBUG else …``."""
    for step in module.outline.assignments:
        if step.line <= call.line <= step.end_line:
            return step.guard or _chosen(step.value, call.outline) or ""
    return "?" if call.has(o.CONDITIONAL) else ""


def _chosen(value: o.Value, call: o.Call, guard: str = "") -> str | None:
    """The guard under which a value holds a call; None if it does not hold it."""
    if isinstance(value, o.Invocation):
        if (value.name, value.line, value.args) == (call.name, call.line, call.args):
            return guard
        parts = [(part, guard) for part in value.args]
    elif isinstance(value, o.Many):
        parts = [(part, guard) for part in value.items]
    elif isinstance(value, o.Joined):
        parts = [(value.left, guard), (value.right, guard)]
    elif isinstance(value, o.Choice):
        test = value.test.name if isinstance(value.test, o.Ref) else "?"
        parts = [(value.then, test), (value.otherwise, "?" if test == "?" else f"not {test}")]
    else:
        return None
    for part, condition in parts:
        found = _chosen(part, call, condition)
        if found is not None:
            return found
    return None


def _route(call: CallSite, view: str) -> Route:
    return Route(
        call.path, call.line, call.end_line, call.column, f"{call.symbol}:{view}", call.text, view
    )
