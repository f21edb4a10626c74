"""The names of routes, with their namespaces, from the root URLconfs down: what ``reverse`` and ``{% url %}`` may name.

What cannot be followed (a function that makes routes, a URLconf of an unknown package) leaves its namespace open:
there, absence proves nothing.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import TYPE_CHECKING

from plumbline import outline as o
from plumbline.project.foreign_routes import FOREIGN, ForeignRoutes
from plumbline.project.modules import Module
from plumbline.project.orm import steps_of

if TYPE_CHECKING:
    from plumbline.project import Project

_ROUTES = frozenset(("django.urls.path", "django.urls.re_path", "django.urls.url"))
_INCLUDE = "django.urls.include"
_SAME_ROUTES = frozenset(
    (
        "django.conf.urls.i18n.i18n_patterns",
        "rest_framework.urlpatterns.format_suffix_patterns",
        "list",
        "tuple",
    )
)
_NO_NAMES = frozenset(
    ("django.conf.urls.static.static", "django.contrib.staticfiles.urls.staticfiles_urlpatterns")
)
_TOOLBAR = "debug_toolbar.toolbar.debug_toolbar_urls"
_ROUTERS = tuple(f"rest_framework.routers.{name}" for name in ("DefaultRouter", "SimpleRouter"))
_DEPTH = 40


class Namespace:
    """The names of one namespace, and the namespaces in it."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.beginnings: set[str] = set()
        self.ends: set[str] = set()
        self.children: dict[str, Namespace] = {}
        self.is_open = False
        self.may_hold_namespaces = False

    def absorb(self, other: Namespace) -> None:
        """Take in everything that another namespace holds."""
        self.names |= other.names
        self.beginnings |= other.beginnings
        self.ends |= other.ends
        self.is_open |= other.is_open
        self.may_hold_namespaces |= other.may_hold_namespaces
        for name, child in other.children.items():
            self.child(name).absorb(child)

    def child(self, name: str) -> Namespace:
        """The namespace of this name inside, made if there is none."""
        return self.children.setdefault(name, Namespace())

    def open(self) -> None:
        """Note that there may be more names and namespaces than are known."""
        self.is_open = self.may_hold_namespaces = True

    def holds(self, name: str) -> bool | None:
        """Whether a name such as ``shop:order`` exists; None where that cannot be told."""
        node = self
        *outer, last = name.split(":")
        for part in outer:
            inner = node.children.get(part)
            if inner is None:
                return None if node.may_hold_namespaces else False
            node = inner
        if (
            last in node.names
            or last.startswith(tuple(node.beginnings))
            or last.endswith(tuple(node.ends))
        ):
            return True
        return None if node.is_open else False

    def full_names(self, before: str = "", depth: int = 0) -> Iterator[str]:
        """Every known name with the namespaces that lead to it."""
        for name in self.names:
            yield before + name
        if depth < _DEPTH:
            for name, child in self.children.items():
                yield from child.full_names(f"{before}{name}:", depth + 1)


