"""Modules and names: what a dotted name in a file really stands for, across the repository."""

from __future__ import annotations

import builtins
import collections
import functools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from plumbline import outline as o
from plumbline.knowledge import canonical
from plumbline.project.call_table import CallTable
from plumbline.roles import DOCUMENTATION, MIGRATION, SETTINGS, SOURCE, TEST, role_of

_BUILTINS = frozenset(vars(builtins))
_LONGEST = 300
"""No name of more characters is followed: nobody writes one."""
EVERYWHERE = ((SOURCE, SETTINGS), (TEST,), (MIGRATION,), (DOCUMENTATION,))
"""All roles, grouped as calls are usually looked for."""


class Module:
    """A Python file: its outline, its dotted name, and the names bound at its top level."""

    def __init__(self, path: str, outline: o.PythonOutline, root: str) -> None:
        self.path = path
        self.outline = outline
        self.role = role_of(path)
        self.is_package = path.endswith("__init__.py")
        self.root = root
        self.relative_name = _dotted(path[len(root) + 1 :] if root else path)
        self.name = self.relative_name
        self.neighbours: frozenset[str] = frozenset()
        self.resolved: dict[str, str] = {}
        """What names at the top stand for, as far as ``Names`` has been asked."""

    @functools.cached_property
    def package(self) -> str:
        """The package that relative imports start from."""
        return self.name if self.is_package else self.name.rpartition(".")[0]

    def qualify(self, neighbours: frozenset[str]) -> None:
        """Take the name from the repository's top, because another source root has a module of the same name.

        ``neighbours`` are the top-level names of this source root, which imports here mean first.
        """
        self.name = _dotted(self.path)
        self.neighbours = neighbours
        self.__dict__.pop("package", None)

    def __repr__(self) -> str:
        return f"<Module {self.name}>"

    @functools.cached_property
    def bindings(self) -> Bindings:
        """Top-level name to the dotted name that it stands for; later bindings win, guarded ones never replace."""
        found: dict[str, str | o.Import] = {}
        for item in self.outline.imports:
            if item.scope == -1 and item.name != "*" and not (item.guarded and item.alias in found):
                found[item.alias] = item
        for cls in self.outline.classes:
            if cls.owner == -1 and cls.parent == -1:
                found[cls.name] = self._own(cls.name)
        for function in self.outline.top_functions:
            found[function] = self._own(function)
        for assignment in self.outline.assignments:
            name = assignment.target
            if (
                assignment.operator == "="
                and "." not in name
                and "[" not in name
                and name not in found
            ):
                found[name] = self._own(name)
        return Bindings(self, found)

    def _own(self, name: str) -> str:
        return f"{self.name}.{name}" if self.name else name

    @functools.cached_property
    def aliases(self) -> dict[str, str]:
        """Top-level names that are only another name for something: ``User = get_user_model`` style references."""
        return {
            item.target: item.value.name
            for item in self.outline.assignments
            if item.operator == "="
            and isinstance(item.value, o.Ref)
            and item.value.name.partition(".")[0] != item.target
        }

    @functools.cached_property
    def stars(self) -> list[str]:
        """Absolute names of the modules that this one imports with a star, last first."""
        return [
            self.absolute(item.module)
            for item in reversed(self.outline.imports)
            if item.name == "*"
        ]

    @functools.cached_property
    def scoped_imports(self) -> dict[int, dict[str, str]]:
        """Function index to the names that the function imports for itself."""
        found: dict[int, dict[str, str]] = {}
        for item in self.outline.imports:
            if item.scope >= 0 and item.name != "*":
                found.setdefault(item.scope, {})[item.alias] = self.import_target(item)
        return found

    def may_bind_inside(self, name: str) -> bool:
        """Whether a function may bind a name for itself, by an import or as a parameter."""
        known = self._may_bind_inside.get(name)
        if known is None:
            known = self._may_bind_inside[name] = self.outline.may_take(name) or any(
                name in names for names in self.scoped_imports.values()
            )
        return known

    @functools.cached_property
    def _may_bind_inside(self) -> dict[str, bool]:
        return {}

    @functools.cached_property
    def functions(self) -> list[o.Function]:
        """Every function in the module, nested ones too."""
        return self.outline.functions

    @functools.cached_property
    def _table(self) -> CallTable:
        return CallTable(self.outline, self.called)

    @property
    def calls(self) -> list[o.Call]:
        """Every call in the module, in order."""
        return self._table.all

    @functools.cached_property
    def called(self) -> list[str]:
        """The last names of all calls, each once."""
        return self.outline.called

    def calls_named(self, *names: str) -> list[o.Call]:
        """The calls with one of these last names, in order: the others are not looked at."""
        return self._table.named(*names)

    def may_call(self, *words: str) -> bool:
        """Whether one of ``words`` stands in the name or an argument of a call: a look through all that is encoded.

        Where the last name of the call is known, ``called`` tells faster.
        """
        known = self._may_call.get(words)
        if known is None:
            encoded = bytes(self.outline.encoded_calls)
            known = self._may_call[words] = any(word.encode() in encoded for word in words)
        return known

    @functools.cached_property
    def _may_call(self) -> dict[tuple[str, ...], bool]:
        return {}

    def may_define(self, *words: str) -> bool:
        """Whether one of ``words`` stands in the signature of a function, or among what is noted of its body."""
        encoded = bytes(self.outline.encoded_functions)
        return any(word.encode() in encoded for word in words)

    @functools.cached_property
    def calls_by_scope(self) -> dict[int, list[o.Call]]:
        """Function index (-1 for module and class bodies) to the calls in it, in order."""
        found: dict[int, list[o.Call]] = {}
        for call in self.calls:
            found.setdefault(call.scope, []).append(call)
        return found

    @functools.cached_property
    def imported(self) -> dict[str, str]:
        """Top-level names that imports bind, whatever else the module later binds them to."""
        return {
            item.alias: self.import_target(item)
            for item in self.outline.imports
            if item.scope == -1 and item.name != "*"
        }

    def scope_name(self, function: int, owner: int = -1) -> str:
        """The dotted name under which things in the body of a class or function are known; the module's at the top."""
        if owner >= 0:
            cls = self.outline.classes[owner]
            outer, name = self.scope_name(cls.parent, cls.owner), cls.name
        elif function >= 0:
            definition = self.functions[function]
            outer = self.scope_name(definition.parent, definition.owner)
            name = f"{definition.name}.<locals>"
        else:
            return self.name
        return f"{outer}.{name}" if outer else name

    @functools.cached_property
    def only_imports(self) -> bool:
        """Whether the module holds nothing but imports, ``__all__`` and a warning: it stands in for other modules."""
        outline = self.outline
        return (
            not (outline.classes or self.functions)
            and all(item.target == "__all__" for item in outline.assignments)
            and all(call.name.rpartition(".")[2] == "warn" for call in self.calls)
        )

    def import_target(self, item: o.Import) -> str:
        """The dotted name that an import binds its alias to."""
        module = self.absolute(item.module)
        if item.name:
            return f"{module}.{item.name}" if module else item.name
        # `import a.b` binds `a`; `import a.b as c` binds the submodule.
        return module if item.alias != module.partition(".")[0] else item.alias

    def absolute(self, module: str) -> str:
        """The absolute name of a module as an import statement here writes it."""
        if module[:1] != ".":
            if self.neighbours and module.partition(".")[0] in self.neighbours:
                return f"{self.root.replace('/', '.')}.{module}"
            return module
        return _relative(self.package, module)


