"""Migrations, read and never run."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline import outline as o
from plumbline.project.classes import Class, Classes, text_of
from plumbline.rule import Located

MIGRATION = "django.db.migrations.Migration"


class Operation(Located, eq=False):
    """An operation of a migration: ``kind`` is the last part of its canonical name, such as ``RunPython``."""

    kind: str
    call: o.Invocation
    migration: Class

    def argument(self, position: int, name: str) -> o.Value:
        """The value of an argument given by position or keyword; None if it is absent (or literally None)."""
        if len(self.call.args) > position:
            return self.call.args[position]
        return next((value for key, value in self.call.keywords if key == name), None)

    @property
    def is_open(self) -> bool:
        """Whether arguments may come from somewhere that cannot be read: ``*args`` or ``**options``."""
        return any(key == "**" for key, _ in self.call.keywords) or any(
            isinstance(item, o.Invocation) and item.name == "*" for item in self.call.args
        )

    def resolve(self, name: str) -> str:
        """What a dotted name in the migration stands for."""
        return self.migration.resolve(name)


def find_operations(classes: Classes) -> Iterator[Operation]:
    """The operations of every migration, those inside ``SeparateDatabaseAndState`` too, in order."""
    for cls in classes:
        if cls.module.role != "migration" or cls.outline.owner >= 0:
            continue
        # A base of another package, such as a checked migration, is told by the name that Django demands.
        if cls.name == "Migration" or cls.inherits(MIGRATION):
            member = cls.member("operations")
            if member is not None:
                symbol = f"{cls.qualified_name}.operations"
                yield from _operations(cls, list(_items(member.value)), symbol)


def _items(value: o.Value) -> Iterator[o.Value]:
    """The items of a list, also of one that is put together with ``+`` or by unpacking."""
    if isinstance(value, o.Many):
        for item in value.items:
            if isinstance(item, o.Invocation) and item.name == "*" and item.args:
                yield from _items(item.args[0])
            else:
                yield item
    elif isinstance(value, o.Joined) and value.operator == "+":
        yield from _items(value.left)
        yield from _items(value.right)
    elif isinstance(value, o.Choice):
        yield from _items(value.then)
        yield from _items(value.otherwise)


def _operations(cls: Class, values: list[o.Value], symbol: str) -> Iterator[Operation]:
    for position, value in enumerate(values):
        if not isinstance(value, o.Invocation):
            continue
        kind = cls.resolve(value.name).rpartition(".")[2]
        place = f"{symbol}.{position}"
        yield Operation(
            cls.path, value.line, value.end_line, 0, place, text_of(value, 2), kind, value, cls
        )
        if kind == "SeparateDatabaseAndState":
            inner = [*value.args, *(item for _, item in value.keywords)]
            yield from _operations(cls, [part for item in inner for part in _items(item)], place)
