"""Which modules are certain to be loaded when Django starts."""

from __future__ import annotations

from collections.abc import Iterable

from plumbline.project.modules import Module, Names

AUTODISCOVERED = frozenset(
    (
        "models",
        "admin",
        "apps",
        "urls",
        "tasks",
        "wagtail_hooks",
        "views",
        "checks",
        "signals_handlers",
    )
)


class Reachable:
    """Follows import statements from a set of modules."""

    def __init__(self, names: Names) -> None:
        self._names = names

    def imported(self, module: Module) -> set[str]:
        """Paths of the repository's modules that a module imports anywhere, packages on the way included."""
        found: set[str] = set()
        for item in module.outline.imports:
            target = module.absolute(item.module)
            candidates = (
                [target, f"{target}.{item.name}"] if item.name and item.name != "*" else [target]
            )
            for candidate in candidates:
                found |= self._loaded(candidate)
        for call in module.outline.calls:
            if (
                call.name.rpartition(".")[2] in ("import_module", "autodiscover_modules")
                and call.args
            ):
                name = call.args[0]
                if isinstance(name, str):
                    found |= self._loaded(module.absolute(name) if name.startswith(".") else name)
        return found

    def _loaded(self, name: str) -> set[str]:
        """Paths of a module and of the packages that are loaded before it."""
        found: set[str] = set()
        while name:
            module = self._names.by_name.get(name)
            if module is not None:
                found.add(module.path)
            name = name.rpartition(".")[0]
        return found

    def closure(self, roots: Iterable[Module]) -> set[str]:
        """Paths of all modules that are loaded once ``roots`` are."""
        seen: set[str] = set()
        queue = [module.path for module in roots]
        while queue:
            path = queue.pop()
            if path in seen:
                continue
            seen.add(path)
            queue += self.imported(self._names.modules[path])
        return seen
