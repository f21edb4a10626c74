"""Limits on how often a client may ask: decorators of django-ratelimit, throttle classes of REST framework."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from plumbline import outline as o
from plumbline.project.classes import Class
from plumbline.project.functions import CallSite, Function, site
from plumbline.project.modules import Module
from plumbline.project.setting_values import UNKNOWN
from plumbline.project.settings import Setting, SettingsModule
from plumbline.rule import Located

if TYPE_CHECKING:
    from plumbline.project import Project

DECORATOR = "django_ratelimit.decorators.ratelimit"
OLD_DECORATOR = "ratelimit.decorators.ratelimit"
"""The name before 4.0, when a limit that is reached did not yet block."""
_DECORATORS = (DECORATOR, OLD_DECORATOR)
METHOD_DECORATOR = "django.utils.decorators.method_decorator"
_PARAMETERS = ("group", "key", "rate", "method", "block")

PREFIX = "rest_framework.throttling."
THROTTLE = f"{PREFIX}SimpleRateThrottle"
SCOPED = f"{PREFIX}ScopedRateThrottle"
SCOPES = {f"{PREFIX}AnonRateThrottle": "anon", f"{PREFIX}UserRateThrottle": "user"}
_VIEWS = (
    "rest_framework.views.", "rest_framework.generics.", "rest_framework.viewsets.", "rest_framework.authtoken.views.",
    "rest_framework_simplejwt.views.",
)  # fmt: skip
_RATES = "DEFAULT_THROTTLE_RATES"
_CLASSES = "DEFAULT_THROTTLE_CLASSES"


class Limit(NamedTuple):
    """A use of django-ratelimit's decorator: the call, and what it limits as far as that is in sight.

    ``is_direct`` says that nothing adapts it to methods. A decorator without a call has no ``call``.
    """

    place: Located
    call: CallSite | None
    name: str
    function: Function | None
    cls: Class | None
    is_direct: bool

    @property
    def arguments(self) -> dict[str, o.Value]:
        """The arguments by name."""
        if self.call is None:
            return {}
        outline = self.call.outline
        return dict(zip(_PARAMETERS, outline.args, strict=False)) | dict(outline.keywords)


class Throttling:
    """What the repository and its settings say of limits."""

    def __init__(self, project: Project) -> None:
        self._project = project

    # ---- django-ratelimit ----

    @functools.cached_property
    def limits(self) -> list[Limit]:
        """Every use of the decorator outside tests."""
        project = self._project
        modules = {
            module.path: module
            for module in (
                *project.importers("django_ratelimit", "ratelimit"),
                *project.calls.modules("ratelimit"),
            )
            if module.role == "source"
        }
        return [
            limit
            for path in sorted(modules)
            for limit in self._limits(modules[path])
            if limit.name in _DECORATORS
        ]

    def _limits(self, module: Module) -> Iterator[Limit]:
        project = self._project
        names = project.names
        calls = {
            (call.name, call.line): call
            for call in module.calls
            if names.resolve(module, call.name, call.scope) in _DECORATORS
        }
        seen: set[tuple[str, int]] = set()
        for function in project.calls.functions_of(module):
            cls = function.owner
            for decorator in function.outline.decorators:
                found = self._limit(module, calls, decorator, function, cls, function)
                if found is not None:
                    seen.add((found.name, found.place.line))
                    yield found
        for index, outline in enumerate(module.outline.classes):
            cls = project.classes.by_index[module.path, index]
            for decorator in outline.decorators:
                found = self._limit(module, calls, decorator, None, cls, cls)
                if found is not None:
                    seen.add((found.name, found.place.line))
                    yield found
        for call in calls.values():
            owner = project.functions.by_index.get((module.path, call.scope))
            made = site(call, module, names, owner)
            if (made.target, made.line) not in seen:
                yield Limit(made, made, made.target, None, None, True)

    def _limit(
        self,
        module: Module,
        calls: dict[tuple[str, int], o.Call],
        decorator: o.Value,
        function: Function | None,
        cls: Class | None,
        place: Located,
    ) -> Limit | None:
        names = self._project.names
        is_direct = True
        if (
            isinstance(decorator, o.Invocation)
            and decorator.args
            and names.resolve(module, decorator.name) == METHOD_DECORATOR
        ):
            decorator, is_direct = decorator.args[0], False
        if isinstance(decorator, o.Ref):
            name = names.resolve(module, decorator.name)
            return (
                Limit(place, None, name, function, cls, is_direct) if name in _DECORATORS else None
            )
        if not isinstance(decorator, o.Invocation):
            return None
        call = calls.get((decorator.name, decorator.line))
        if call is None:
            return None
        made = site(call, module, names, place)
        return Limit(made, made, made.target, function, cls, is_direct)

    # ---- REST framework ----

    @property
    def uses_rest_framework(self) -> bool:
        """Whether the project uses REST framework."""
        return self._project.uses("rest_framework", "djangorestframework")

    @functools.cached_property
    def settings(self) -> list[tuple[SettingsModule, Setting | None]]:
        """``REST_FRAMEWORK`` of each deployed settings module."""
        return [(item, item.get("REST_FRAMEWORK")) for item in self._project.settings.deployed]

    def place(self, setting: Setting, about: str = "") -> Located:
        """The statement that first gives the setting, whatever later ones add; ``about`` is the key that is judged."""
        outline = self._project.names.modules[setting.path].outline
        step = next(
            (
                item
                for item in outline.assignments
                if item.target == setting.name and item.operator == "="
            ),
            None,
        )
        line, end = (
            (step.line, step.end_line) if step is not None else (setting.line, setting.end_line)
        )
        symbol = f"{setting.symbol}[{about}]" if about else setting.symbol
        return Located(setting.path, line, end, setting.column, symbol, about or setting.name)

    def option(self, module: SettingsModule, setting: Setting | None, key: str) -> Any:  # noqa: ANN401
        """A key of the setting; None if it is certainly not there, ``UNKNOWN`` if that cannot be told."""
        if setting is None:
            return UNKNOWN if module.is_open else None
        value = setting.value
        if not isinstance(value, dict):
            return UNKNOWN
        return value.get(key, UNKNOWN if UNKNOWN in value else None)

    @functools.cached_property
    def rates(self) -> list[tuple[Setting, dict[Any, Any]]]:
        """The setting and the rates by scope of each deployed settings module that gives them, as far as known."""
        found: list[tuple[Setting, dict[Any, Any]]] = []
        for module, setting in self.settings:
            value = self.option(module, setting, _RATES)
            if setting is not None and isinstance(value, dict):
                found.append((setting, value))
        return found

    @functools.cached_property
    def rates_are_known(self) -> bool:
        """Whether all scopes that have a rate are in sight, in some deployed settings module."""
        known = [self.option(module, setting, _RATES) for module, setting in self.settings]
        return bool(known) and all(
            value is None or (isinstance(value, dict) and UNKNOWN not in value) for value in known
        )

    def has_rate(self, scope: str) -> bool | None:
        """Whether settings give a scope a rate; None if that cannot be told."""
        if any(scope in rates for _, rates in self.rates):
            return True
        return False if self.rates_are_known else None

    @functools.cached_property
    def defaults(self) -> list[str] | None:
        """The throttle classes that all views have; None if that cannot be told."""
        found: dict[str, None] = {}
        for module, setting in self.settings:
            value = self.option(module, setting, _CLASSES)
            if value is UNKNOWN or (
                isinstance(value, list) and not all(isinstance(item, str) for item in value)
            ):
                return None
            if isinstance(value, list):
                found.update((self._project.names.canonical(item), None) for item in value)
        return list(found)

    @functools.cached_property
    def throttles(self) -> list[Class]:
        """The repository's own throttle classes that keep count by a scope or rate."""
        return [
            cls
            for cls in self._project.classes.heirs(THROTTLE)
            if cls.module.role in ("source", "settings")
        ]

    @functools.cached_property
    def views(self) -> list[Class]:
        """The view classes of REST framework."""
        return [cls for cls in self._project.views.classes() if cls.inherits_prefix(*_VIEWS)]

    def classes_of(self, view: Class) -> list[str] | None:
        """The throttle classes that a view or an ancestor names; none if it names none, None if they are computed."""
        for cls in (view, *view.ancestors):
            if cls.member("get_throttles") is not None:
                return None
            member = cls.member("throttle_classes")
            if member is not None:
                return self._named(cls, member.value)
        return []

    def _named(self, cls: Class, value: o.Value) -> list[str] | None:
        items = value.items if isinstance(value, o.Many) else None
        if items is None or not all(isinstance(item, o.Ref) for item in items):
            return None
        return [cls.resolve(item.name) for item in items if isinstance(item, o.Ref)]

    def names_throttles(self, view: Class) -> bool:
        """Whether a view or an ancestor says by which classes it is throttled."""
        return any(
            cls.member("throttle_classes") is not None or cls.member("get_throttles") is not None
            for cls in (view, *view.ancestors)
        )

    @functools.cached_property
    def function_views(self) -> list[tuple[Function, list[str] | None]]:
        """Function views with ``@throttle_classes``, and the classes that it names."""
        found: list[tuple[Function, list[str] | None]] = []
        for call in self._project.calls.named("throttle_classes"):
            if call.target != "rest_framework.decorators.throttle_classes":
                continue
            module = self._project.names.modules[call.path]
            for function in self._project.calls.functions_of(module):
                if any(
                    isinstance(item, o.Invocation)
                    and (item.name, item.line) == (call.outline.name, call.line)
                    for item in function.outline.decorators
                ):
                    value = call.outline.args[0] if call.outline.args else None
                    items = value.items if isinstance(value, o.Many) else []
                    names = [
                        function.resolve(item.name) for item in items if isinstance(item, o.Ref)
                    ]
                    is_plain = isinstance(value, o.Many) and len(names) == len(items)
                    found.append((function, names if is_plain else None))
        return found

    @functools.cached_property
    def used(self) -> frozenset[str]:
        """Canonical names of the throttle classes that settings, views or functions name."""
        found: set[str] = set(self.defaults or ())
        for view in self.views:
            if view.member("throttle_classes") is not None:
                found.update(self.classes_of(view) or ())
        for _, names in self.function_views:
            found.update(names or ())
        return frozenset(found)

    @functools.cached_property
    def all_are_in_sight(self) -> bool:
        """Whether nothing that may name throttle classes is computed."""
        return self.defaults is not None and all(
            self.classes_of(view) is not None for view in self.views if self.names_throttles(view)
        )


def scope_of(throttle: Class) -> tuple[Class, o.Member] | None:
    """The member by which a throttle class or an ancestor in the repository names its scope."""
    for cls in (throttle, *throttle.ancestors):
        member = cls.member("scope")
        if member is not None:
            return cls, member
    return None


def finds_rate_itself(throttle: Class) -> bool:
    """Whether a throttle class does not ask the settings for its rate."""
    return any(
        cls.member(name) is not None
        for cls in (throttle, *throttle.ancestors)
        for name in ("rate", "get_rate", "THROTTLE_RATES", "__init__", "allow_request")
    )
