"""Migrations, read and never run: their operations, their apps, and the order in which they run."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping

from plumbline import outline as o
from plumbline.project.classes import Class, Classes, text_of
from plumbline.project.migration_age import settled_of
from plumbline.project.migration_graph import Key, in_running_order
from plumbline.project.modules import Module
from plumbline.roles import MIGRATION as MIGRATION_ROLE
from plumbline.roles import stem
from plumbline.rule import Located, Verdict

MIGRATION = "django.db.migrations.Migration"
_DAY = re.compile(r"_auto_(20\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])_\d{4}$")
_KEPT_ITEMS = 400
"""How many items of a list an outline keeps: one that is so long may go on."""


class Operation:
    """An operation of a migration: ``name`` is its canonical dotted name, ``kind`` the last part of that.

    ``database`` and ``state`` are the operations inside ``SeparateDatabaseAndState``, and the latter those that
    ``RunSQL`` says its statements amount to. There may be thousands, of which few are reported: a place to report
    is made when it is wanted.
    """

    __slots__ = ("_keywords", "call", "database", "kind", "migration", "name", "state", "symbol")

    def __init__(self, name: str, call: o.Invocation, migration: Class, symbol: str) -> None:
        self.name = name
        self.kind = name.rpartition(".")[2]
        self.call = call
        self.migration = migration
        self.symbol = symbol
        self.database: list[Operation] = []
        self.state: list[Operation] = []
        self._keywords = dict(call.keywords)

    def __repr__(self) -> str:
        return f"<Operation {self.symbol} {self.kind}>"

    @property
    def path(self) -> str:
        """The file of its migration."""
        return self.migration.path

    @property
    def line(self) -> int:
        """The line that it begins on."""
        return self.call.line

    @property
    def located(self) -> Located:
        """The operation as a place to report."""
        text = text_of(self.call, 2)
        return Located(self.path, self.line, self.call.end_line, 0, self.symbol, text)

    def in_order(self) -> Verdict:
        """The verdict that it is as the guide asks."""
        return Located(self.path, self.line, self.line, 0, self.symbol, self.kind).in_order()

    def violation(self, message: str) -> Verdict:
        """The verdict that it breaks the rule."""
        return self.located.violation(message)

    def unknown(self, reason: str) -> Verdict:
        """The verdict that no static look can tell."""
        return Located(self.path, self.line, self.line, 0, self.symbol, self.kind).unknown(reason)

    def argument(self, position: int, name: str) -> o.Value:
        """The value of an argument given by position or keyword; None if it is absent (or literally None)."""
        if len(self.call.args) > position:
            return self.call.args[position]
        return self._keywords.get(name)

    def literal(self, position: int, name: str) -> str | None:
        """The argument where it is a literal string, or a name that stands for one."""
        value = self.settled(self.argument(position, name))
        return value if isinstance(value, str) else None

    def settled(self, value: o.Value) -> o.Value:
        """A value, or the value of the constant in the same migration that it names."""
        return settled(self.migration, value)

    @property
    def is_open(self) -> bool:
        """Whether arguments may come from somewhere that cannot be read: ``*args`` or ``**options``."""
        return "**" in self._keywords or any(
            isinstance(item, o.Invocation) and item.name == "*" for item in self.call.args
        )

    def resolve(self, name: str) -> str:
        """What a dotted name in the migration stands for."""
        return self.migration.resolve(name)


class Migration:
    """A migration: ``label`` is that of the app whose tables it changes, ``name`` that of its file."""

    def __init__(self, cls: Class, label: str) -> None:
        self.cls = cls
        self.label = label
        self.name = stem(cls.path)
        self.path = cls.path
        self.folder = cls.path.rpartition("/")[0]
        self._members = {member.name: member for member in cls.members}
        # Not worked out later, since whoever asks for migrations asks each of them for all of this.
        self.replaces = list(self._keys("replaces"))
        """The migrations that this one stands for, if it is a squashed one."""
        self.dependencies = list(self._keys("dependencies"))
        """Label and name of the migrations that run before; of a swappable model, the setting and ``__first__``."""
        self.run_before = list(self._keys("run_before"))
        """Label and name of the migrations that run after this one."""
        self._values, self.opaque = self._listed()
        """``opaque`` is why the list of operations cannot be read as a whole; empty if it can."""

    def __repr__(self) -> str:
        return f"<Migration {self.label}.{self.name}>"

    def _listed(self) -> tuple[list[o.Value], str]:
        """The items of ``operations``, and why they may not be all, empty if they are."""
        member = self._members.get("operations")
        if member is None:
            is_plain = MIGRATION in self.cls.bases or not self.cls.ancestors
            return [], "" if is_plain else "its operations come from a base class"
        values = list(_items(self.cls, member.value))
        blocks = [item for item in self.cls.members if item.kind == "other"]
        if any(item.line <= member.line <= item.end_line for item in blocks):
            return values, "its operations stand under a condition"
        if any(item.line > member.end_line for item in blocks):
            return values, "something follows its operations"
        is_whole = _is_display(self.cls, member.value) and len(values) < _KEPT_ITEMS
        return values, "" if is_whole else "its operations are not written out"

    @functools.cached_property
    def operations(self) -> list[Operation]:
        """The operations in order; those inside ``SeparateDatabaseAndState`` are parts of it."""
        return _operations(self.cls, self._values, f"{self.cls.qualified_name}.operations")

    @property
    def unreadable_operations(self) -> int:
        """How many items of the list are something else than a call."""
        return len(self._values) - len(self.operations)

    @functools.cached_property
    def written(self) -> str:
        """The day that Django wrote it on, as 2026-03-04, by its first comment or its name; empty if neither tells."""
        found = _DAY.search(self.name)
        return self.cls.module.outline.generated or ("-".join(found.groups()) if found else "")

    def _keys(self, name: str) -> Iterator[Key]:
        member = self._members.get(name)
        for item in _items(self.cls, member.value) if member is not None else ():
            parts = item.items if isinstance(item, o.Many) else []
            if len(parts) == 2 and isinstance(parts[0], str) and isinstance(parts[1], str):
                yield parts[0], parts[1]
            elif isinstance(item, o.Invocation) and item.name.endswith("swappable_dependency"):
                setting = item.args[0] if item.args else None
                if isinstance(setting, o.Ref):
                    yield setting.name.rpartition(".")[2], "__first__"
                elif isinstance(setting, str):
                    yield setting.partition(".")[0], "__first__"

    @functools.cached_property
    def is_initial(self) -> bool:
        """Whether it makes the app's first tables: ``initial`` says so, or nothing of the app runs before it."""
        member = self._members.get("initial")
        if member is not None and isinstance(member.value, bool):
            return member.value
        return not any(label == self.label for label, _ in self.dependencies)

    @property
    def is_atomic(self) -> bool:
        """Whether it runs in one transaction, as far as it says."""
        member = self._members.get("atomic")
        return member is None or member.value is not False

    def walk(self) -> Iterator[Operation]:
        """All operations in order, those inside others after the one that holds them."""
        for operation in self.operations:
            yield operation
            yield from _inside(operation)


