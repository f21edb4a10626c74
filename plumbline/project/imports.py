"""Which modules are certain to be loaded when Django starts."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable

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
_BY_NAME = ("import_module", "autodiscover_modules", "import_string", "__import__")


class Reachable:
    """Follows import statements from a set of modules."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._imported: dict[str, set[str]] = {}
        self._packages: dict[str, frozenset[str]] = {}

    def imported(self, module: Module) -> set[str]:
        """Paths of the repository's modules that a module imports anywhere, packages on the way included.

        Imports for type checkers alone load nothing.
        """
        known = self._imported.get(module.path)
        if known is None:
            known = self._imported[module.path] = self._find(module, is_inert=False)
        return known

    def _find(self, module: Module, *, is_inert: bool) -> set[str]:
        """What a module imports; nothing that stands in a function if ``is_inert``."""
        wanted: set[str] = set()
        written, target = None, ""
        for item in module.outline.imports:
            if item.typing_only or (is_inert and item.scope >= 0):
                continue
            if item.module != written:  # the names of one statement follow each other
                written, target = item.module, module.absolute(item.module)
                wanted.add(target)
            member = f"{target}.{item.name}" if target else item.name
            if member in self._names.by_name:
                wanted.add(member)
        by_name = [name for name in module.called if name.endswith(_BY_NAME)]
        for call in module.calls_named(*by_name):
            if call.args and not (is_inert and call.scope >= 0):
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
            if "." not in value or " " in value:
                return []
            # Relative to the module's own package, as in `import_module(".signals", __package__)`.
            return [module.absolute(value) if value.startswith(".") else value.partition(":")[0]]
        if isinstance(value, o.Text) and value.template.startswith("{}."):
            return [f"{module.package}{value.template[2:]}"]
        if isinstance(value, o.Many):
            return [name for item in value.items for name in self._named(module, item)]
        if isinstance(value, o.Table):
            return [name for item in value.values for name in self._named(module, item)]
        return []

    def _loaded(self, name: str) -> frozenset[str]:
        """Paths of a module and of the packages that are loaded before it."""
        known = self._packages.get(name)
        if known is None:
            module = self._names.by_name.get(name)
            own = frozenset((module.path,) if module is not None else ())
            head = name.rpartition(".")[0]
            known = self._packages[name] = (own | self._loaded(head)) if head else own
        return known

    def closure(
        self,
        roots: Iterable[Module],
        inert: Collection[str] = (),
        wanted: Collection[str] | None = None,
    ) -> set[str]:
        """Paths of all modules that are loaded once ``roots`` are.

        The functions of modules whose paths are in ``inert`` are known not to be called. Given ``wanted``, only those
        paths are looked for, and the search ends when all are found.
        """
        seen = {module.path for module in roots}
        missing = None if wanted is None else set(wanted) - seen
        queue = deque(seen)  # breadth first: what is wanted usually stands close to a root
        while queue and missing != set():
            path = queue.popleft()
            module = self._names.modules[path]
            found = self._find(module, is_inert=True) if path in inert else self.imported(module)
            found = found - seen
            seen |= found
            queue += found
            if missing:
                missing -= found
        return seen
