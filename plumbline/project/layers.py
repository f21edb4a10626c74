"""Which modules are a repository's services or selectors."""

from __future__ import annotations

import functools
from collections.abc import Iterator

from plumbline import outline as o
from plumbline.project.functions import Function
from plumbline.project.modules import Module, Names

_OTHER_LAYERS = frozenset(
    "models tables forms forms_ serializers serializers_ views admin schema schemas types management commands "
    "templatetags filters filtersets graphql urls tasks migrations settings signals factories fixtures".split()
)
_APP_FILES = frozenset("models apps views urls admin migrations".split())


class Layers:
    """Finds the modules of a layer by name and place."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._found: dict[str, list[Module]] = {}

    def modules(self, layer: str) -> list[Module]:
        """The modules outside tests of a layer: every ``services.py``, and what lies in a package ``services``.

        ``models/services.py`` is a model, and a package that holds ``models.py`` or ``urls.py`` is an app that
        happens to have the layer's name.
        """
        known = self._found.get(layer)
        if known is None:
            known = self._found[layer] = [
                module
                for module in self._names
                if module.role == "source" and self._belongs(module, layer)
            ]
        return known

    def _belongs(self, module: Module, layer: str) -> bool:
        parts = module.name.split(".")
        if layer not in parts:
            return False
        at = len(parts) - 1 - parts[::-1].index(layer)
        if not _OTHER_LAYERS.isdisjoint(parts[at + 1 :]):
            return False
        for depth in range(at):
            if parts[depth] in _OTHER_LAYERS and not self._is_app(".".join(parts[: depth + 1])):
                return False
        if at == len(parts) - 1 and not module.is_package:
            return True
        return not self._is_app(".".join(parts[: at + 1]))

    def _is_app(self, package: str) -> bool:
        """Whether a package is an app of its own, whatever it is named."""
        return any(f"{package}.{name}" in self._names.by_name for name in _APP_FILES)

    @functools.cached_property
    def named_in_settings(self) -> frozenset[str]:
        """Dotted names that settings mention as text: what they name is called in a way that others dictate."""
        found: set[str] = set()
        for module in self._names:
            if module.role == "settings":
                for item in module.outline.assignments:
                    found.update(_dotted_texts(item.value))
        return frozenset(found)


def is_callable_freely(function: Function) -> bool:
    """Whether a function of a layer is for others to call, and nothing but its author decides on its parameters."""
    if function.owner is not None or function.is_nested or not function.is_public:
        return False
    if any(item.kind == "*" for item in function.parameters):
        return False
    names = [item.name for item in function.parameters[:2]]
    if names in (["instance", "filename"], ["sender", "instance"]):
        return False
    return not any(
        name.endswith(("task", "receiver", "overload", "validator", "connect", "register"))
        for name, _ in function.decorators
    )


def _dotted_texts(value: o.Value) -> Iterator[str]:
    if isinstance(value, str):
        if "." in value:
            yield value
    elif isinstance(value, o.Many):
        for item in value.items:
            yield from _dotted_texts(item)
    elif isinstance(value, o.Table):
        for item in value.values:
            yield from _dotted_texts(item)