class Migrations:
    """The migrations of the repository.

    ``renamed`` has the packages that ``MIGRATION_MODULES`` names, to the label of their apps; ``labels`` the folders
    of apps whose configuration gives them a label of its own; ``settings`` the labels that settings such as
    ``AUTH_USER_MODEL`` lead to.
    """

    def __init__(
        self,
        classes: Classes,
        renamed: Mapping[str, str],
        labels: Mapping[str, str],
        settings: Mapping[str, str],
    ) -> None:
        self._classes = classes
        self._labels = labels
        self._settings = settings
        self._renamed = {
            module.path.rpartition("/")[0]: label
            for name, label in renamed.items()
            if (module := classes.names.by_name.get(name)) is not None
        }

    def __iter__(self) -> Iterator[Migration]:
        return iter(self.all)

    def _is_migration(self, cls: Class) -> bool:
        if cls.outline.owner >= 0:
            return False
        module: Module = cls.module
        if module.role != MIGRATION_ROLE and module.path.rpartition("/")[0] not in self._renamed:
            return False
        # A base of another package, such as a checked migration, is told by the name that Django demands.
        return cls.name == "Migration" or cls.inherits(MIGRATION)

    @functools.cached_property
    def all(self) -> list[Migration]:
        """Every migration, in no particular order."""
        return [
            Migration(cls, self.label_of(cls.path.rpartition("/")[0]))
            for cls in self._classes
            if self._is_migration(cls)
        ]

    def label_of(self, folder: str) -> str:
        """The label of the app whose migrations a folder holds."""
        if folder in self._renamed:
            return self._renamed[folder]
        app = folder.rpartition("/")[0]
        return self._labels.get(app, app.rpartition("/")[2])

    def is_app(self, folder: str) -> bool:
        """Whether a folder is that of an app: it has a configuration or migrations."""
        return folder in self._labels or folder in self._apps

    @functools.cached_property
    def _apps(self) -> frozenset[str]:
        return frozenset(folder.rpartition("/")[0] for folder in self.folders)

    @functools.cached_property
    def folders(self) -> dict[str, str]:
        """Each folder with migrations, to the label of its app."""
        return {migration.folder: migration.label for migration in self.all}

    @functools.cached_property
    def settled(self) -> set[str]:
        """Paths of the migrations that every database has long run: see ``settled_of``."""
        return settled_of(self.all, self.ordered)

    @functools.cached_property
    def ordered(self) -> list[Migration]:
        """The migrations that a new database runs, in an order that Django may choose; see ``in_running_order``."""
        return in_running_order(self.all, self._settings)


