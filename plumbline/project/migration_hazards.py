"""What a migration does to a database that is in use: breaks the release that still runs, or locks a table for long."""

from __future__ import annotations

from collections.abc import Callable

from plumbline import outline as o
from plumbline.project.column_types import EMPTY_TEXT, column_type, rewrites, spelled
from plumbline.project.replay import STATE, Change, is_new
from plumbline.project.schema import Field
from plumbline.project.sql import Statement, changes_schema, statements_of, texts_of


class Unknown(Exception):
    """Nothing certain can be said of a change; the message says why."""


SCHEMA_OPERATIONS = frozenset(
    "DeleteModel RenameModel AlterModelTable AlterUniqueTogether AlterIndexTogether AddField AlterField RemoveField "
    "RenameField AddIndex AddIndexConcurrently AddConstraint AddConstraintNotValid".split()
)


def is_of_schema(change: Change) -> bool:
    """Whether a change touches tables that may exist: what makes tables or moves rows alone does not."""
    if change.kind == "RunSQL":
        texts = texts_of(change.operation)
        return texts is None or changes_schema(texts)
    return bool(change.doubt) or change.kind in SCHEMA_OPERATIONS


def hazard(change: Change, *, is_postgresql: bool) -> str:
    """What is wrong with a change and what to do instead, empty if nothing is; raises ``Unknown`` where it may be.

    Locks are judged for PostgreSQL alone, which has a way around each of them.
    """
    if change.doubt:
        raise Unknown(change.doubt)
    if change.kind == "RunSQL":
        return "" if change.realm == STATE else _sql(change, is_postgresql=is_postgresql)
    if change.realm == STATE or change.is_on_new_table:
        return ""
    if change.table is not None and not change.table.has_table:
        return ""
    found = _BREAKS[change.kind](change) if change.kind in _BREAKS else ""
    if not found and is_postgresql and change.kind in _LOCKS:
        found = _LOCKS[change.kind](change)
    return found


def _name(change: Change) -> str:
    """The model as people write it, as far as it is known."""
    if change.table is not None:
        return change.table.name
    given = change.operation.literal(0, "model_name") or change.operation.literal(0, "name")
    return given or "?"


def _field_name(change: Change) -> str:
    field = change.after or change.before
    name = field.name if field is not None else change.operation.literal(1, "name")
    return f"{_name(change)}.{name}"


_NULL_ANYWAY = ("NullBooleanField", "OrderWrt")

# ---- what breaks the release that still runs -------------------------------------------------------------------


def _add_field(change: Change) -> str:
    field = change.after
    if field is None or not field.is_column or field.short_kind == "GeneratedField":
        return ""
    null = field.flag("null")
    if field.has("default") or field.has("db_default") or null or field.short_kind in _NULL_ANYWAY:
        return ""
    if field.keyword("auto_now") is True or field.keyword("auto_now_add") is True:
        return ""
    if null is None or not (field.is_django or field.relation):
        raise Unknown("whether a new column has a default is not written in the migration")
    if field.short_kind in EMPTY_TEXT and field.flag("blank") is not False:
        return ""
    if field.flag("primary_key") is not False:
        raise Unknown("a primary key is replaced")
    return (
        f"`{_field_name(change)}` is a NOT NULL column without a default, which no table with rows takes; add it with "
        "`null=True` or a default, fill it, and forbid NULL in a later migration"
    )


def _remove_field(change: Change) -> str:
    field = change.before
    if field is None or not field.is_column:
        return ""
    return (
        f"the column of `{_field_name(change)}` is dropped while the release before still reads and writes it; "
        "take the field out of the state first (`SeparateDatabaseAndState`) and drop the column one release later"
    )


def _rename_field(change: Change) -> str:
    old, new = change.before, change.after
    if old is None or new is None or not old.is_column or old.column == new.column:
        return ""
    return (
        f"the column of `{_name(change)}.{old.name}` is renamed to `{new.column}`, which the release before does not "
        f'know; keep it with `db_column="{old.column}"`, or add a new column and move over in steps'
    )


