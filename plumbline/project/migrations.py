"""Migrations, read and never run."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline import outline as o
from plumbline.project.classes import Class, Classes, text_of
from plumbline.rule import Located

MIGRATION = "django.db.migrations.Migration"
_OPERATIONS = ("django.db.migrations.", "django.contrib.postgres.operations.")


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

    def resolve(self, name: str) -> str:
        """What a dotted name in the migration stands for."""
        return self.migration.resolve(name)


def find_operations(classes: Classes) -> Iterator[Operation]:
    """The operations of every migration, those inside ``SeparateDatabaseAndState`` too, in order."""
    for cls in classes:
        if cls.module.role == "migration" and cls.inherits(MIGRATION):
            member = cls.member("operations")
            if member is not None and isinstance(member.value, o.Many):
                yield from _operations(cls, member.value)


def _operations(cls: Class, values: o.Many) -> Iterator[Operation]:
    for position, value in enumerate(values.items):
        if not isinstance(value, o.Invocation):
            continue
        name = cls.resolve(value.name)
        kind = name.rpartition(".")[2]
        symbol = f"{cls.qualified_name}.operations.{position}"
        yield Operation(
            cls.path, value.line, value.end_line, 0, symbol, text_of(value, 3), kind, value, cls
        )
        if kind == "SeparateDatabaseAndState":
            for _, inner in value.keywords:
                if isinstance(inner, o.Many):
                    yield from _operations(cls, inner)
