"""What a database held at one moment: a fleet that takes seconds to make is put back in a fraction of one."""

from dataclasses import dataclass
from typing import Self

from django.db import connection, transaction


@dataclass(frozen=True)
class Kept:
    """The rows of every table, as COPY writes them, and where each sequence stood."""

    rows: dict[str, bytes]
    sequences: dict[str, int]

    @classmethod
    def of_database(cls) -> Self:
        """Read all of it."""
        rows = {}
        with connection.cursor() as cursor:
            for table in connection.introspection.django_table_names(only_existing=True):
                statement = f"COPY {connection.ops.quote_name(table)} TO STDOUT (FORMAT binary)"
                with cursor.copy(statement) as copy:
                    rows[table] = b"".join(bytes(part) for part in copy)
            cursor.execute(
                "SELECT format('%I.%I', schemaname, sequencename), last_value FROM pg_sequences"
                " WHERE last_value IS NOT NULL"
            )
            return cls(rows, dict(cursor.fetchall()))

    @transaction.atomic
    def put_back(self) -> None:
        """Let the database hold that and nothing else."""
        with connection.cursor() as cursor:
            # Neither triggers nor foreign keys look on: all of it was there once.
            cursor.execute("SET LOCAL session_replication_role = replica")
            for table, content in self.rows.items():
                name = connection.ops.quote_name(table)
                cursor.execute(f"DELETE FROM {name}")  # noqa: S608 - a name that Django gave, quoted
                with cursor.copy(f"COPY {name} FROM STDIN (FORMAT binary)") as copy:
                    copy.write(content)
            for name, value in self.sequences.items():
                cursor.execute("SELECT setval(%s::regclass, %s)", [name, value])
