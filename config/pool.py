"""The pool of connections to the database, which outlives a restart of the server."""

from psycopg import Connection
from psycopg_pool import ConnectionPool


def connection_check(connection: Connection[object]) -> None:
    """Ask a connection that waited in the pool whether it still works; if it does not, replace all that waited with it.

    After a restart of the server all of them are dead. Whoever wants one would meet them one by one, and the pool waits
    longer after each: somebody would wait for ten seconds, and then be refused.

    Raises:
        Error: It does not work.
    """
    try:
        ConnectionPool.check_connection(connection)
    except Exception:
        # The pool notes itself there, and no other way leads to it.
        pool = getattr(connection, "_pool", None)
        if isinstance(pool, ConnectionPool):
            pool.drain()
        raise
