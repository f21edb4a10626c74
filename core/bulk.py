"""Many rows at once: looked up by keys, added by COPY, changed from JSON; the ORM would take several times as long."""

from collections.abc import Iterable, Sequence

import msgspec

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models


def is_any_of(field: str, keys: Iterable[int]) -> models.Func:
    """The condition that a field holds one of these keys, which go to the database as one array.

    A thousand of them, one by one as in ``pk__in``, cost some milliseconds.
    """
    array = models.Value(list(keys), output_field=ArrayField(models.BigIntegerField()))
    return models.Func(
        models.F(field),
        array,
        arg_joiner=" = ANY(",
        template="%(expressions)s)",
        output_field=models.BooleanField(),
    )


def ids_reserve(model: type[models.Model], count: int) -> list[int]:
    """Primary keys that nobody else will get, in rising order, for rows that name each other before they are there."""
    if not count:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
            [model._meta.db_table, str(model._meta.pk.column), count],
        )
        return [row[0] for row in cursor.fetchall()]


def rows_copy(
    model: type[models.Model], fields: Sequence[str], rows: Iterable[Sequence[object]]
) -> None:
    """Add rows of a table in one statement, in the transaction that is open.

    Values come as the columns hold them: keys instead of objects, `Jsonb` for JSON. Neither `save` nor signals run,
    and a field that is left out needs a default in the database or must be nullable.
    """
    quoted = connection.ops.quote_name
    columns = ", ".join(quoted(str(field.column)) for field in _fields(model, fields))
    statement = f"COPY {quoted(model._meta.db_table)} ({columns}) FROM STDIN"
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


def rows_update(
    model: type[models.Model], fields: Sequence[str], rows: Sequence[Sequence[object]]
) -> None:
    """Change rows of a table in one statement; what each of them begins with is its primary key.

    Values come as the columns hold them: keys instead of objects. Neither `save` nor signals run; rows that are no more
    are left out.
    """
    quoted = connection.ops.quote_name
    table, key = quoted(model._meta.db_table), str(model._meta.pk.column)
    changed = _fields(model, fields)
    columns = [str(field.column) for field in changed]
    types = [str(field.db_type(connection)) for field in changed]
    record = [(key, str(model._meta.pk.rel_db_type(connection))), *zip(columns, types, strict=True)]
    shape = ", ".join(f"{quoted(column)} {kind}" for column, kind in record)
    changes = ", ".join(f"{quoted(column)} = new.{quoted(column)}" for column in columns)
    objects = [dict(zip((key, *columns), row, strict=True)) for row in rows]
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET {changes} FROM json_to_recordset(%s) AS new({shape})"  # noqa: S608
            f" WHERE {table}.{quoted(key)} = new.{quoted(key)}",
            [msgspec.json.encode(objects).decode()],
        )


def _fields(model: type[models.Model], names: Sequence[str]) -> list[models.Field[object, object]]:
    known = {field.name: field for field in model._meta.concrete_fields}
    return [known[name] for name in names]
