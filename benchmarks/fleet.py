"""How fast a fleet is scanned, and how long a push waits meanwhile.

usage: python -m benchmarks.fleet FOLDER… [--repositories 200] [--workers 2 4] [--every 2.0] [--seed 1]

FOLDERs are work trees of real repositories; only copies of parts of them are touched (see ``recut``). The repositories
that are made of them are registered in bulk with a whole installation as under `make up`, whose one worker has so many
processes, and nobody does anything more but push: every so many seconds one commit of five edited files to a random
repository, announced by a signed webhook over HTTP. It ends when all first scans and the pushes' scans have.

Each number of processes is measured in an installation of its own with nothing cached; the first of them sees the
repositories as made, the next ones with the pushes of the former. Processor time is of the worker with all below it
(git and the sandbox included), of the servers, and of the web server. Memory is the largest sum over the worker's
processes of what each has for itself and its part of what they share, once a second.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.announcing import push_announce
from benchmarks.installation import Installation, settings_load
from benchmarks.pushing import Author
from benchmarks.recut import recut

if TYPE_CHECKING:
    from apps.repositories.models import Repository

_EDITED_AT_ONCE = 5
_LONGEST = 3 * 3600.0
_TABLES = 8
CLAIMED_LIMIT = 5.0


@dataclass(frozen=True)
class Measured:
    """One installation's figures; seconds, bytes, and shares of 1."""

    processes: int
    repositories: int
    failed: int
    first_scans: float
    load: float
    processor: dict[str, float]
    memory: int
    claimed: list[float]
    recorded: list[float]
    outlines_cached: float
    lints_cached: float
    database: int
    tables: dict[str, int]
    mirrors: int


@dataclass
class Fleet:
    """Repositories that an installation follows, and who pushes to them."""

    installation: Installation
    authors: list[Author]
    chance: random.Random
    memory: int = 0
    _repositories: list[Repository] = field(default_factory=list)
    _pushes: list[tuple[float, str]] = field(default_factory=list)

    def register(self) -> None:
        """Follow all of them by one call."""
        from apps.repositories.bulk import Entry, repositories_register

        entries = [Entry(number, author.url) for number, author in enumerate(self.authors)]
        answers = repositories_register(entries=entries, allow_local=True)
        refused = [answer.error for answer in answers if answer.error]
        if refused:
            raise SystemExit(f"{len(refused)} were refused: {refused[0]}")
        self._repositories = [answer.repository for answer in answers if answer.repository]

    def run(self, *, every: float) -> float:
        """Push until the first scans have ended, and wait for the rest; seconds of the first scans."""
        from apps.scans.models import Scan

        began = time.monotonic()
        first = Scan.objects.filter(trigger="register", finished_at=None)
        pushed = sampled = began
        while first.exists():
            if time.monotonic() - began > _LONGEST:
                raise SystemExit(f"{first.count()} scans do not end.")
            self.installation.stage.supervisor.poll(0.05)
            if time.monotonic() > pushed + every:
                pushed = time.monotonic()
                self._push()
            if time.monotonic() > sampled + 1:
                sampled = time.monotonic()
                self.memory = max(self.memory, self.installation.worker_memory())
        took = time.monotonic() - began
        while Scan.objects.filter(finished_at=None).exists():
            self.installation.stage.supervisor.poll(0.2)
        return took

    def waits(self) -> tuple[list[float], list[float]]:
        """Seconds from the announcement of each push until its scan was claimed, and until it was recorded."""
        from apps.scans.models import Scan

        scans = {
            str(scan.public_id): scan
            for scan in Scan.objects.filter(public_id__in=[key for _, key in self._pushes])
        }
        claimed, recorded = [], []
        for sent, key in self._pushes:
            scan = scans[key]
            assert scan.started_at is not None  # noqa: S101
            assert scan.finished_at is not None  # noqa: S101
            claimed.append(scan.started_at.timestamp() - sent)
            recorded.append(scan.finished_at.timestamp() - sent)
        return claimed, recorded

    def _push(self) -> None:
        from apps.repositories.models import Repository

        place = self.chance.randrange(len(self.authors))
        commit = self.authors[place].push()
        repository = Repository.objects.select_related("webhook").get(
            pk=self._repositories[place].pk
        )
        sent = time.time()
        self._pushes.append((sent, push_announce(repository, commit, port=self.installation.port)))


def measure(
    folder: Path, repositories: Path, *, processes: int, every: float, seed: int
) -> Measured:
    """Scan all repositories below a folder with a new installation."""
    settings_load(folder / "var")
    chance = random.Random(seed)  # noqa: S311
    authors = [
        Author.at(git_dir, files=_EDITED_AT_ONCE, seed=seed)
        for git_dir in sorted(repositories.glob("*.git"))
    ]
    with Installation.running(folder / "var", workers=processes) as installation:
        fleet = Fleet(installation, authors, chance)
        before = installation.processor()
        fleet.register()
        first_scans = fleet.run(every=every)
        spent = installation.processor() - before
        claimed, recorded = fleet.waits()
        return Measured(
            processes=processes,
            repositories=len(authors),
            failed=_failed(),
            first_scans=first_scans,
            load=os.getloadavg()[1],
            processor=spent._asdict(),
            memory=fleet.memory,
            claimed=claimed,
            recorded=recorded,
            **_caches(),
            **_database(),
            mirrors=_size(folder / "var" / "mirrors"),
        )


