"""How long a push takes, from the webhook to the recorded score, and what part of a first scan it costs.

usage: python -m benchmarks.push REPOSITORY [--pushes 20] [--files 10] [--workers N] [--pause 1.5] [--seed 1] [--strict]

REPOSITORY is a folder with sources or a git repository; only a copy of it is touched. A whole installation runs beside
it as under `make up`. The repository is registered and scanned once: the cold scan. Then come pushes, one by one to an
idle worker, each of one commit that edits Python files: comments, statements, renamed functions, and code that brings
findings or takes them away again. Each is announced by a signed webhook over HTTP.

Wall time counts from before the webhook's request is sent until another connection to the database sees the scan as
done. Processor time is user and system time of the worker and everything below it (children of the sandbox and git
included, after they ended) and of both servers, until nothing goes on any more, for `--pause` seconds, after which
comes the next push. A virtual machine that gives idle memory back to its host pays for every page anew after some
seconds; what that costs is printed too. `--strict` ends with status 1 if the median push takes longer than a second or
more than 5 % of the worker's processor time of the cold scan.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from benchmarks.announcing import push_announce
from benchmarks.installation import Installation, Processor, settings_load
from benchmarks.memory import SIZE, memory_prices
from benchmarks.pushing import Author

if TYPE_CHECKING:
    from apps.repositories.models import Repository
    from apps.scans.models import Scan

WALL_LIMIT = 1.0
SHARE_LIMIT = 0.05
_QUIET_SHARE = 0.07
_LONGEST = 600.0


@dataclass(frozen=True)
class Measured:
    """One scan: seconds from the announcement to its parts, and its cost."""

    wall: float
    answered: float
    claimed: float
    finished: float
    phases: dict[str, float]
    cost: Processor
    findings: str

    @classmethod
    def of(cls, scan: Scan, *, sent: float, answered: float, seen: float, cost: Processor) -> Self:
        """From the row of a finished scan and the clock's times."""
        from apps.findings.models import Finding

        assert scan.started_at is not None  # noqa: S101
        assert scan.finished_at is not None  # noqa: S101
        new = Finding.objects.filter(first_seen_scan=scan).count()
        gone = Finding.objects.filter(fixed_at=scan.finished_at).count()
        return cls(
            wall=seen - sent,
            answered=answered - sent,
            claimed=scan.started_at.timestamp() - sent,
            finished=scan.finished_at.timestamp() - sent,
            phases=scan.timings,
            cost=cost,
            findings=f"+{new} -{gone}",
        )


class Bench:
    """An installation that watches one repository."""

    def __init__(self, installation: Installation, author: Author, pause: float) -> None:
        """Take what runs, who pushes, and for how many seconds nothing goes on between two scans."""
        self.installation = installation
        self.author = author
        self.pause = pause
        self._repository: Repository | None = None

    def first_scan(self) -> Measured:
        """Register the repository and wait for its first scan."""
        from apps.repositories.services import repository_register

        self._wait_until_quiet()
        before, sent = self.installation.processor(), time.time()
        self._repository = repository_register(url=self.author.url, provider="github")
        return self._finish(before, sent, sent)

    def push(self) -> Measured:
        """Push a commit, announce it, and wait for its scan."""
        assert self._repository is not None  # noqa: S101
        commit = self.author.push()
        self._wait_until_quiet()
        before, sent = self.installation.processor(), time.time()
        push_announce(self._repository, commit, port=self.installation.port)
        measured = self._finish(before, sent, time.time())
        latest = self._latest()
        assert latest is not None and latest.commit == commit  # noqa: S101
        return measured

    def _finish(self, before: Processor, sent: float, answered: float) -> Measured:
        while (scan := self._latest()) is None or not scan.is_finished:
            if time.time() - sent > _LONGEST:
                sys.exit("The scan does not end.")
            if time.time() - sent > 10:
                self.installation.stage.supervisor.poll(0.2)
            else:
                time.sleep(0.005)
        seen = time.time()
        if scan.state != "done":
            sys.exit(f"The scan failed: {scan.error_code}: {scan.error_text}")
        self._wait_until_quiet()
        cost = self.installation.processor() - before
        return Measured.of(scan, sent=sent, answered=answered, seen=seen, cost=cost)

    def _latest(self) -> Scan | None:
        from apps.scans.models import Scan

        return Scan.objects.filter(repository=self._repository).order_by("-id").first()

    def _wait_until_quiet(self) -> None:
        """Until the installation has hardly done anything for a while."""
        used, deadline = self.installation.processor().total, time.monotonic() + 30
        while time.monotonic() < deadline:
            self.installation.stage.supervisor.poll(0.01)
            time.sleep(self.pause)
            now = self.installation.processor().total
            if now - used < _QUIET_SHARE * self.pause:
                return
            used = now