def _delete_model(change: Change) -> str:
    return (
        f"the table of `{_name(change)}` is dropped while the release before still uses it; take the model out of the "
        "state first (`SeparateDatabaseAndState`) and drop the table one release later"
    )


def _rename_model(change: Change) -> str:
    if change.table is not None and change.table.options.get("db_table") is not None:
        return ""
    return (
        f"the table of `{_name(change)}` is renamed, and the release before does not know the new name; keep it with "
        "`db_table`"
    )


def _set_table(change: Change) -> str:
    if not isinstance(change.new, str):
        raise Unknown("the new name of a table is not written out")
    if change.old == change.new or not change.old:
        return ""
    return (
        f"the table of `{_name(change)}` is renamed from `{change.old}` to `{change.new}`, which the release before "
        "does not know; keep the old name"
    )


def _alter_field(change: Change) -> str:
    old, new = change.before, change.after
    if old is None or new is None or not old.is_column or not new.is_column:
        return ""
    if old.column != new.column:
        return (
            f"the column of `{_field_name(change)}` is renamed from `{old.column}` to `{new.column}`, which the "
            "release before does not know; keep the old name"
        )
    before, after = column_type(old), column_type(new)
    if before is None or after is None:
        if old.kind == new.kind or (old.relation and new.relation):
            return ""  # of the same class, or a reference as before
        raise Unknown(f"the column type of `{_field_name(change)}` is not known")
    if not rewrites(before, after):
        return ""
    return (
        f"the type of `{_field_name(change)}` changes from {spelled(before)} to {spelled(after)}, for which every row "
        "is checked or written anew while the table is locked; add a new column and move over in steps"
    )


# ---- what locks a table for as long as it takes to read it -----------------------------------------------------

_CONCURRENTLY = "use `AddIndexConcurrently` in a migration of its own with `atomic = False`"
_UNIQUE_IN_STEPS = (
    "build the unique index by `CREATE UNIQUE INDEX CONCURRENTLY` in a `RunSQL`, and add the constraint to the state "
    "(`SeparateDatabaseAndState`)"
)


def _is_indexed(field: Field) -> bool | None:
    """Whether a field asks for an index by itself; None if that is not known."""
    given = field.flag("db_index")
    if given is None or given or field.has("db_index"):
        return given
    return field.short_kind == "SlugField"


def _index_of_field(change: Change) -> str:
    """An index that a field asks for in words: that of a foreign key is Django's own pattern for a new column."""
    old, new = change.before, change.after
    if new is None or not new.is_column or (change.kind == "AlterField" and old is None):
        return ""
    if new.flag("unique") is True and (old is None or old.flag("unique") is False):
        if old is not None and old.relation == "OneToOneField":
            return ""
        verb = "becomes" if old is not None else "is added as"
        return (
            f"`{_field_name(change)}` {verb} unique, and its table is locked while the index is built; "
            + _UNIQUE_IN_STEPS
        )
    if new.relation or new.flag("unique") is True or _is_indexed(new) is not True:
        return ""
    if old is not None and (_is_indexed(old) is not False or old.flag("unique") or old.relation):
        return ""
    return (
        f"an index on `{_field_name(change)}` is built while writes to its table wait; declare it in `Meta.indexes` "
        f"and {_CONCURRENTLY}"
    )


def _add_index(change: Change) -> str:
    return f"an index on `{_name(change)}` is built while writes to its table wait; {_CONCURRENTLY}"


def _add_constraint(change: Change) -> str:
    kind = change.new.name.rpartition(".")[2] if isinstance(change.new, o.Invocation) else ""
    if kind == "CheckConstraint":
        return (
            f"a check on `{_name(change)}` is added and every row compared while the table is locked; use "
            "`AddConstraintNotValid`, then `ValidateConstraint` in a later migration"
        )
    if kind == "UniqueConstraint":
        return (
            f"a unique constraint on `{_name(change)}` is added and its table locked while the index is built; "
            + _UNIQUE_IN_STEPS
        )
    if kind == "ExclusionConstraint":
        return f"an exclusion constraint on `{_name(change)}` is added and its table locked while the index is built"
    raise Unknown(f"the constraint that `{_name(change)}` gets is not written out")