def _failed() -> int:
    from apps.scans.models import Scan

    return Scan.objects.exclude(state__in=["done", "superseded"]).count()


def _caches() -> dict[str, float]:
    """Which part of what scans needed was known already."""
    from apps.scans.models import Scan

    totals: dict[str, int] = {}
    for counts in Scan.objects.values_list("counts", flat=True).iterator():
        for name, number in counts.items():
            totals[name] = totals.get(name, 0) + number
    return {
        "outlines_cached": 1
        - totals.get("outlines_parsed", 0) / max(1, totals.get("outlines_wanted", 0)),
        "lints_cached": 1 - totals.get("lints_run", 0) / max(1, totals.get("lints_wanted", 0)),
    }


def _database() -> dict[str, Any]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        (size,) = cursor.fetchone()
        cursor.execute(
            "SELECT relname, pg_total_relation_size(oid) FROM pg_class WHERE relkind = 'r' "
            "AND relnamespace = 'public'::regnamespace ORDER BY 2 DESC LIMIT %s",
            [_TABLES],
        )
        return {"database": size, "tables": dict(cursor.fetchall())}


def _size(folder: Path) -> int:
    return sum(file.lstat().st_size for file in folder.rglob("*") if file.is_file())


def shown(all_measured: Sequence[Measured]) -> list[str]:
    """The figures as a table in Markdown, one column for each number of processes."""
    rows = [
        ("repositories", [f"{one.repositories}, {one.failed} failed" for one in all_measured]),
        ("first scans", [f"{one.first_scans:.0f} s" for one in all_measured]),
        (
            "throughput",
            [f"{one.repositories / one.first_scans * 60:.0f} scans/min" for one in all_measured],
        ),
        ("pushes meanwhile", [str(len(one.claimed)) for one in all_measured]),
        ("push until claimed, p50 / p95", [_waits(one.claimed) for one in all_measured]),
        ("push until recorded, p50 / p95", [_waits(one.recorded) for one in all_measured]),
        ("processor time of the worker", [_of(one, "worker") for one in all_measured]),
        ("… of PostgreSQL and Valkey", [_of(one, "servers") for one in all_measured]),
        ("… of the web server", [_of(one, "web") for one in all_measured]),
        (
            "processors kept busy",
            [f"{sum(one.processor.values()) / one.first_scans:.2f}" for one in all_measured],
        ),
        ("memory of the worker", [_megabytes(one.memory) for one in all_measured]),
        ("outlines from the cache", [f"{one.outlines_cached:.0%}" for one in all_measured]),
        ("ruff's results from the cache", [f"{one.lints_cached:.0%}" for one in all_measured]),
        ("database", [_megabytes(one.database) for one in all_measured]),
        ("mirrors", [_megabytes(one.mirrors) for one in all_measured]),
        ("load of the machine (5 min)", [f"{one.load:.1f}" for one in all_measured]),
    ]
    heads = [f"{one.processes} processes" for one in all_measured]
    lines = [f"| | {' | '.join(heads)} |", f"|---|{'---|' * len(heads)}"]
    lines += [f"| {name} | {' | '.join(cells)} |" for name, cells in rows]
    tables = ", ".join(
        f"{name} {_megabytes(size)}" for name, size in all_measured[0].tables.items()
    )
    return [*lines, "", f"Largest tables: {tables}."]


def _waits(seconds: Sequence[float]) -> str:
    if len(seconds) < 2:
        return "—"
    return f"{statistics.median(seconds):.1f} s / {statistics.quantiles(seconds, n=20)[18]:.1f} s"


def _of(one: Measured, part: str) -> str:
    seconds = one.processor[part]
    return f"{seconds:.0f} s, {seconds / one.repositories:.2f} s a repository"


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.0f} MB"


def main() -> int:
    """Make the repositories, measure in processes of their own, and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--repositories", type=int, default=200)
    parser.add_argument("--workers", type=int, nargs="+", default=[2])
    parser.add_argument("--every", type=float, default=2.0, help="seconds between two pushes")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        (made,) = given.folders
        (processes,) = given.workers
        one = measure(given.measure, made, processes=processes, every=given.every, seed=given.seed)
        print(json.dumps(asdict(one)))
        return 0
    results = []
    with tempfile.TemporaryDirectory(prefix="plumbline-fleet-") as name:
        made = Path(name) / "repositories"
        made.mkdir()
        recut(given.folders, made, repositories=given.repositories, seed=given.seed)
        size = _size(made)
        print(f"{given.repositories} repositories, {size / 1e6:.0f} MB", file=sys.stderr)
        for processes in given.workers:
            folder = Path(name) / f"with-{processes}"
            folder.mkdir()
            command = [
                sys.executable, "-m", "benchmarks.fleet", str(made), "--measure", str(folder),
                "--workers", str(processes), "--every", str(given.every), "--seed", str(given.seed),
            ]  # fmt: skip
            output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
            results.append(Measured(**json.loads(output)))
            print("\n".join(shown(results)), file=sys.stderr)
    print("\n".join(shown(results)))
    return 0 if not any(one.failed for one in results) else 1


if __name__ == "__main__":
    sys.exit(main())
