"""What the migrations of a repository do to the schema, one after the other, replayed without running them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator

from plumbline import outline as o
from plumbline.project.migration_age import in_one_release
from plumbline.project.migrations import Migration, Migrations, Operation
from plumbline.project.schema import Field, Schema, Table

BOTH, STATE, DATABASE = "both", "state", "database"
_OWN = ("django.db.migrations.", "django.contrib.postgres.operations.")
_HARMLESS = ("pgtrigger.migrations.",)
"""Operations of other packages that leave models and columns as they are."""
_STATELESS = ("django.db.migrations.RunPython", "django.db.migrations.RunSQL")


class Change:
    """One operation at its place in the history.

    ``realm`` says where it acts: ``both``, or by ``SeparateDatabaseAndState`` in the ``state`` or ``database`` alone.
    ``table`` is the model before it, ``before`` and ``after`` the field before and after it, ``old`` and ``new`` what
    else is replaced. ``doubt`` is why nothing can be said of it; empty if it was understood. ``schema`` is the schema
    before a ``RunSQL``, and shared otherwise.
    """

    __slots__ = (
        "after",
        "before",
        "doubt",
        "migration",
        "new",
        "old",
        "operation",
        "realm",
        "schema",
        "table",
    )

    def __init__(self, operation: Operation, migration: Migration, realm: str) -> None:
        self.operation = operation
        self.migration = migration
        self.realm = realm
        self.table: Table | None = None
        self.before: Field | None = None
        self.after: Field | None = None
        self.old: o.Value = None
        self.new: o.Value = None
        self.doubt = ""
        self.schema: Schema | None = None

    def __repr__(self) -> str:
        return f"<Change {self.operation.kind} {self.migration.label}.{self.migration.name}>"

    @property
    def kind(self) -> str:
        """The kind of its operation."""
        return self.operation.kind

    @property
    def is_on_new_table(self) -> bool:
        """Whether no database can hold rows of the table yet: see ``is_new``."""
        return bool(self.migration.replaces) or (
            self.table is not None and is_new(self.table, self.migration)
        )


def is_new(table: Table, migration: Migration) -> bool:
    """Whether a table is made by the migration itself, or by the app's first ones of which the migration is one.

    A squashed migration acts on new tables only: databases that exist have run those that it replaces. A table that
    an app in use got the same week is new too; of a new app that does not hold, since its first week may be its launch.
    """
    born = table.born
    return (
        born is migration
        or bool(migration.replaces)
        or (born.is_initial and migration.is_initial and born.label == migration.label)
        or (not born.is_initial and not born.replaces and in_one_release(born, migration))
    )


class Replay:
    """The history of the schema: every change in order, and the schema at the end."""

    def __init__(self, migrations: Migrations) -> None:
        self.migrations = migrations

    @functools.cached_property
    def _run(self) -> tuple[list[Change], Schema]:
        changes: list[Change] = []
        schema = Schema()
        for migration in self.migrations.ordered:
            if migration.opaque or migration.unreadable_operations:
                reason = migration.opaque or "an operation is not written as a call"
                schema.doubt(migration.label, f"{migration.label}.{migration.name}: {reason}")
                changes += _doubted(migration, reason)
                continue
            for operation in migration.operations:
                _apply(operation, migration, schema, BOTH, changes)
        return changes, schema

    @property
    def changes(self) -> list[Change]:
        """Every change, in the order in which it happens on a new database."""
        return self._run[0]

    @property
    def final(self) -> Schema:
        """The schema after the last migration."""
        return self._run[1]


def _doubted(migration: Migration, reason: str) -> Iterator[Change]:
    """The operations of a migration that may run or not."""
    for operation in migration.walk():
        change = Change(operation, migration, BOTH)
        change.doubt = reason
        yield change


def _apply(
    operation: Operation, migration: Migration, schema: Schema, realm: str, changes: list[Change]
) -> None:
    if operation.name == "django.db.migrations.SeparateDatabaseAndState":
        _apply_separately(operation, migration, schema, realm, changes)
        return
    change = Change(operation, migration, realm)
    changes.append(change)
    if operation.name.startswith(_OWN):
        if operation.is_open:
            change.doubt = "its arguments are not written out"
        else:
            act = _ACTS.get(operation.kind)
            if act is not None:
                act(change, schema)
        if operation.kind == "RunSQL":
            change.schema = schema.fork() if realm == BOTH else schema
            for part in operation.state:
                _apply(part, migration, schema, STATE, changes)
    elif not operation.name.startswith(_HARMLESS) and not _is_stateless(operation):
        change.doubt = f"`{operation.kind}` is not one of Django's operations"
    if change.doubt:
        schema.doubt(
            migration.label,
            f"{migration.label}.{migration.name}: {operation.kind}: {change.doubt}",
        )


def _is_stateless(operation: Operation) -> bool:
    cls = operation.migration.classes.by_name.get(operation.name)
    return cls is not None and cls.inherits(*_STATELESS) and not cls.defines("state_forwards")


def _apply_separately(
    operation: Operation, migration: Migration, schema: Schema, realm: str, changes: list[Change]
) -> None:
    """What acts on the database sees a schema of its own, which starts as the common one."""
    if operation.is_open:
        change = Change(operation, migration, realm)
        change.doubt = "its arguments are not written out"
        schema.doubt(migration.label, f"{migration.label}.{migration.name}: {change.doubt}")
        changes.append(change)
    if operation.database and realm != STATE:
        beside = schema.fork()
        for part in operation.database:
            _apply(part, migration, beside, DATABASE, changes)
    if realm != DATABASE:
        for part in operation.state:
            _apply(part, migration, schema, STATE, changes)


# ---- what each operation does ----------------------------------------------------------------------------------


def _model(change: Change, schema: Schema, name: str = "model_name") -> Table | None:
    """The model that an operation names, to be changed; what is not known of it is noted in the change."""
    given = change.operation.literal(0, name)
    if given is None:
        change.doubt = "it does not say in words which model it changes"
        return None
    table = schema.edited(change.migration.label, given)
    change.table = table
    if table is None:
        # Nothing made it as far as can be seen, so it may have been there before.
        schema.doubt(
            change.migration.label,
            f"{change.migration.label}.{change.migration.name}: no migration makes `{given}`",
        )
    return table


def _create_model(change: Change, schema: Schema) -> None:
    operation, migration = change.operation, change.migration
    name = operation.literal(0, "name")
    fields = operation.settled(operation.argument(1, "fields"))
    if name is None or not isinstance(fields, o.Many):
        change.doubt = "its name or fields are not written out"
        return
    given = operation.settled(operation.argument(2, "options"))
    options = {}
    if isinstance(given, o.Table):
        options = {
            key: operation.settled(value)
            for key, value in zip(given.keys, given.values, strict=True)
            if isinstance(key, str)
        }
    table = Table(migration.label, name, migration, options, schema)
    for item in fields.items:
        pair = item.items if isinstance(item, o.Many) else []
        if len(pair) == 2 and isinstance(pair[0], str):
            table.fields[pair[0]] = Field(pair[0], pair[1], operation.migration)
        else:
            change.doubt = "a field is not written out"
    schema.add(table)
    change.table = table


def _delete_model(change: Change, schema: Schema) -> None:
    table = _model(change, schema, "name")
    if table is not None:
        schema.drop(table.label, table.name)


def _rename_model(change: Change, schema: Schema) -> None:
    table = _model(change, schema, "old_name")
    new = change.operation.literal(1, "new_name")
    if new is None:
        change.doubt = "the new name is not written out"
    elif table is not None:
        change.table = table.copied(schema)
        schema.drop(table.label, table.name)
        table.name = new
        schema.add(table)
    change.new = new


def _set_table(change: Change, schema: Schema) -> None:
    table = _model(change, schema, "name")
    new = change.operation.settled(change.operation.argument(1, "table"))
    if table is not None:
        change.table = table.copied(schema)
        table.options["db_table"] = new
        change.old, change.new = change.table.table, table.table


def _set_options(change: Change, schema: Schema) -> None:
    table = _model(change, schema, "name")
    given = change.operation.settled(change.operation.argument(1, "options"))
    if table is not None and isinstance(given, o.Table):
        options = dict(zip(given.keys, given.values, strict=True))
        table.options["managed"] = options.get("managed")


def _set_order(change: Change, schema: Schema) -> None:
    table = _model(change, schema, "name")
    if table is None:
        return
    if change.operation.argument(1, "order_with_respect_to") is None:
        table.fields.pop("_order", None)
    else:
        value = o.Invocation("models.OrderWrt", [], [], 0, 0)
        table.fields["_order"] = Field("_order", value, change.operation.migration)


def _set_together(change: Change, schema: Schema) -> None:
    is_unique = change.kind == "AlterUniqueTogether"
    name = "unique_together" if is_unique else "index_together"
    table = _model(change, schema, "name")
    change.new = change.operation.settled(change.operation.argument(1, name))
    if table is not None:
        change.old = getattr(table, name)
        setattr(table, name, change.new)


def _set_field(change: Change, schema: Schema) -> None:
    table = _model(change, schema)
    name = change.operation.literal(1, "name")
    value = change.operation.argument(2, "field")
    if name is None:
        change.doubt = change.doubt or "it does not say in words which field it changes"
        return
    change.after = Field(name, value, change.operation.migration)
    if table is not None:
        change.before = table.fields.get(name)
        if change.kind == "AlterField" and change.before is None:
            schema.doubt(
                table.label, f"{table.label}.{change.migration.name}: nothing adds `{name}`"
            )
        table.fields[name] = change.after


def _remove_field(change: Change, schema: Schema) -> None:
    table = _model(change, schema)
    name = change.operation.literal(1, "name")
    if name is None:
        change.doubt = change.doubt or "it does not say in words which field it removes"
    elif table is not None:
        change.before = table.fields.pop(name, None)


def _rename_field(change: Change, schema: Schema) -> None:
    table = _model(change, schema)
    old, new = change.operation.literal(1, "old_name"), change.operation.literal(2, "new_name")
    if old is None or new is None:
        change.doubt = change.doubt or "a name is not written out"
    elif table is not None:
        change.before = table.fields.get(old)
        if change.before is None:
            schema.doubt(
                table.label, f"{table.label}.{change.migration.name}: nothing adds `{old}`"
            )
            return
        change.after = change.before.renamed(new)
        # In place: the order of the fields is that of the columns.
        table.fields = {
            (new if name == old else name): (change.after if name == old else field)
            for name, field in table.fields.items()
        }


def _touch(change: Change, schema: Schema) -> None:
    """An operation on indexes or constraints: it needs to know the table and leaves the fields as they are."""
    name = "index" if "Index" in change.kind else "constraint"
    change.new = change.operation.settled(change.operation.argument(1, name))
    given = change.operation.literal(0, "model_name")
    if given is None:
        change.doubt = "it does not say in words which model it changes"
    else:
        change.table = schema.get(change.migration.label, given)


_ACTS: dict[str, Callable[[Change, Schema], None]] = {
    "CreateModel": _create_model,
    "DeleteModel": _delete_model,
    "RenameModel": _rename_model,
    "AlterModelTable": _set_table,
    "AlterModelOptions": _set_options,
    "AlterOrderWithRespectTo": _set_order,
    "AlterUniqueTogether": _set_together,
    "AlterIndexTogether": _set_together,
    "AddField": _set_field,
    "AlterField": _set_field,
    "RemoveField": _remove_field,
    "RenameField": _rename_field,
    "AddIndex": _touch,
    "AddIndexConcurrently": _touch,
    "AddConstraint": _touch,
    "AddConstraintNotValid": _touch,
    "AlterConstraint": _touch,
}
