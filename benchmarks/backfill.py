"""What the history of a repository costs, against its newest commit alone.

usage: python -m benchmarks.backfill REPOSITORY [--months 24] [--workers 2] [--strict]

REPOSITORY is a bare git repository with history, which is only read. A whole installation runs beside it as under
`make up`. Three things are measured, each from the request until another connection to the database sees its end:

- newest: registering the repository and its first scan, with nothing known of it;
- months: a backfill of so many months, after every outline was forgotten again;
- again: the same backfill as after a change of the rules, when the outlines are there.

Wall time is what somebody waits. Processor time is user and system time of the worker and everything below it
(children of the sandbox, and git with the local server that it fetches from) and of both servers. Parsed is the number
of blobs whose outline was not known. `--strict` ends with status 1 if the months take longer than 60 s, or more than
three times the wall time or processor time of the newest commit, or if anything was parsed again.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.installation import Installation, Processor, settings_load

if TYPE_CHECKING:
    from apps.repositories.models import Repository
    from apps.scans.models import Scan

WALL_LIMIT = 60.0
RATIO_LIMIT = 3.0
_LONGEST = 900.0
_QUIET_SECONDS = 1.5


@dataclass(frozen=True)
class Measured:
    """What something took, and what it did."""

    wall: float
    cost: Processor
    scans: list[Scan]

    @property
    def parsed(self) -> int:
        """Blobs whose outline was made."""
        return sum(scan.counts.get("outlines_parsed", 0) for scan in self.scans)

    def phases(self) -> str:
        """Mean seconds of each phase of a scan."""
        totals: dict[str, float] = {}
        for scan in self.scans:
            for name, seconds in scan.timings.items():
                totals[name] = totals.get(name, 0.0) + seconds
        count = max(1, len(self.scans))
        return " · ".join(f"{name} {total / count:.3f}" for name, total in totals.items())


class Bench:
    """An installation that watches one repository."""

    def __init__(self, installation: Installation, url: str, months: int) -> None:
        """Take what runs, and what to watch."""
        self._installation = installation
        self._url = url
        self._months = months
        self._repository: Repository | None = None

    def newest(self) -> Measured:
        """Register the repository and wait for its first scan."""
        from apps.repositories.services import repository_register
        from apps.scans.models import Scan

        def request() -> None:
            self._repository = repository_register(url=self._url)

        return self._measure(request, lambda: self._ended(Scan.objects.filter(as_of=None)))

    def months(self) -> Measured:
        """Ask for the months and wait for the last of them."""
        from apps.scans.models import Scan
        from apps.scans.services import backfill_request

        repository = self._repository
        assert repository is not None  # noqa: S101

        def ended() -> list[Scan] | None:
            backfill = repository.backfills.order_by("-id").first()
            assert backfill is not None  # noqa: S101
            if not backfill.is_finished:
                return None
            if backfill.state != "done":
                sys.exit(f"The backfill failed: {backfill.error_code}: {backfill.error_text}")
            return self._ended(Scan.objects.filter(backfill=backfill))

        return self._measure(
            lambda: backfill_request(repository=repository, months=self._months), ended
        )

    def _ended(self, scans) -> list[Scan] | None:  # noqa: ANN001
        found = list(scans.filter(repository=self._repository).order_by("id"))
        if not found or not all(scan.is_finished for scan in found):
            return None
        for scan in found:
            if scan.state != "done":
                sys.exit(f"A scan failed: {scan.error_code}: {scan.error_text}")
        return found

    def _measure(
        self, request: Callable[[], object], ended: Callable[[], list[Scan] | None]
    ) -> Measured:
        self._wait_until_quiet()
        before, start = self._installation.processor(), time.monotonic()
        request()
        while (scans := ended()) is None:
            if time.monotonic() - start > _LONGEST:
                sys.exit("It does not end.")
            self._installation.stage.supervisor.poll(0.02)
        wall = time.monotonic() - start
        self._wait_until_quiet()
        return Measured(wall, self._installation.processor() - before, scans)

    def _wait_until_quiet(self) -> None:
        """Until the installation has hardly done anything for a while."""
        used, deadline = self._installation.processor().total, time.monotonic() + 30
        while time.monotonic() < deadline:
            self._installation.stage.supervisor.poll(0.01)
            time.sleep(_QUIET_SECONDS)
            now = self._installation.processor().total
            if now - used < 0.1:
                return
            used = now


def _outlines_forget() -> None:
    from apps.scans.models import Outline

    Outline.objects.all().delete()


def _rules_change() -> None:
    """Leave the past as other rules judged it."""
    from apps.scans.models import Scan

    Scan.objects.filter(as_of__isnull=False).update(ruleset="sha256:older")


def main() -> int:
    """Measure, print, and judge."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("repository", type=Path)
    parser.add_argument("--months", type=int, default=24)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--strict", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="plumbline-backfill-") as name:
        folder = Path(name) / "var"
        settings_load(folder)
        with Installation.running(folder, workers=given.workers) as installation:
            bench = Bench(installation, f"file://{given.repository.resolve()}", given.months)
            newest = bench.newest()
            _outlines_forget()
            months = bench.months()
            _rules_change()
            again = bench.months()
    print(f"\n{'':8} {'wall s':>7} {'worker s':>9} {'servers s':>9} {'scans':>6} {'parsed':>7}")
    rows = {"newest": newest, "months": months, "again": again}
    for name, one in rows.items():
        print(
            f"{name:8} {one.wall:7.2f} {one.cost.worker:9.2f} {one.cost.servers:9.2f}"
            f" {len(one.scans):6} {one.parsed:7}"
        )
    print("\nmean seconds of a scan by phase")
    for name, one in rows.items():
        print(f"{name:8} {one.phases()}")
    walls, costs = months.wall / newest.wall, months.cost.total / newest.cost.total
    print(
        f"\n{len(months.scans)} months: {months.wall:.1f} s (bound {WALL_LIMIT:g});"
        f" {walls:.2f} times the wall time and {costs:.2f} times the processor time of the newest"
        f" commit (bound {RATIO_LIMIT:g}); {months.parsed / max(1, newest.parsed):.2f} times its"
        f" parses; parsed again after a change of the rules: {again.parsed}"
    )
    good = months.wall <= WALL_LIMIT and max(walls, costs) <= RATIO_LIMIT and not again.parsed
    return 0 if good or not given.strict else 1


if __name__ == "__main__":
    sys.exit(main())
