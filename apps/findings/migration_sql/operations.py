"""Steps made into Django's own migration operations."""

from __future__ import annotations

from typing import NamedTuple

from django.contrib.postgres import operations as postgres
from django.db import migrations, models
from django.db.migrations.operations.base import Operation

from apps.findings.migration_sql.values import (
    NotRebuilt,
    UnknownField,
    built,
    field,
    without_default,
)
from plumbline import outline as o
from plumbline.project.rebuilding import Step


class Rebuilt(NamedTuple):
    """An operation of Django's; ``opaque`` is why no SQL is made of it although the state follows it."""

    operation: Operation
    opaque: str = ""


_ARGUMENTS = {
    "DeleteModel": ("name",),
    "RenameModel": ("old_name", "new_name"),
    "AlterModelTable": ("name", "table"),
    "AlterModelTableComment": ("name", "table_comment"),
    "AlterUniqueTogether": ("name", "unique_together"),
    "AlterIndexTogether": ("name", "index_together"),
    "AlterOrderWithRespectTo": ("name", "order_with_respect_to"),
    "RemoveField": ("model_name", "name"),
    "RenameField": ("model_name", "old_name", "new_name"),
    "AddIndex": ("model_name", "index"),
    "RemoveIndex": ("model_name", "name"),
    "RenameIndex": ("model_name", "new_name", "old_name", "old_fields"),
    "AddConstraint": ("model_name", "constraint"),
    "RemoveConstraint": ("model_name", "name"),
    "AlterConstraint": ("model_name", "name", "constraint"),
    "AddIndexConcurrently": ("model_name", "index"),
    "RemoveIndexConcurrently": ("model_name", "name"),
    "AddConstraintNotValid": ("model_name", "constraint"),
    "ValidateConstraint": ("model_name", "name"),
    "CreateCollation": ("name", "locale", "provider", "deterministic"),
    "RemoveCollation": ("name", "locale", "provider", "deterministic"),
}
_EXTENSIONS = {
    "BloomExtension": "bloom", "BtreeGinExtension": "btree_gin", "BtreeGistExtension": "btree_gist",
    "CITextExtension": "citext", "CryptoExtension": "pgcrypto", "HStoreExtension": "hstore",
    "TrigramExtension": "pg_trgm", "UnaccentExtension": "unaccent",
}  # fmt: skip
_FOR_PEOPLE = frozenset(("AlterModelOptions", "AlterModelManagers"))
_OPTIONS = frozenset(
    "db_table unique_together index_together indexes constraints managed proxy abstract order_with_respect_to "
    "db_table_comment".split()
)
_NO_COLUMN = ("taggit.managers.TaggableManager",)
"""Relations of other packages that leave a model's own table as it is."""
_DJANGO = "django.db.migrations."
_POSTGRES = "django.contrib.postgres.operations."


def operation_of(step: Step) -> Rebuilt | None:
    """Django's operation for a step, None if it changes neither tables nor what is known of them."""
    if step.opaque:
        raise NotRebuilt(step.opaque)
    if not step.name.startswith((_DJANGO, _POSTGRES)):
        raise NotRebuilt(f"the operation `{step.name.rpartition('.')[2]}`")
    kind = step.kind
    if kind == "RunPython" or kind in _FOR_PEOPLE:
        return None
    if kind == "RunSQL":
        return Rebuilt(_run_sql(step))
    if kind == "CreateModel":
        return _create_model(step)
    if kind in ("AddField", "AlterField"):
        return _set_field(step, kind)
    if kind in _EXTENSIONS or kind == "CreateExtension":
        name = _EXTENSIONS.get(kind) or _text(step, 0, "name")
        return Rebuilt(migrations.RunSQL(f'CREATE EXTENSION IF NOT EXISTS "{name}"'))
    names = _ARGUMENTS.get(kind)
    cls = getattr(migrations, kind, None) or getattr(postgres, kind, None)
    if names is None or cls is None:
        raise NotRebuilt(f"the operation `{kind}`")
    if len(step.call.args) > len(names):
        raise NotRebuilt("more arguments than the operation takes")
    given = dict(zip(names, step.call.args, strict=False)) | dict(step.call.keywords)
    arguments = {key: built(value) for key, value in given.items() if key in names}
    try:
        return Rebuilt(cls(**arguments))
    except Exception as error:
        raise NotRebuilt(f"`{kind}` refuses its arguments ({type(error).__name__})") from error


