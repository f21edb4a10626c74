"""Locks that PostgreSQL keeps for all processes until a transaction ends."""

from collections.abc import Iterator
from contextlib import contextmanager

from psycopg.errors import LockNotAvailable

from django.db import OperationalError, connection, transaction


@contextmanager
def only_one(number: int) -> Iterator[bool]:
    """Run the block in a transaction that holds an advisory lock; False, without it, if another process does."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
        row = cursor.fetchone()
        yield bool(row and row[0])


def one_at_a_time(number: int, *, patience: float) -> bool:
    """Hold an advisory lock until the caller's transaction ends; False if it was not free in time.

    Args:
        number: Which lock.
        patience: Seconds to wait for it, so that nobody stands behind a process that hangs.
    """
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{patience:.3f}s"])
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])
            cursor.execute("SET LOCAL lock_timeout TO DEFAULT")
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            return False
        raise
    return True
