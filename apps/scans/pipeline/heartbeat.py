"""Staying in possession of a scan, and telling how far it is."""

import contextlib
import logging
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection

from apps.scans.exceptions import LeaseLost
from apps.scans.models import Phase
from apps.scans.services import Claim, Course, Step, scan_progress

logger = logging.getLogger(__name__)

# Several may fail before the lease ends.
BEAT_SECONDS = settings.PLUMBLINE_LEASE_SECONDS / 4
REPORT_SECONDS = 1.0


class Heartbeat:
    """Renews a lease from a thread of its own while the block runs, and lets progress be written meanwhile."""

    def __init__(self, renew: Callable[[], bool], *, seconds: float = BEAT_SECONDS) -> None:
        """Say how to renew the lease, which is lost if that gives False, and the time between two beats."""
        self._renew = renew
        self._seconds = seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)
        self.lost = False
        self.report: Callable[[], None] = lambda: None
        """Called once a second."""

    def __enter__(self) -> Self:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End, and wait for the thread so that its connection is closed."""
        self._stop.set()
        self._thread.join(timeout=10)

    def _beat(self) -> None:
        due = time.monotonic() + self._seconds
        try:
            while not self._stop.wait(min(self._seconds, REPORT_SECONDS)):
                try:
                    self.report()
                    if time.monotonic() < due:
                        continue
                    due = time.monotonic() + self._seconds
                    if not self._renew():
                        self.lost = True
                        return
                except (DatabaseError, InterfaceError):
                    # The lease outlives several missed beats; the next one may get through.
                    logger.warning("a heartbeat failed", exc_info=True)
                    connection.close()
        finally:
            connection.close()


class Progress:
    """Writes how far a scan is, at most once a second, and notices when it was taken away.

    A scan that is over within a second writes nothing before its end: each write waits for the disk.

    Attributes:
        timings: Seconds by phase, of the phases that are over.
        counts: Outlines `outlines_wanted` and, of them, `outlines_parsed` because no scan had seen them, with their
            `bytes_parsed`; likewise `lints_wanted` and `lints_run`; `children_lost` in the sandbox; `mirror_bytes`
            on disk after the fetch and `bytes_fetched` by which it grew; `chunks` into which it was split, and
            `chunks_helped` of them that other workers did.
    """

    def __init__(self, claim: Claim, heartbeat: Heartbeat) -> None:
        """Begin in the first phase."""
        self.claim = claim
        self._heartbeat = heartbeat
        self._phase = Phase.FETCH
        self._commit = ""
        self._total = 0
        self._done = 0
        self._entered = time.monotonic()
        self._due = self._entered + REPORT_SECONDS
        self._is_written = True
        self._steps: list[tuple[Phase, float, str]] = []
        self._is_over = False
        self._writing = threading.Lock()
        self.timings: dict[str, float] = {}
        self.counts: dict[str, int] = {}
        heartbeat.report = self._report

    def __enter__(self) -> Self:
        """Give the progress."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Write how far a scan came that did not get to its end, if it is still ours and there is a database."""
        if error is not None:
            with contextlib.suppress(LeaseLost, DatabaseError, InterfaceError):
                self.write()

    def enter(self, phase: Phase, *, total: int | None = None, commit: str = "") -> None:
        """Go to another phase.

        Raises:
            LeaseLost: The scan is this worker's no more.
        """
        self._close_phase()
        self._phase = phase
        self._commit = commit or self._commit
        if total is not None:
            self._total, self._done = total, 0
        self._steps.append((phase, self._entered, commit))
        self._is_written = False
        self.advance(0)

    def advance(self, files: int = 1) -> None:
        """Count files as dealt with.

        Raises:
            LeaseLost: The scan is this worker's no more.
        """
        if files:
            self._done += files
            self._is_written = False
        if self._heartbeat.lost:
            raise LeaseLost
        if time.monotonic() >= self._due:
            self.write()

    def reach(self, files: int) -> None:
        """Say how many files are dealt with by now, by whomever.

        Raises:
            LeaseLost: The scan is this worker's no more.
        """
        self._done = min(max(self._done, files), self._total)
        self.advance(0)

    @property
    def is_due(self) -> bool:
        """Whether the next word on how far the scan is will be written down."""
        return self._heartbeat.lost or time.monotonic() >= self._due

    def count(self, **amounts: int) -> None:
        """Add to the counts that are kept with the scan."""
        for name, amount in amounts.items():
            self.counts[name] = self.counts.get(name, 0) + amount

    def finish(self) -> Course:
        """Give how the scan went; from now on nothing of it is written."""
        self._close_phase()
        with self._writing:
            self._is_over = True
        timings = {name: round(seconds, 4) for name, seconds in self.timings.items()}
        return Course(timings, self.counts, self._total, self._unlogged(len(self._steps)))

    def write(self) -> None:
        """Write now how far the scan is.

        Raises:
            LeaseLost: The scan is this worker's no more.
        """
        with self._writing:
            if self._is_over:
                return
            self._due = time.monotonic() + REPORT_SECONDS
            self._is_written = True
            count = len(self._steps)
            scan_progress(
                claim=self.claim,
                phase=self._phase,
                files_done=self._done,
                files_total=self._total,
                commit=self._commit,
                steps=self._unlogged(count),
            )
            del self._steps[:count]

    def _report(self) -> None:
        """Write, from the heartbeat's thread, what a long phase would keep to itself."""
        if not self._is_written and time.monotonic() >= self._due:
            # Whether the lease is lost, the next beat tells.
            with contextlib.suppress(LeaseLost):
                self.write()

    def _unlogged(self, count: int) -> list[Step]:
        now = time.monotonic()
        return [
            Step(phase, now - entered, commit) for phase, entered, commit in self._steps[:count]
        ]

    def _close_phase(self) -> None:
        now = time.monotonic()
        name = str(self._phase)
        self.timings[name] = self.timings.get(name, 0.0) + now - self._entered
        self._entered = now