def _argument(step: Step, position: int, name: str) -> o.Value:
    if len(step.call.args) > position:
        return step.call.args[position]
    return dict(step.call.keywords).get(name)


def _text(step: Step, position: int, name: str) -> str:
    value = _argument(step, position, name)
    if not isinstance(value, str):
        raise NotRebuilt("a name that is not written out")
    return value


def _run_sql(step: Step) -> Operation:
    value = _argument(step, 0, "sql")
    if isinstance(value, o.Ref) and value.name.endswith("RunSQL.noop"):
        value = ""
    sql = built(value)
    if not isinstance(sql, str | list | tuple):
        raise NotRebuilt("SQL that is computed")
    return migrations.RunSQL(sql)


def _create_model(step: Step) -> Rebuilt:
    name = _text(step, 0, "name")
    given = _argument(step, 1, "fields")
    if not isinstance(given, o.Many):
        raise NotRebuilt("fields that are not written out")
    fields: list[tuple[str, models.Field]] = []  # type: ignore[type-arg]
    opaque = ""
    for item in given.items:
        pair = item.items if isinstance(item, o.Many) else []
        if len(pair) != 2 or not isinstance(pair[0], str):
            raise NotRebuilt("a field that is not written out")
        if isinstance(pair[1], o.Invocation) and pair[1].name in _NO_COLUMN:
            continue
        try:
            fields.append((pair[0], field(without_default(pair[1]))))
        except NotRebuilt as reason:
            opaque = opaque or str(reason)
            fields.append((pair[0], UnknownField(null=True)))
    options, missing = _options(step)
    operation = migrations.CreateModel(name, fields, options=options, bases=_bases(step))
    return Rebuilt(operation, opaque or missing)


def _options(step: Step) -> tuple[dict[str, object], str]:
    given = _argument(step, 2, "options")
    found: dict[str, object] = {}
    opaque = ""
    if isinstance(given, o.Table):
        for key, value in zip(given.keys, given.values, strict=True):
            if isinstance(key, str) and key in _OPTIONS:
                try:
                    found[key] = _in_order(built(value))
                except NotRebuilt as reason:
                    opaque = opaque or str(reason)
    elif given is not None:
        opaque = "options that are not written out"
    return found, opaque


def _in_order(value: object) -> object:
    """Sets of field names as lists, so that their order is the same each time."""
    return sorted(value, key=repr) if isinstance(value, set | frozenset) else value


def _bases(step: Step) -> tuple[str | type[models.Model], ...]:
    """Concrete bases by their names; classes only bring behaviour, as all fields are written out."""
    given = _argument(step, 3, "bases")
    items = given.items if isinstance(given, o.Many) else []
    named = tuple(item for item in items if isinstance(item, str))
    return (*named, models.Model) if len(named) < len(items) or not named else named


def _set_field(step: Step, kind: str) -> Rebuilt | None:
    model, name = _text(step, 0, "model_name"), _text(step, 1, "name")
    value = _argument(step, 2, "field")
    if isinstance(value, o.Invocation) and value.name in _NO_COLUMN:
        return None
    keeps = dict(step.call.keywords).get("preserve_default") is not False
    opaque = ""
    try:
        made = field(value)
    except NotRebuilt as reason:
        opaque = str(reason)
        try:
            made = field(without_default(value))
        except NotRebuilt:
            made = UnknownField(null=True)
    cls = migrations.AddField if kind == "AddField" else migrations.AlterField
    return Rebuilt(cls(model, name, made, preserve_default=keeps), opaque)
