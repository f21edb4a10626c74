"""The pool of connections to the database."""

import os
import time
from collections.abc import Iterator

import psycopg
import pytest
from psycopg_pool import ConnectionPool

from config.pool import connection_check
from tests.servers import Servers

IDLE = 6
NAME = "test of the pool"


@pytest.fixture
def pool(servers: Servers, django_db_setup) -> Iterator[ConnectionPool]:
    """A pool with connections that nobody uses."""
    with ConnectionPool(
        os.environ["DATABASE_URL"],
        kwargs={"application_name": NAME, "autocommit": True},
        min_size=IDLE,
        max_size=IDLE,
        timeout=10,
        check=connection_check,
    ) as pool:
        pool.wait()
        yield pool


def connections_end() -> int:
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        ended = connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s",
            [NAME],
        ).fetchall()
    return len(ended)


def test_nobody_waits_for_connections_that_a_restart_has_ended(pool):
    assert connections_end() == IDLE
    for _ in range(2):
        began = time.monotonic()
        with pool.connection() as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        # With the pool's own check it takes more than three seconds to come to the end of six dead ones.
        assert time.monotonic() - began < 3
    assert pool.get_stats()["pool_size"] <= IDLE
