"""Django's schema editor for PostgreSQL, collecting SQL with no database behind it."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.backends.postgresql.base import DatabaseWrapper
from django.db.backends.postgresql.psycopg_any import sql as psycopg_sql
from django.db.backends.postgresql.schema import DatabaseSchemaEditor
from django.db.models import Model

from apps.findings.migration_sql.values import CLOCK, NotRebuilt

VERSION = 17
"""The major version of PostgreSQL that SQL is made for."""
_NAME_LENGTH = 63


class Unconnected(DatabaseWrapper):
    """A connection that never connects; what asks the database is told that it cannot be known."""

    pg_version = VERSION * 10_000

    def __init__(self) -> None:
        """Take settings that lead nowhere."""
        options: dict[str, Any] = {
            "NAME": "none",
            "USER": "",
            "PASSWORD": "",
            "HOST": "",
            "PORT": "",
        }
        options |= {"TIME_ZONE": None, "CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": False}
        options |= {"AUTOCOMMIT": True, "ATOMIC_REQUESTS": False, "OPTIONS": {}}
        super().__init__(options, alias="default")

    def connect(self) -> NoReturn:
        """Refuse."""
        raise NotRebuilt("what only the database knows")

    def cursor(self) -> NoReturn:
        """Refuse."""
        raise NotRebuilt("what only the database knows")


class CollectingEditor(DatabaseSchemaEditor):
    """Collects the statements that it would execute; existing constraints have the names that Django gives them."""

    def __init__(self) -> None:
        """Start with nothing collected. It is never entered, which would begin a transaction."""
        super().__init__(Unconnected(), collect_sql=True, atomic=False)
        self.deferred_sql: list[Any] = []

    def execute(self, sql: Any, params: Sequence[Any] | None = ()) -> None:  # noqa: ANN401
        """Collect a statement with its parameters merged in, as the base class does where the client can."""
        BaseDatabaseSchemaEditor.execute(self, sql, params)

    def quote_value(self, value: Any) -> str:  # noqa: ANN401
        """A value as SQL writes it, quoted without a connection."""
        if isinstance(value, str):
            value = value.replace("%", "%%")
        return str(psycopg_sql.quote(value, None))

    @staticmethod
    def _effective_default(field: Any) -> object:  # noqa: ANN401
        """The default of a column; the present takes the same course each time, and so the same SQL is made."""
        default: object = BaseDatabaseSchemaEditor._effective_default(field)  # type: ignore[attr-defined]
        if not field.has_default() and isinstance(default, datetime.date | datetime.time):
            now = CLOCK.now()
            return {
                "DateTimeField": now,
                "DateField": now.date(),
                "TimeField": now.time(),
            }.get(field.get_internal_type(), default)
        return default

    def _constraint_names(
        self,
        model: type[Model],
        column_names: Iterable[str] | None = None,
        unique: bool | None = None,
        primary_key: bool | None = None,
        index: bool | None = None,
        foreign_key: bool | None = None,
        check: bool | None = None,
        type_: str | None = None,
        exclude: Iterable[str] | None = None,
    ) -> list[str]:
        """The one constraint that there is if Django made it: its name may differ, its statement does not."""
        table = model._meta.db_table.strip('"')
        if primary_key:
            return [f"{table}_pkey"]
        suffix = "fk" if foreign_key else "uniq" if unique else "check" if check else "idx"
        columns = "_".join(column_names or ("all",))
        return [f"{table}_{columns}_{suffix}"[:_NAME_LENGTH]]

    def _get_sequence_name(self, table: str, column: str) -> str:
        return f"{table}_{column}_seq"

    def _is_collation_deterministic(self, collation_name: str) -> bool:
        return True

    def finish(self) -> None:
        """Execute what was put off to the end of the migration."""
        for statement in self.deferred_sql:
            self.execute(statement, None)
        self.deferred_sql = []
