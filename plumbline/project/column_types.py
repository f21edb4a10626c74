"""The type that PostgreSQL gives the column of a field, and whether changing it rewrites the table."""

from __future__ import annotations

from plumbline import outline as o
from plumbline.project.schema import Field

type ColumnType = tuple[str, int, int]
"""Name of the type and its two sizes, -1 where there is none: ``varchar(40)`` is ``("varchar", 40, -1)``."""

_SIMPLE = {
    "AutoField": "integer", "IntegerField": "integer", "PositiveIntegerField": "integer",
    "BigAutoField": "bigint", "BigIntegerField": "bigint", "PositiveBigIntegerField": "bigint",
    "SmallAutoField": "smallint", "SmallIntegerField": "smallint", "PositiveSmallIntegerField": "smallint",
    "BooleanField": "boolean", "NullBooleanField": "boolean", "DateField": "date",
    "DateTimeField": "timestamp with time zone", "TimeField": "time", "DurationField": "interval",
    "FloatField": "double precision", "UUIDField": "uuid", "JSONField": "jsonb", "BinaryField": "bytea",
    "GenericIPAddressField": "inet", "IPAddressField": "inet", "TextField": "text", "HStoreField": "hstore",
}  # fmt: skip
_DEFAULT_LENGTHS = {
    "EmailField": 254, "URLField": 200, "SlugField": 50, "FileField": 100, "ImageField": 100, "FilePathField": 100,
    "CommaSeparatedIntegerField": -1, "CharField": -1,
}  # fmt: skip
EMPTY_TEXT = frozenset((*_DEFAULT_LENGTHS, "TextField", "BinaryField"))
"""Fields that Django fills with nothing where they may be blank and have no default."""


def column_type(field: Field) -> ColumnType | None:
    """The type of a field's column, None where it is not known: of a relation, a foreign class, a computed size."""
    if not field.is_django or field.relation:
        return None
    kind = field.short_kind
    if kind in _SIMPLE:
        return _SIMPLE[kind], -1, -1
    if kind in _DEFAULT_LENGTHS:
        length = max_length(field)
        return None if length is None else ("varchar", length, -1)
    if kind == "DecimalField":
        digits, places = field.keyword("max_digits"), field.keyword("decimal_places")
        if isinstance(digits, int) and isinstance(places, int):
            return "numeric", digits, places
    return None


def max_length(field: Field) -> int | None:
    """The greatest length of a text, -1 if there is none; None where it cannot be told."""
    if field.has("max_length"):
        value = field.keyword("max_length")
        if value is None and not field.has("**"):
            return -1
        return value if isinstance(value, int) else None
    if isinstance(field.value, o.Invocation) and len(field.value.args) > 3:
        return None  # by position
    return _DEFAULT_LENGTHS.get(field.short_kind, -1)


def spelled(kind: ColumnType) -> str:
    """A type as SQL writes it."""
    name, *sizes = kind
    given = ", ".join(str(size) for size in sizes if size >= 0)
    return f"{name}({given})" if given else name


def rewrites(old: ColumnType, new: ColumnType) -> bool:
    """Whether PostgreSQL writes or checks every row to change a column's type from one to the other."""
    if old == new:
        return False
    if old[0] in ("varchar", "text") and new[0] in ("varchar", "text"):
        # Longer or without limit is a matter of the catalogue alone.
        return new[1] >= 0 and (old[1] < 0 or new[1] < old[1])
    if old[0] == new[0] == "numeric":
        return old[2] != new[2] or new[1] < old[1]
    return True