class Bindings:
    """What the names at the top of a module stand for, each import followed only when its name is asked for."""

    def __init__(self, module: Module, found: dict[str, str | o.Import]) -> None:
        self._module = module
        self._found = found

    def __contains__(self, name: str) -> bool:
        return name in self._found

    def __getitem__(self, name: str) -> str:
        found = self._found[name]
        if not isinstance(found, str):
            found = self._found[name] = self._module.import_target(found)
        return found

    def get(self, name: str) -> str | None:
        """The dotted name that a name stands for; None if the module does not bind it."""
        found = self._found.get(name)
        return found if found is None or isinstance(found, str) else self[name]


@functools.lru_cache(maxsize=16_384)
def _relative(package: str, module: str) -> str:
    """What the relative name of a module means in a package."""
    rest = module.lstrip(".")
    base = package.split(".") if package else []
    up = len(module) - len(rest) - 1
    base = base[: len(base) - up] if up else base
    return ".".join([*base, rest] if rest else base)


def source_roots(paths: Mapping[str, object], declared: Sequence[str] = ()) -> dict[str, str]:
    """For each Python path, the folder that its absolute imports start from: above its topmost package.

    A folder that the repository has ``declared`` as a source root is one for all that lies in it.
    """
    packages = {
        path.rpartition("/")[0]
        for path in paths
        if path.endswith("/__init__.py") or path == "__init__.py"
    }
    scripts = {path.rpartition("/")[0] for path in paths if path.rpartition("/")[2] == "manage.py"}
    found: dict[str, str] = {}
    by_folder: dict[str, str] = {}
    for path in paths:
        folder = path.rpartition("/")[0]
        if folder not in by_folder:
            inside = [root for root in declared if root == folder or folder.startswith(f"{root}/")]
            by_folder[folder] = max(inside, key=len) if inside else _root(folder, packages, scripts)
        found[path] = by_folder[folder]
    return found


