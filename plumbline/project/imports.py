"""Which modules are certain to be loaded when Django starts."""

from __future__ import annotations

from collections.abc import Iterable

from plumbline import outline as o
from plumbline.project.modules import Module, Names

AUTODISCOVERED = frozenset(
    (
        "models",
        "admin",
        "apps",
        "urls",
        "tasks",
        "wagtail_hooks",
        "checks",
        "translation",
        "templatetags",
    )
)
"""Last parts of module names that Django or a common package loads by itself."""
_BY_NAME = frozenset(("import_module", "autodiscover_modules", "import_string", "__import__"))


class Reachable:
    """Follows import statements from a set of modules."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._imported: dict[str, set[str]] = {}

    def imported(self, module: Module) -> set[str]:
        """Paths of the repository's modules that a module imports anywhere, packages on the way included.

        Imports for type checkers alone load nothing.
        """
        known = self._imported.get(module.path)
        if known is None:
            known = self._imported[module.path] = self._find(module)
        return known

    def _find(self, module: Module) -> set[str]:
        wanted: set[str] = set()
        for item in module.outline.imports:
            if item.typing_only:
                continue
            target = module.absolute(item.module)
            wanted.add(target)
            if item.name and item.name != "*":
                wanted.add(f"{target}.{item.name}" if target else item.name)
        for call in module.outline.calls:
            if call.args and call.name.rpartition(".")[2] in _BY_NAME:
                for name in call.args:
                    wanted.update(self._named(module, name))
        for assignment in module.outline.assignments:
            # A signal connected or a hook named by its path: `HANDLERS = ["shop.signals.handle"]` loads when used.
            wanted.update(self._named(module, assignment.value))
        found: set[str] = set()
        for name in wanted:
            found |= self._loaded(name)
        return found

    def _named(self, module: Module, value: o.Value) -> list[str]:
        """Dotted names that a literal holds."""
        if isinstance(value, str):
            # Relative to the module's own package, as in `import_module(".signals", __package__)`.
            return [module.absolute(value) if value.startswith(".") else value.partition(":")[0]]
        if isinstance(value, o.Text) and value.template.startswith("{}."):
            return [f"{module.package}{value.template[2:]}"]
        if isinstance(value, o.Many):
            return [name for item in value.items for name in self._named(module, item)]
        if isinstance(value, o.Table):
            return [name for item in value.values for name in self._named(module, item)]
        return []

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
            if path not in seen:
                seen.add(path)
                queue += self.imported(self._names.modules[path])
        return seen