def settled(cls: Class, value: o.Value) -> o.Value:
    """A value, or the one that a plain name stands for: bound once and for all in the class body or the module."""
    if not isinstance(value, o.Ref) or "." in value.name:
        return value
    member = cls.member(value.name)
    if member is not None:
        return member.value if member.kind == "assign" else value
    found = [item for item in cls.module.outline.assignments if item.target == value.name]
    if len(found) == 1 and found[0].operator == "=" and not found[0].guard:
        return found[0].value
    return value


def _is_display(cls: Class, value: o.Value) -> bool:
    """Whether a list is written out, maybe in parts."""
    value = settled(cls, value)
    if isinstance(value, o.Joined) and value.operator == "+":
        return _is_display(cls, value.left) and _is_display(cls, value.right)
    if isinstance(value, o.Many):
        return all(
            _is_display(cls, item.args[0])
            for item in value.items
            if isinstance(item, o.Invocation) and item.name == "*" and item.args
        )
    return False


def _items(cls: Class, value: o.Value) -> Iterator[o.Value]:
    """The items of a list, also of one that is put together with ``+`` or by unpacking."""
    value = settled(cls, value)
    if isinstance(value, o.Many):
        for item in value.items:
            if isinstance(item, o.Invocation) and item.name == "*" and item.args:
                yield from _items(cls, item.args[0])
            else:
                yield settled(cls, item)
    elif isinstance(value, o.Joined) and value.operator == "+":
        yield from _items(cls, value.left)
        yield from _items(cls, value.right)
    elif isinstance(value, o.Choice):
        yield from _items(cls, value.then)
        yield from _items(cls, value.otherwise)


def _operations(cls: Class, values: list[o.Value], symbol: str, start: int = 0) -> list[Operation]:
    found: list[Operation] = []
    for position, value in enumerate(values, start):
        if not isinstance(value, o.Invocation):
            continue
        operation = Operation(cls.resolve(value.name), value, cls, f"{symbol}.{position}")
        if operation.kind == "SeparateDatabaseAndState":
            _add_parts(operation)
        elif operation.kind == "RunSQL":
            inner = list(_items(cls, operation.argument(2, "state_operations")))
            operation.state = _operations(cls, inner, operation.symbol)
        found.append(operation)
    return found


def _add_parts(operation: Operation) -> None:
    """Number the operations of both lists as they are written: their place is part of what identifies them."""
    parts = [*enumerate(operation.call.args), *operation.call.keywords]
    position = 0
    for key, value in parts:
        items = list(_items(operation.migration, value))
        inner = _operations(operation.migration, items, operation.symbol, position)
        position += len(items)
        if key in (0, "database_operations"):
            operation.database = inner
        elif key in (1, "state_operations"):
            operation.state = inner


def _inside(operation: Operation) -> Iterator[Operation]:
    inner = [*operation.database, *operation.state]
    for part in sorted(inner, key=lambda part: part.line):
        yield part
        yield from _inside(part)