def shown(cold: Measured, pushes: Sequence[Measured]) -> list[str]:
    """The tables, line by line."""
    lines = ["", f"{'scan':6} {'wall s':>7} {'worker s':>9} {'servers s':>9}  findings"]
    for name, one in [("cold", cold), *((str(n), p) for n, p in enumerate(pushes, 1))]:
        cost = one.cost
        lines.append(
            f"{name:6} {one.wall:7.3f} {cost.worker:9.2f} {cost.servers:9.2f}  {one.findings}"
        )
    steps = {
        "webhook answered": [one.answered for one in pushes],
        "waiting for the worker": [one.claimed - one.answered for one in pushes],
    }
    phases = Counter(name for one in pushes for name in one.phases)
    for name in phases:
        steps[f"· {name}"] = [one.phases.get(name, 0.0) for one in pushes]
    steps["from claim to record"] = [one.finished - one.claimed for one in pushes]
    steps["commit, and seen"] = [one.wall - one.finished for one in pushes]
    lines += ["", f"{'step':24} {'median ms':>10} {'worst ms':>9}"]
    for name, seconds in steps.items():
        median = statistics.median(seconds) * 1000
        lines.append(f"{name:24} {median:10.0f} {max(seconds) * 1000:9.0f}")
    return lines


def main() -> int:
    """Measure, print, and judge."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("repository", type=Path)
    parser.add_argument("--pushes", type=int, default=20)
    parser.add_argument("--files", type=int, default=10)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--pause", type=float, default=1.5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--strict", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="plumbline-push-") as name:
        folder = Path(name)
        settings_load(folder / "var")
        author = Author.of(given.repository, folder, files=given.files, seed=given.seed)
        with Installation.running(folder / "var", workers=given.workers) as installation:
            bench = Bench(installation, author, given.pause)
            cold = bench.first_scan()
            pushes = [bench.push() for _ in range(given.pushes)]
    print("\n".join(shown(cold, pushes)))
    wall = statistics.median(one.wall for one in pushes)
    cost = statistics.median(one.cost.worker for one in pushes)
    share = cost / cold.cost.worker
    everything = statistics.median(one.cost.total for one in pushes) / cold.cost.total
    print()
    print(f"median of {len(pushes)} pushes of {given.files} files: {wall:.3f} s of wall time")
    print(f"{cost:.2f} s of the worker's processor time, {share:.1%} of the cold scan's", end=" ")
    print(f"({everything:.1%} with database, broker and web)")
    at_once, rested = memory_prices()
    print(
        f"to get {SIZE >> 20} MiB of memory takes this machine {at_once * 1000:.0f} ms of processor"
        f" time, and {rested * 1000:.0f} ms after a rest, as after a pause between two pushes"
    )
    missed = wall > WALL_LIMIT or share > SHARE_LIMIT
    if missed:
        print(f"MISSED: the limits are {WALL_LIMIT} s and {SHARE_LIMIT:.0%}")
    return 1 if missed and given.strict else 0


if __name__ == "__main__":
    sys.exit(main())
