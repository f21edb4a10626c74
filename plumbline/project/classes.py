"""Classes with what they inherit, wherever it is defined."""

from __future__ import annotations

import functools
from collections import defaultdict, deque
from collections.abc import Iterator

from plumbline import outline as o
from plumbline.knowledge import EXTERNAL_BASES, PLAIN_MIXINS, bases_behind
from plumbline.project.modules import Module, Names
from plumbline.roles import TEST
from plumbline.rule import Located

_ANCESTOR_LIMIT = 100
_FEW_MEMBERS = 50


class Class(Located, dict=True, eq=False):
    """A class of the repository."""

    name: str
    qualified_name: str
    module: Module
    outline: o.Class
    index: int
    classes: Classes

    @property  # type: ignore[misc]  # few are asked for it
    def text(self) -> str:  # type: ignore[override]
        """The head of the definition in normalised form."""
        return f"class {self.name}({', '.join(text_of(base) for base in self.outline.bases)})"

    @functools.cached_property
    def bases(self) -> list[str]:
        """Canonical dotted names of the direct bases; ``?`` for one that is computed."""
        return [name for base in self.outline.bases for name in self.classes.base_names(self, base)]

    @functools.cached_property
    def ancestors(self) -> list[Class]:
        """The classes of the repository that this one inherits from, nearest first, a hundred at most."""
        found: dict[str, Class] = {}
        queue = deque(self.bases)
        while queue and len(found) < _ANCESTOR_LIMIT:
            cls = self.classes.by_name.get(queue.popleft())
            if cls is not None and cls.qualified_name not in found and cls is not self:
                found[cls.qualified_name] = cls
                queue += cls.bases
        return list(found.values())

    @functools.cached_property
    def external_bases(self) -> frozenset[str]:
        """Every base outside the repository that is reached, with what is known to lie behind it."""
        bases = self.bases
        if len(bases) == 1 and bases[0] not in self.classes.by_name:  # as for most
            return _external(bases[0])
        found: set[str] = set()
        for base in bases:
            cls = self.classes.by_name.get(base)
            if cls is None:
                found |= _external(base)
            elif "external_bases" in cls.__dict__ or not cls.bases:
                found |= cls.external_bases
            else:
                return self._walk_external_bases()
        return frozenset(found)

    def _walk_external_bases(self) -> frozenset[str]:
        """The same without recursion: inheritance may be deep, or run in a circle."""
        found: set[str] = set()
        for cls in (self, *self.ancestors):
            for base in cls.bases:
                if base not in self.classes.by_name:
                    found |= _external(base)
        return frozenset(found)

    @functools.cached_property
    def unknown_bases(self) -> list[str]:
        """Bases of which nothing is known: what they define cannot be said."""
        return sorted(
            base
            for base in self.external_bases
            if base not in EXTERNAL_BASES
            and not base.startswith(("defines.", "django.db.models.Model", *PLAIN_MIXINS))
        )

    def inherits(self, *names: str) -> bool:
        """Whether one of the canonical dotted ``names`` is among the bases, however far."""
        return not self.external_bases.isdisjoint(names)

    def inherits_prefix(self, *prefixes: str) -> bool:
        """Whether an external base starts with one of ``prefixes``."""
        return any(base.startswith(prefixes) for base in self.external_bases)

    @functools.cached_property
    def members(self) -> list[o.Member]:
        """The statements of the class body, in order."""
        return self.outline.members

    def member(self, name: str) -> o.Member | None:
        """The last member of this name in the class's own body."""
        if len(self.members) > _FEW_MEMBERS:
            return self._members_by_name.get(name)
        return next((member for member in reversed(self.members) if member.name == name), None)

    @functools.cached_property
    def _members_by_name(self) -> dict[str, o.Member]:
        return {member.name: member for member in self.members}

    def defines(self, name: str) -> bool:
        """Whether the class or an ancestor in the repository has a member of this name, or a known base does."""
        return (
            any(cls.member(name) is not None for cls in (self, *self.ancestors))
            or f"defines.{name}" in self.external_bases
        )

    def method(self, name: str) -> o.Function | None:
        """The method of this name in the class's own body."""
        member = self.member(name)
        return (
            self.module.functions[member.index]
            if member is not None and member.kind == "function"
            else None
        )

    def methods(self) -> Iterator[tuple[int, o.Function]]:
        """Index and outline of the methods in the class's own body."""
        for member in self.members:
            if member.kind == "function":
                yield member.index, self.module.functions[member.index]

    def inner(self, name: str) -> Class | None:
        """The nested class of this name, such as ``Meta``."""
        member = self.member(name)
        if member is None or member.kind != "class":
            return None
        return self.classes.by_index.get((self.module.path, member.index))

    def option(self, name: str) -> o.Value:
        """The value of an attribute in ``Meta``, inherited ``Meta`` classes included; None if there is none."""
        for cls in (self, *self.ancestors):
            meta = cls.inner("Meta")
            if meta is not None:
                for scope in (meta, *meta.ancestors):
                    member = scope.member(name)
                    if member is not None:
                        return member.value
                return None
        return None

    def resolve(self, name: str) -> str:
        """What a dotted name in the class body stands for."""
        return self.classes.names.resolve(self.module, name, self.outline.parent)

    def located(self, member: o.Member) -> Located:
        """A member of the class as a place to report: a function on its ``def``, not on its decorators."""
        is_function = member.kind == "function"
        line = self.module.functions[member.index].line if is_function else member.line
        return Located(
            self.path,
            line,
            member.end_line,
            member.column,
            f"{self.symbol}.{member.name}" if member.name else self.symbol,
            f"{member.kind} {member.name} {text_of(member.value)}".strip(),
        )


