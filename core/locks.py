"""Locks that PostgreSQL keeps for all processes until a transaction ends."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def only_one(number: int) -> Iterator[bool]:
    """Run the block in a transaction that holds an advisory lock; False, without it, if another process does."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
        row = cursor.fetchone()
        yield bool(row and row[0])


def one_at_a_time(number: int) -> None:
    """Wait for an advisory lock and hold it until the caller's transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])