class RouteNames:
    """The names of the repository's routes."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._names = project.names
        self._by_module: dict[str, Namespace] = {}

    @functools.cached_property
    def roots(self) -> list[Module]:
        """The root URLconfs that settings name."""
        return [module for module in map(self._names.by_name.get, self._root_names) if module]

    @functools.cached_property
    def _root_names(self) -> list[str]:
        found: list[str] = []
        for module in self._project.settings.modules:
            setting = module.get("ROOT_URLCONF")
            if setting is not None:
                found.append(setting.value if isinstance(setting.value, str) else "?")
        return list(dict.fromkeys(found))

    @functools.cached_property
    def root(self) -> Namespace:
        """What the root URLconfs name, all of them together; open if one of them cannot be read."""
        found = Namespace()
        for module in self.roots:
            found.absorb(self._module(module))
        if not self.roots or len(self.roots) < len(self._root_names):
            found.open()
        return found

    @functools.cached_property
    def elsewhere(self) -> frozenset[str]:
        """Names of routes in modules that no root URLconf leads to, tests included."""
        _ = self.root
        calls = self._project.calls
        return frozenset(
            name
            for tests in (False, True)
            for call in calls.named("path", "re_path", "url", tests=tests)
            if call.path not in self._by_module and isinstance(name := call.keyword("name"), str)
        )

    # ---- modules and variables ----

    def _module(self, module: Module) -> Namespace:
        known = self._by_module.get(module.path)
        if known is None:
            known = self._by_module[module.path] = Namespace()
            self._variable(known, module, "urlpatterns", 0)
            for star in module.stars:
                source = self._names.by_name.get(star)
                if source is None:
                    known.open()
                else:
                    known.absorb(self._module(source))
        return known

    def _variable(self, node: Namespace, module: Module, name: str, depth: int) -> None:
        """Add what a module-level list of routes holds at the end of the module."""
        is_found = False
        for item in module.outline.assignments:
            if item.target != name:
                continue
            is_found = True
            value = item.value
            arguments = value.items if isinstance(value, o.Many) else []
            if item.operator in ("=", "+=", "extend"):
                self._value(node, module, value, depth)
            elif item.operator == "append":
                for argument in arguments:
                    self._value(node, module, argument, depth)
            elif item.operator == "insert" and len(arguments) > 1:
                self._value(node, module, arguments[1], depth)
            else:
                node.open()
        if is_found:
            return
        target = module.bindings.get(name)
        source, rest = self._names.split(self._names.canonical(target)) if target else (None, "")
        if source is not None and source is not module and rest and "." not in rest:
            self._variable(node, source, rest, depth + 1)
        elif not module.stars or name != "urlpatterns":
            node.open()

    def _value(self, node: Namespace, module: Module, value: o.Value, depth: int) -> None:
        """Add what an expression that is a route, or a list of routes, names."""
        if depth > _DEPTH:
            node.open()
        elif isinstance(value, o.Many):
            for item in value.items:
                self._value(node, module, item, depth + 1)
        elif isinstance(value, o.Joined):
            self._value(node, module, value.left, depth + 1)
            self._value(node, module, value.right, depth + 1)
        elif isinstance(value, o.Choice):
            self._value(node, module, value.then, depth + 1)
            self._value(node, module, value.otherwise, depth + 1)
        elif isinstance(value, o.Ref):
            self._reference(node, module, value.name, depth + 1)
        elif isinstance(value, o.Invocation):
            self._call(node, module, value, depth + 1)
        elif value is not None:
            node.open()

    def _call(self, node: Namespace, module: Module, call: o.Invocation, depth: int) -> None:
        target = self._names.resolve(module, call.name)
        if target in _ROUTES:
            self._route(node, module, call, depth)
        elif target in _SAME_ROUTES or call.name == "*":
            for item in call.args:
                self._value(node, module, item, depth)
        elif target == _TOOLBAR:
            node.child("djdt").open()
        elif target not in _NO_NAMES:
            name = dict(call.keywords).get("name")
            if isinstance(name, str):
                node.names.add(name)
            node.open()

    def _route(self, node: Namespace, module: Module, call: o.Invocation, depth: int) -> None:
        keywords = dict(call.keywords)
        name = keywords.get("name", call.args[3] if len(call.args) > 3 else None)
        if isinstance(name, str):
            node.names.add(name)
        elif name is not None or "**" in keywords:
            node.open()
        target = call.args[1] if len(call.args) > 1 else keywords.get("view")
        if isinstance(target, o.Invocation):
            if self._names.resolve(module, target.name) == _INCLUDE:
                self._include(node, module, target, depth)
            elif target.name.rpartition(".")[2].endswith("include"):
                node.open()
        elif isinstance(target, o.Many):
            self._include(node, module, o.Invocation(_INCLUDE, [target], [], 0, 0), depth)
        elif isinstance(target, o.Ref) and target.name.endswith(".urls"):
            self._reference(node, module, target.name, depth)

    # ---- what is included ----

    def _include(self, node: Namespace, module: Module, call: o.Invocation, depth: int) -> None:
        keywords = dict(call.keywords)
        what = call.args[0] if call.args else keywords.get("arg")
        given = keywords.get("namespace", call.args[1] if len(call.args) > 1 else None)
        spaces: list[o.Value] = [given]
        if isinstance(what, o.Many) and what.kind == "tuple" and len(what.items) in (2, 3):
            spaces += what.items[1:]
            what = what.items[0]
        inner, app_name = self._included(module, what, depth)
        spaces.append(app_name)
        wanted = {space for space in spaces if isinstance(space, str)}
        if any(space is not None and not isinstance(space, str) for space in spaces):
            node.may_hold_namespaces = True
        for space in wanted:
            node.child(space).absorb(inner)
        if not wanted:
            node.absorb(inner)

    def _included(self, module: Module, what: o.Value, depth: int) -> tuple[Namespace, o.Value]:
        """What an argument of ``include`` names, and its application namespace (``Opaque`` if it may have one)."""
        inner = Namespace()
        if isinstance(what, o.Ref):
            name = self._names.resolve(module, what.name)
        elif isinstance(what, str):
            name = module.absolute(what)
        else:
            self._value(inner, module, what, depth + 1)
            return inner, None
        source = self._names.by_name.get(name)
        if source is not None:
            app_names = [it.value for it in source.outline.assignments if it.target == "app_name"]
            return self._module(source), app_names[-1] if app_names else None
        foreign = FOREIGN.get(name)
        if foreign is not None:
            return self._foreign(foreign), foreign.app_name or None
        if isinstance(what, o.Ref) and self._names.split(name)[0] is not None:
            self._reference(inner, module, what.name, depth + 1)
            return inner, None
        inner.open()
        return inner, o.Opaque("of another package") if isinstance(what, str) else None

    @staticmethod
    def _foreign(routes: ForeignRoutes) -> Namespace:
        found = Namespace()
        found.names |= routes.names
        found.beginnings.update(routes.beginnings)
        found.ends.update(routes.ends)
        if routes.app_name:
            found.open()
        return found

    def _reference(self, node: Namespace, module: Module, name: str, depth: int) -> None:
        """Add what a name stands for: a list of routes, or the ``urls`` of a router or an admin site."""
        if depth > _DEPTH:
            node.open()
            return
        if name.endswith(".urls"):
            owner = self._names.resolve(module, name.removesuffix(".urls"))
            if owner in self._routers:
                node.absorb(self._routers[owner])
            elif owner == "django.contrib.admin.site":
                node.child("admin").open()
            elif "admin" in owner.rpartition(".")[2]:
                node.may_hold_namespaces = True
            else:
                node.open()
            return
        if "." not in name:
            self._variable(node, module, name, depth)
            return
        source, rest = self._names.split(self._names.resolve(module, name))
        if source is not None and rest and "." not in rest:
            self._variable(node, source, rest, depth)
        else:
            node.open()

    # ---- routers of Django REST framework ----

    @functools.cached_property
    def _routers(self) -> dict[str, Namespace]:
        """Canonical name of each router to the names of the routes that it makes."""
        found: dict[str, Namespace] = {}
        kinds = {cls.name for base in _ROUTERS for cls in self._project.classes.heirs(base)}
        own = {
            cls.qualified_name: cls
            for base in _ROUTERS
            for cls in self._project.classes.heirs(base)
        }
        for call in self._project.calls.named("DefaultRouter", "SimpleRouter", *sorted(kinds)):
            if call.function is not None or not call.outline.bound:
                continue
            if call.target in _ROUTERS or call.target in own:
                module = self._names.modules[call.path]
                node = found[f"{module.name}.{call.outline.bound}"] = Namespace()
                node.names.add("api-root")
                if call.target in own and any(
                    map(own[call.target].defines, ("get_urls", "routes"))
                ):
                    node.open()
                if module.may_call(f"{call.outline.bound}.registry"):
                    node.open()
        for call in self._project.calls.named("register") if found else ():
            module = self._names.modules[call.path]
            owner = self._names.resolve(
                module, call.outline.name.removesuffix(".register"), call.outline.scope
            )
            if owner in found:
                self._register(found[owner], module, call.outline)
        return found

    def _register(self, node: Namespace, module: Module, call: o.Call) -> None:
        keywords = dict(call.keywords)
        given = keywords.get("basename", keywords.get("base_name"))
        if given is None and len(call.args) > 2:
            given = call.args[2]
        view = call.args[1] if len(call.args) > 1 else keywords.get("viewset")
        name = given if isinstance(given, str) else None
        if given is None and isinstance(view, o.Ref):
            name = self._model_of(module, view.name, call.scope)
        if name is None:
            node.open()
        else:
            node.beginnings.add(f"{name}-")

    def _model_of(self, module: Module, view: str, scope: int) -> str | None:
        """The lower-case name of the model that a viewset lists, by which its routes are named."""
        cls = self._project.classes.by_name.get(self._names.resolve(module, view, scope))
        for owner in (cls, *cls.ancestors) if cls is not None else ():
            member = owner.member("queryset")
            if member is not None and isinstance(member.value, o.Invocation):
                chain = steps_of(member.value.name)
                return chain[0].split(".")[-2].lower() if chain and "." in chain[0] else None
        return None