def _set_together(change: Change) -> str:
    old, new = _sets(change.old), _sets(change.new)
    if new is None or old is None:
        raise Unknown(f"the sets of `{change.kind}` are not written out")
    added = new - old
    if not added:
        return ""
    if change.kind == "AlterIndexTogether":
        return _add_index(change)
    names = ", ".join(sorted(added)[0])
    return (
        f"`{_name(change)}` becomes unique together in {names}, and its table is locked while the index is built; "
        + _UNIQUE_IN_STEPS
    )


def _sets(value: o.Value) -> set[tuple[str, ...]] | None:
    """Sets of field names, also a single one; None if they are computed."""
    if value is None:
        return set()
    if isinstance(value, o.Invocation) and value.name == "set":
        return _sets(value.args[0]) if value.args else set()
    if not isinstance(value, o.Many):
        return None
    if value.items and all(isinstance(item, str) for item in value.items):
        return {tuple(str(item) for item in value.items)}
    found: set[tuple[str, ...]] = set()
    for item in value.items:
        if not isinstance(item, o.Many) or not all(isinstance(part, str) for part in item.items):
            return None
        found.add(tuple(str(part) for part in item.items))
    return found


_BREAKS: dict[str, Callable[[Change], str]] = {
    "AddField": _add_field,
    "RemoveField": _remove_field,
    "RenameField": _rename_field,
    "AlterField": _alter_field,
    "DeleteModel": _delete_model,
    "RenameModel": _rename_model,
    "AlterModelTable": _set_table,
}
_LOCKS: dict[str, Callable[[Change], str]] = {
    "AddField": _index_of_field,
    "AlterField": _index_of_field,
    "AddIndex": _add_index,
    "AddConstraint": _add_constraint,
    "AlterUniqueTogether": _set_together,
    "AlterIndexTogether": _set_together,
}


# ---- SQL -------------------------------------------------------------------------------------------------------


def _sql(change: Change, *, is_postgresql: bool) -> str:
    """The first harm that the statements of a ``RunSQL`` do to a table that a model has and that is not new."""
    texts = texts_of(change.operation)
    statements = statements_of(texts) if texts is not None else None
    if statements is None:
        raise Unknown(
            "the SQL of a migration is computed, too long, or stands in a body of its own"
        )
    for statement in statements:
        if not statement.is_eased and (
            found := _harm(change, statement, is_postgresql=is_postgresql)
        ):
            return found
    return ""


def _harm(change: Change, statement: Statement, *, is_postgresql: bool) -> str:
    table = change.schema.by_table(statement.table) if change.schema is not None else None
    if table is None or is_new(table, change.migration):
        return ""  # no model has it (any more), so nothing that runs uses it
    if statement.action in ("drop-column", "rename-column"):
        field = next(
            (item for item in table.fields.values() if item.column == statement.name), None
        )
        if field is None:
            return ""
        verb = "dropped" if statement.action == "drop-column" else "renamed"
        return (
            f"the column of `{table.name}.{field.name}` is {verb} by SQL while the release before still uses it; "
            "take the field out of the state first, and touch the column one release later"
        )
    if statement.action in ("drop-table", "rename-table"):
        verb = "dropped" if statement.action == "drop-table" else "renamed"
        return (
            f"the table of `{table.name}` is {verb} by SQL while the release before still uses it"
        )
    if statement.action == "change-type":
        return (
            f"the type of `{statement.table}.{statement.name}` is changed by SQL, for which every row may be checked "
            "or written anew while the table is locked; add a new column and move over in steps"
        )
    if statement.action == "add-column":
        return f"`{statement.table}.{statement.name}` is added by SQL as NOT NULL without a default"
    if not is_postgresql:
        return ""
    if statement.action == "add-index":
        return (
            f"an index on `{statement.table}` is built by SQL while writes to its table wait; say `CONCURRENTLY` in a "
            "migration of its own with `atomic = False`"
        )
    return (
        f"a constraint on `{statement.table}` is added by SQL and every row compared while the table is locked; say "
        "`NOT VALID` and validate it later, or build its index first"
    )