class Classes:
    """All classes of the repository."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.by_name: dict[str, Class] = {}
        self.by_index: dict[tuple[str, int], Class] = {}
        self._asked: set[str] = set()
        for module in names:
            for index, outline in enumerate(module.outline.classes):
                self._add(module, index, outline)

    def _add(self, module: Module, index: int, outline: o.Class) -> None:
        outer = module.scope_name(outline.parent, outline.owner)
        qualified = f"{outer}.{outline.name}" if outer else outline.name
        cls = Class(
            module.path,
            outline.line,
            outline.end_line,
            outline.column,
            qualified,
            "",
            outline.name,
            qualified,
            module,
            outline,
            index,
            self,
        )
        self.by_index[module.path, index] = cls
        self.by_name.setdefault(qualified, cls)

    @functools.cached_property
    def _heirs(self) -> dict[str, list[Class]]:
        found: dict[str, list[Class]] = defaultdict(list)
        for cls in self:
            if cls.outline.bases and cls.module.role != TEST:
                for base in cls.external_bases:
                    found[base].append(cls)
        return found

    def heirs(self, name: str) -> list[Class]:
        """The classes outside tests that inherit from the class of this canonical name, however far."""
        return self._heirs.get(name, [])

    def __iter__(self) -> Iterator[Class]:
        return iter(self.by_index.values())

    def base_names(self, cls: Class, base: o.Value) -> list[str]:
        """The canonical names that a base class expression stands for; generics lose their parameters."""
        if isinstance(base, o.Ref):
            return [self._named(cls, base.name)]
        if isinstance(base, o.Invocation):
            last = base.name.rpartition(".")[2]
            if base.name.endswith("[]"):
                return [self._named(cls, base.name[:-2])]
            if last == "get_user_model":
                return ["django.contrib.auth.models.AbstractUser"]
            if last == "with_metaclass":
                return [name for item in base.args[1:] for name in self.base_names(cls, item)]
            if last == "from_queryset":
                return [
                    self._named(cls, base.name.rpartition(".")[0]),
                    *(name for item in base.args[:1] for name in self.base_names(cls, item)),
                ]
        return ["?"]

    def _named(self, cls: Class, name: str) -> str:
        """What a base's name means where ``cls`` stands: beside it in a class or function, in the module, inherited."""
        module, outline = cls.module, cls.outline
        scope, owner = outline.parent, outline.owner
        if scope >= 0 or owner >= 0:
            local = self._beside(module, scope, owner, name)
            if local is not None and local is not cls:
                return local.qualified_name
        found = self.names.resolve(module, name, scope)
        if found == cls.qualified_name:
            # `class Page(Page)` after `from base import Page` inherits from what was imported.
            head, dot, tail = name.partition(".")
            found = self.names.canonical(module.imported.get(head, "?") + dot + tail)
        if found in self.by_name or "." not in found:
            return found
        owner_name, _, attribute = found.rpartition(".")
        holder = self.by_name.get(owner_name)
        if holder is None or holder is cls or owner_name in self._asked:
            return found
        self._asked.add(
            owner_name
        )  # two classes that each inherit from inside the other would never end
        for ancestor in holder.ancestors:
            inherited = self.by_name.get(f"{ancestor.qualified_name}.{attribute}")
            if inherited is not None:
                found = inherited.qualified_name
                break
        self._asked.discard(owner_name)
        return found

    def _beside(self, module: Module, scope: int, owner: int, name: str) -> Class | None:
        """A class of this name in the enclosing class body or an enclosing function."""
        if owner >= 0:
            found = self.by_name.get(f"{module.scope_name(-1, owner)}.{name}")
            if found is not None:
                return found
        while scope >= 0:
            found = self.by_name.get(f"{module.scope_name(scope)}.{name}")
            if found is not None:
                return found
            scope = module.functions[scope].parent
        return None


@functools.lru_cache(maxsize=4_096)
def _external(base: str) -> frozenset[str]:
    """A base outside the repository, and what is known to lie behind it."""
    return frozenset((base, *bases_behind(base)))


def text_of(value: o.Value, depth: int = 6) -> str:
    """A value in normalised form, the same however the source is laid out."""
    if type(value) is o.Ref:
        return value.name
    if value is None or isinstance(value, bool | int | float):
        return str(value)
    if isinstance(value, str):
        return repr(value)
    if depth <= 0:
        return "…"
    if isinstance(value, o.Ref):
        return value.name
    if isinstance(value, o.Many):
        return f"[{', '.join(text_of(item, depth - 1) for item in value.items)}]"
    if isinstance(value, o.Table):
        pairs = zip(value.keys, value.values, strict=True)
        return f"{{{', '.join(f'{text_of(key, depth - 1)}: {text_of(item, depth - 1)}' for key, item in pairs)}}}"
    if isinstance(value, o.Invocation):
        arguments = [text_of(item, depth - 1) for item in value.args]
        arguments += [f"{name}={text_of(item, depth - 1)}" for name, item in value.keywords]
        return f"{value.name}({', '.join(arguments)})"
    if isinstance(value, o.Joined):
        return (
            f"{text_of(value.left, depth - 1)} {value.operator} {text_of(value.right, depth - 1)}"
        )
    if isinstance(value, o.Choice):
        return f"{text_of(value.then, depth - 1)} if … else {text_of(value.otherwise, depth - 1)}"
    return value.template if isinstance(value, o.Text) else f"<{value.what}>"
