"""How things stand now: the queue, the clockwork, the database. Read for operators, who see all."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from django_celery_beat.models import PeriodicTask

from django.db import connection
from django.db.models import Count

from apps.repositories.models import MirrorUsage, Repository
from apps.repositories.selectors import mirror_usage_list
from apps.scans.models import Pulse, ScanChunk, ScanState, Tally


class TableSize(NamedTuple):
    """A table, its bytes on disk with all indexes, and its rows by the planner's estimate."""

    name: str
    size: int
    rows: int


def tallies() -> Iterable[tuple[str, dict[str, str], float]]:
    """Every kept count: name, labels, value."""
    return Tally.objects.values_list("name", "labels", "value")


def pulses() -> dict[str, datetime]:
    """When each job that runs by the clock last came to its end."""
    return dict(Pulse.objects.values_list("job", "at"))


def beats() -> dict[str, datetime]:
    """When beat last sent each of our tasks."""
    sent = PeriodicTask.objects.filter(enabled=True, last_run_at__isnull=False)
    return {
        task: at
        for task, at in sent.order_by("last_run_at").values_list("task", "last_run_at")
        if at
    }


def repositories() -> tuple[dict[bool, int], dict[str, int]]:
    """Count them by whether they are scanned, and those that fail by the code."""
    counted = Repository.objects.values("enabled").annotate(count=Count("pk")).order_by()
    failing = (
        Repository.objects.filter(enabled=True)
        .exclude(last_error_code="")
        .values("last_error_code")
        .annotate(count=Count("pk"))
        .order_by()
    )
    return (
        {row["enabled"]: row["count"] for row in counted},
        {row["last_error_code"]: row["count"] for row in failing},
    )


def mirrors() -> dict[str, MirrorUsage]:
    """What each worker machine that was heard of in the last day wrote down of its copies, by name and store."""
    usages = list(mirror_usage_list())
    names = Counter(usage.host for usage in usages)
    return {
        usage.host if names[usage.host] == 1 else f"{usage.host}/{usage.store[:8]}": usage
        for usage in usages
    }


def parts() -> dict[str, int]:
    """Count the parts of large scans that run, by state."""
    chunks = ScanChunk.objects.filter(scan__state=ScanState.RUNNING).order_by()
    return dict(chunks.values_list("state").annotate(Count("pk")))


def database_size() -> int:
    """Give the bytes of the database on disk."""
    return int(_rows("SELECT pg_database_size(current_database())")[0][0])


def connections() -> tuple[dict[str, int], int]:
    """Count the connections to this database by state, and give the server's limit."""
    rows = _rows(
        "SELECT coalesce(state, 'unknown'), count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() GROUP BY 1"
    )
    limit = _rows("SELECT current_setting('max_connections')::int")[0][0]
    return {str(state): int(count) for state, count in rows}, int(limit)


def tables(*, most: int = 25) -> list[TableSize]:
    """The largest tables."""
    rows = _rows(
        "SELECT relname, pg_total_relation_size(oid), greatest(reltuples, 0)::bigint FROM pg_class"
        " WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace"
        " ORDER BY 2 DESC, 1 LIMIT %s",
        most,
    )
    return [TableSize(str(name), int(size), int(count)) for name, size, count in rows]


def _rows(statement: str, *values: int) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())
