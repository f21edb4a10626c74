"""All metrics as Prometheus reads them: kept counts, and how things stand in the database now.

Nothing here is remembered by a process, so it makes no difference which one is asked, or how many there are.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from itertools import accumulate

from prometheus_client import CollectorRegistry
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from django.utils import timezone

from apps.scans.activity import lane_loads
from apps.scans.metrics import standing
from apps.scans.metrics.families import COUNTS, DURATIONS, SCANS_ENDED, Count, Durations
from apps.scans.models import ENDED, ChunkState, Lane, Scan
from plumbline.version import engine_version

type Labels = tuple[str, ...]
type Values = dict[Labels, float]
type Kept = dict[str, list[tuple[dict[str, str], float]]]


class DatabaseCollector(Collector):
    """Reads everything anew for each scrape."""

    def collect(self) -> Iterator[Metric]:
        """Give every family."""
        kept = _kept()
        yield from (_count(family, kept) for family in COUNTS)
        yield from (_durations(family, kept) for family in DURATIONS)
        yield from _queue()
        yield from _clockwork()
        yield from _repositories()
        yield from _mirrors()
        yield from _database()
        version = GaugeMetricFamily("plumbline_build", "The engine.", labels=["version"])
        version.add_metric([engine_version()], 1)
        yield version


def registry() -> CollectorRegistry:
    """Everything that a scrape gives."""
    made = CollectorRegistry(auto_describe=False)
    made.register(DatabaseCollector())
    return made


def _kept() -> Kept:
    kept: Kept = defaultdict(list)
    for name, labels, value in standing.tallies():
        kept[name].append((labels, value))
    return kept


def _by_labels(family: Count | Durations, rows: list[tuple[dict[str, str], float]]) -> Values:
    return {tuple(labels[name] for name in family.labels): value for labels, value in rows}


def _count(family: Count, kept: Kept) -> Metric:
    metric = CounterMetricFamily(family.name, family.help, labels=family.labels)
    values = _by_labels(family, kept[family.name])
    if family is SCANS_ENDED:
        # A series that begins at 0 shows its first growth; one that begins at 1 does not.
        values = {(state, lane): 0.0 for state in ENDED for lane in Lane.values} | values
    elif not family.labels:
        values = {(): 0.0} | values
    for labels, value in sorted(values.items()):
        metric.add_metric(labels, value)
    return metric


def _durations(family: Durations, kept: Kept) -> Metric:
    metric = HistogramMetricFamily(family.name, family.help, labels=family.labels)
    classes: dict[Labels, dict[str, float]] = defaultdict(dict)
    for labels, value in kept[family.name]:
        classes[tuple(labels[name] for name in family.labels)][labels["le"]] = value
    sums = _by_labels(family, kept[family.sum_name])
    for key, counts in sorted(classes.items()):
        totals = accumulate(counts.get(bound, 0.0) for bound in family.bounds)
        metric.add_metric(key, list(zip(family.bounds, totals, strict=True)), sums.get(key, 0.0))
    return metric


def _queue() -> Iterator[Metric]:
    waiting = GaugeMetricFamily(
        "plumbline_scans_waiting",
        "Scans that wait: ready for a worker, or for the time of their next attempt.",
        labels=["lane", "ready"],
    )
    oldest = GaugeMetricFamily(
        "plumbline_scans_oldest_wait_seconds",
        "How long the first of those that are ready has waited.",
        labels=["lane"],
    )
    running = GaugeMetricFamily("plumbline_scans_running", "Scans that run.", labels=["lane"])
    longest = GaugeMetricFamily(
        "plumbline_scans_longest_run_seconds", "How long the first of them runs.", labels=["lane"]
    )
    lapsed = GaugeMetricFamily(
        "plumbline_scans_lapsed",
        "Scans that run by their row, but whose worker has not renewed its lease.",
        labels=["lane"],
    )
    now = timezone.now()
    for load in lane_loads(Scan.objects.all()):
        waiting.add_metric([load.lane, "yes"], load.ready)
        waiting.add_metric([load.lane, "no"], load.delayed)
        oldest.add_metric([load.lane], _age(load.oldest_ready, now))
        running.add_metric([load.lane], load.running)
        longest.add_metric([load.lane], _age(load.oldest_start, now))
        lapsed.add_metric([load.lane], load.lapsed)
    parts = GaugeMetricFamily(
        "plumbline_scan_parts", "Parts of large scans that run, by state.", labels=["state"]
    )
    by_state = standing.parts()
    for state in ChunkState.values:
        parts.add_metric([state], by_state.get(state, 0))
    yield from (waiting, oldest, running, longest, lapsed, parts)


def _clockwork() -> Iterator[Metric]:
    done = GaugeMetricFamily(
        "plumbline_job_last_success_timestamp_seconds",
        "When a job that runs by the clock last came to its end.",
        labels=["job"],
    )
    for job, at in standing.pulses().items():
        done.add_metric([job], at.timestamp())
    sent = GaugeMetricFamily(
        "plumbline_beat_last_sent_timestamp_seconds",
        "When beat last sent a task; beat writes it down every few minutes.",
        labels=["task"],
    )
    for task, at in standing.beats().items():
        sent.add_metric([task], at.timestamp())
    yield from (done, sent)


def _repositories() -> Iterator[Metric]:
    watched = GaugeMetricFamily(
        "plumbline_repositories", "Repositories, by whether they are scanned.", labels=["enabled"]
    )
    failing = GaugeMetricFamily(
        "plumbline_repositories_failing",
        "Repositories whose newest scan failed, by code.",
        labels=["code"],
    )
    by_enabled, by_code = standing.repositories()
    for enabled in (True, False):
        watched.add_metric(["yes" if enabled else "no"], by_enabled.get(enabled, 0))
    for code, count in sorted(by_code.items()):
        failing.add_metric([code], count)
    yield from (watched, failing)


def _mirrors() -> Iterator[Metric]:
    mirrors = GaugeMetricFamily(
        "plumbline_mirrors", "Bare copies on the disk of a worker machine.", labels=["host"]
    )
    size = GaugeMetricFamily("plumbline_mirror_bytes", "What they take.", labels=["host"])
    bound = GaugeMetricFamily(
        "plumbline_mirror_bytes_limit", "What they may take together.", labels=["host"]
    )
    for host, usage in standing.mirrors().items():
        mirrors.add_metric([host], usage.mirrors)
        size.add_metric([host], usage.size)
        bound.add_metric([host], usage.bound)
    yield from (mirrors, size, bound)


def _database() -> Iterator[Metric]:
    yield _gauge("plumbline_database_bytes", "The database on disk.", standing.database_size())
    connections = GaugeMetricFamily(
        "plumbline_database_connections",
        "Connections to the database of all processes together, by state.",
        labels=["state"],
    )
    by_state, limit = standing.connections()
    for state, count in sorted(by_state.items()):
        connections.add_metric([state], count)
    yield connections
    yield _gauge(
        "plumbline_database_connections_limit", "How many the server allows for everybody.", limit
    )
    size = GaugeMetricFamily(
        "plumbline_table_bytes", "A table with its indexes on disk.", labels=["table"]
    )
    rows = GaugeMetricFamily(
        "plumbline_table_rows", "Rows of a table, as the planner estimates.", labels=["table"]
    )
    for table in standing.tables():
        size.add_metric([table.name], table.size)
        rows.add_metric([table.name], table.rows)
    yield from (size, rows)


def _gauge(name: str, words: str, value: float) -> Metric:
    metric = GaugeMetricFamily(name, words)
    metric.add_metric([], value)
    return metric


def _age(since: datetime | None, now: datetime) -> float:
    return max((now - since).total_seconds(), 0.0) if since else 0.0