def _root(folder: str, packages: set[str], scripts: set[str]) -> str:
    """Without an ``__init__.py`` (a namespace package) the nearest folder with a manage.py, ``src``, or the top."""
    top = folder
    while top in packages:
        top = top.rpartition("/")[0]
        if not top:
            return ""
    candidate = top
    while candidate and candidate not in scripts and candidate.rpartition("/")[2] != "src":
        candidate = candidate.rpartition("/")[0]
    if candidate in scripts or candidate:
        return candidate
    return top if folder in packages else ""


class Names:
    """All modules of the repository, and the resolution of names across them."""

    def __init__(
        self, outlines: Mapping[str, o.PythonOutline], declared_roots: Sequence[str] = ()
    ) -> None:
        roots = source_roots(outlines, declared_roots)
        self.modules = {
            path: Module(path, outline, roots[path]) for path, outline in outlines.items()
        }
        self.by_name: dict[str, Module] = {}
        ordered = sorted(
            self.modules.values(), key=lambda module: (module.path.count("/"), module.path)
        )
        self._separate_roots(ordered)
        for module in ordered:
            self.by_name.setdefault(module.name, module)
            if module.root:
                # Also by its path from the top, for imports that start there (`src.app.models`).
                self.by_name.setdefault(_dotted(module.path), module)
        for module in ordered:
            # And as text elsewhere may name it (`DJANGO_SETTINGS_MODULE`), if no other module has that name.
            self.by_name.setdefault(module.relative_name, module)
        self._canonical: dict[str, str] = {}
        self._resolved: dict[tuple[str, str, int], str] = {}
        self._calling: dict[tuple[str, ...], collections.defaultdict[str, list[Module]]] = {}

    @functools.cached_property
    def importing(self) -> Mapping[str, list[Module]]:
        """Name of a module as an import writes it, to the modules that do."""
        found: dict[str, list[Module]] = collections.defaultdict(list)
        for module in self.modules.values():
            for name in {item.module for item in module.outline.imports}:
                found[name].append(module)
        return found

    @functools.cached_property
    def taking(self) -> Mapping[str, list[Module]]:
        """Name that is taken from a module (``from module import name``), to the modules that take it."""
        found: dict[str, list[Module]] = collections.defaultdict(list)
        for module in self.modules.values():
            for name in {item.name for item in module.outline.imports}:
                found[name].append(module)
        return found

    def importers(self, is_wanted: Callable[[str], bool], *taken: str) -> set[str]:
        """Paths of the modules that import a module whose name, as written, ``is_wanted``, or a name in ``taken``."""
        lists = [found for name, found in self.importing.items() if is_wanted(name)]
        lists += [self.taking[name] for name in taken if name in self.taking]
        return {module.path for found in lists for module in found}

    def calling(self, *roles: str) -> Mapping[str, list[Module]]:
        """Last name of a call to the modules of these roles in which such a call stands."""
        found = self._calling.get(roles)
        if found is None:
            found = self._calling[roles] = collections.defaultdict(list)
            for module in self.modules.values():
                if module.role in roles:
                    for name in module.called:
                        found[name].append(module)
            found.default_factory = None
        return found

    def callers(
        self, *roles: str, names: Iterable[str] = (), endings: tuple[str, ...] = ()
    ) -> list[tuple[Module, list[o.Call]]]:
        """Modules of these roles with their calls whose last name is one of ``names``, or ends so; all in order.

        Roles that ``EVERYWHERE`` groups are asked for together.
        """
        wanted = set(names)
        found: set[str] = set()
        for index in (self.calling(*group) for group in EVERYWHERE if group[0] in roles):
            if endings:
                wanted.update(name for name in index if name.endswith(endings))
            found.update(module.path for name in wanted for module in index.get(name, ()))
        return [
            (module, module.calls_named(*wanted))
            for module in self.modules.values()
            if module.path in found
        ]

    def __iter__(self) -> Iterator[Module]:
        return iter(self.modules.values())

    @staticmethod
    def _separate_roots(modules: list[Module]) -> None:
        """Let modules of two source roots that would share a name (two projects, one repository) keep apart."""
        owners: dict[str, str] = {}
        clashing: set[str] = set()
        for module in modules:
            if module.name and owners.setdefault(module.name, module.root) != module.root:
                clashing.add(module.root)
        for root in clashing:
            inside = [module for module in modules if module.root == root]
            tops = frozenset(module.relative_name.partition(".")[0] for module in inside)
            for module in inside:
                module.qualify(tops)

    def resolve(self, module: Module, name: str, scope: int = -1) -> str:
        """The absolute, canonical dotted name that ``name`` means in ``module`` (inside function ``scope``).

        A name that nothing binds comes back unchanged.
        """
        if scope < 0:
            found = module.resolved.get(name)
            if found is None:
                found = module.resolved[name] = self._resolve(module, name, scope)
            return found
        key = (module.path, name, scope)
        known = self._resolved.get(key)
        if known is None:
            known = self._resolved[key] = self._resolve(module, name, scope)
        return known

    def _resolve(self, module: Module, name: str, scope: int) -> str:
        head, dot, tail = name.partition(".")
        if head.isidentifier():
            bare, suffix = head, dot + tail
        else:
            bare = head.partition("(")[0].partition("[")[0]
            suffix = head[len(bare) :] + dot + tail
        target = None
        if scope >= 0 and module.may_bind_inside(bare):
            while scope >= 0 and target is None:
                target = module.scoped_imports.get(scope, {}).get(bare)
                function = module.functions[scope]
                if target is None and any(item.name == bare for item in function.parameters):
                    return name  # an argument hides whatever the module calls so
                scope = function.parent
        target = target or module.bindings.get(bare) or self._from_stars(module, bare)
        if target is None:
            return name
        cut = suffix.find("(")
        plain, chain = (suffix, "") if cut < 0 else (suffix[:cut], suffix[cut:])
        return self.canonical(target + plain) + chain

    def _from_stars(self, module: Module, name: str) -> str | None:
        """What star imports bind ``name`` to; the only star that leads out of the repository is believed."""
        if not module.stars or name in _BUILTINS:
            return None
        external: dict[str, None] = {}
        seen = {module.path}
        queue = list(module.stars)
        while queue:
            star = queue.pop(0)
            source = self.by_name.get(star)
            if source is None:
                external[star] = None
            elif source.path not in seen:
                seen.add(source.path)
                if name in source.bindings:
                    return source.bindings[name]
                queue[:0] = source.stars
        return f"{next(iter(external))}.{name}" if len(external) == 1 else None

    def canonical(self, name: str) -> str:
        """A dotted name with re-exports and aliases followed to the definition, and external names in short form."""
        known = self._canonical.get(name)
        if known is None:
            self._canonical[name] = name  # a cycle of re-exports ends at the name itself
            if len(name) > _LONGEST:  # and one that grows with each turn, as of `a = a.b`, here
                return name
            known = self._canonical[name] = self._follow(name)
        return known

    def _follow(self, name: str) -> str:
        module, rest = self.split(name)
        if module is None:
            return canonical(name)
        if not rest:
            return module.name
        head, dot, tail = rest.partition(".")
        target = module.aliases.get(head)
        if target is not None and not target.startswith("?"):
            target = self.resolve(module, target)
            return self.canonical(target + dot + tail)
        target = module.bindings.get(head) or self._from_stars(module, head)
        if target is None or target == f"{module.name}.{head}":
            return f"{module.name}.{rest}"
        return self.canonical(target + dot + tail)

    def split(self, name: str) -> tuple[Module | None, str]:
        """The module of the repository that a dotted name starts with, and the rest; None if it is external."""
        head = name
        while head:
            module = self.by_name.get(head)
            if module is not None:
                return module, name[len(head) + 1 :]
            head = head.rpartition(".")[0]
        return None, name


def _dotted(path: str) -> str:
    name = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    return "" if name == "__init__" else name
