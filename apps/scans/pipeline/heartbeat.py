"""Staying in possession of a scan, and telling how far it is."""

import logging
import threading
import time
from types import TracebackType
from typing import Self

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection

from apps.scans.exceptions import LeaseLost
from apps.scans.models import Phase
from apps.scans.services import Claim, scan_heartbeat, scan_progress

logger = logging.getLogger(__name__)

# Several may fail before the lease ends.
BEAT_SECONDS = settings.PLUMBLINE_LEASE_SECONDS / 4
REPORT_SECONDS = 0.5


class Heartbeat:
    """Renews a lease from a thread of its own while the block runs."""

    def __init__(self, claim: Claim, *, seconds: float = BEAT_SECONDS) -> None:
        """Name the scan and the time between two beats."""
        self._claim = claim
        self._seconds = seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(
            target=self._beat, name=f"heartbeat-{claim.scan_id}", daemon=True
        )
        self.lost = False

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
        try:
            while not self._stop.wait(self._seconds):
                try:
                    if not scan_heartbeat(claim=self._claim):
                        self.lost = True
                        return
                except (DatabaseError, InterfaceError):
                    # The lease outlives several missed beats; the next one may get through.
                    logger.warning("a heartbeat failed", extra={"scan": self._claim.scan_id})
                    connection.close()
        finally:
            connection.close()


class Progress:
    """Writes how far a scan is, at most twice a second, and notices when it was taken away.

    Attributes:
        timings: Seconds by phase, of the phases that are over.
        counts: Outlines `outlines_wanted` and, of them, `outlines_parsed` because no scan had seen them, with their
            `bytes_parsed`; likewise `lints_wanted` and `lints_run`; `children_lost` in the sandbox; `mirror_bytes`
            on disk after the fetch and `bytes_fetched` by which it grew.
    """

    def __init__(self, claim: Claim, heartbeat: Heartbeat) -> None:
        """Begin in the first phase."""
        self._claim = claim
        self._heartbeat = heartbeat
        self._phase = Phase.FETCH
        self._total = 0
        self._done = 0
        self._due = 0.0
        self._entered = time.monotonic()
        self.timings: dict[str, float] = {}
        self.counts: dict[str, int] = {}

    def enter(self, phase: Phase, *, total: int | None = None, commit: str = "") -> None:
        """Go to another phase; written at once.

        Raises:
            LeaseLost: The scan is this worker's no more.
        """
        self._close_phase()
        self._phase = phase
        if total is not None:
            self._total, self._done = total, 0
        self._write(commit, is_new=True)

    def advance(self, files: int = 1) -> None:
        """Count files as dealt with.

        Raises:
            LeaseLost: The scan is this worker's no more.
        """
        self._done += files
        if self._heartbeat.lost:
            raise LeaseLost
        if time.monotonic() >= self._due:
            self._write("")

    def count(self, **amounts: int) -> None:
        """Add to the counts that are kept with the scan."""
        for name, amount in amounts.items():
            self.counts[name] = self.counts.get(name, 0) + amount

    def finish(self) -> dict[str, float]:
        """Give the seconds that each phase took."""
        self._close_phase()
        return {name: round(seconds, 4) for name, seconds in self.timings.items()}

    def _write(self, commit: str, *, is_new: bool = False) -> None:
        scan_progress(
            claim=self._claim,
            phase=self._phase,
            files_done=self._done,
            files_total=self._total,
            commit=commit,
            is_new=is_new,
        )
        self._due = time.monotonic() + REPORT_SECONDS

    def _close_phase(self) -> None:
        now = time.monotonic()
        name = str(self._phase)
        self.timings[name] = self.timings.get(name, 0.0) + now - self._entered
        self._entered = now
