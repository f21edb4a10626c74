"""What a scan's own page tells of it: its phases in time, its log, what it needed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from apps.scans.models import Phase, Scan, ScanLogEntry, ScanState
from apps.scans.waiting import queue_place

PHASES: list[Phase] = [phase for phase in Phase if phase not in {Phase.QUEUED, Phase.DONE}]
_NAMES: list[str] = [phase.value for phase in PHASES]


@dataclass(frozen=True, slots=True)
class Stage:
    """A phase as the page shows it.

    Attributes:
        label: Its name in words.
        state: past, now, broken, skipped or ahead.
        seconds: How long it took, or takes so far, where that is known.
        share: That as a part of the longest, 0 to 1.
    """

    label: str
    state: str
    seconds: float | None = None
    share: float = 0.0


@dataclass(frozen=True, slots=True)
class LogLine:
    """An entry of the log, and how many seconds it came after the scan was asked for."""

    at: datetime
    after: float
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Need:
    """What a scan needed of something, and the part of it that was there already."""

    label: str
    wanted: int
    unseen: int

    @property
    def cached(self) -> float:
        """The part that was there already, 0 to 1."""
        return (self.wanted - self.unseen) / self.wanted if self.wanted else 1.0


def stages(scan: Scan, entries: Sequence[ScanLogEntry]) -> list[Stage]:
    """Give the wait and the phases of a scan's last attempt, in order."""
    if scan.started_at is None and scan.is_finished:
        return []
    spent, here = _spent(scan, entries)
    longest = max(spent.values(), default=0.0)
    return [
        _wait(scan),
        *(
            Stage(
                str(phase.label),
                _state(scan, phase, here, spent),
                seconds := spent.get(phase),
                seconds / longest if seconds and longest else 0.0,
            )
            for phase in PHASES
        ),
    ]


def waiting(scan: Scan) -> dict[str, object]:
    """Say of a scan that waits where in the queue, or for how many seconds until its next attempt."""
    if scan.state != ScanState.QUEUED:
        return {}
    left = (scan.available_at - timezone.now()).total_seconds()
    return {"next_try": left} if left > 0 else {"place": queue_place(scan.pk)}


def log_lines(scan: Scan, entries: Iterable[ScanLogEntry]) -> list[LogLine]:
    """Give the log, the oldest entry first."""
    return [
        LogLine(
            entry.at,
            max((entry.at - scan.created_at).total_seconds(), 0.0),
            entry.kind,
            entry.text,
        )
        for entry in entries
    ]


def needs(scan: Scan) -> list[Need]:
    """Give what a scan needed that may have been there already; nothing if it did not get that far."""
    known = (
        Need("Outlines of files", *_pair(scan, "outlines_wanted", "outlines_parsed")),
        Need("Files linted by ruff", *_pair(scan, "lints_wanted", "lints_run")),
    )
    return [need for need in known if need.wanted]


def _pair(scan: Scan, wanted: str, unseen: str) -> tuple[int, int]:
    return scan.counts.get(wanted, 0), scan.counts.get(unseen, 0)


def _wait(scan: Scan) -> Stage:
    if scan.state == ScanState.QUEUED:
        waited = (timezone.now() - scan.available_at).total_seconds()
        return Stage(str(Phase.QUEUED.label), "now", waited if waited > 0 else None)
    if scan.started_at is None:
        return Stage(str(Phase.QUEUED.label), "past")
    waited = (scan.started_at - scan.available_at).total_seconds()
    return Stage(str(Phase.QUEUED.label), "past", max(waited, 0.0))


def _spent(scan: Scan, entries: Sequence[ScanLogEntry]) -> tuple[dict[str, float], str]:
    """Seconds by phase, and the phase in which the scan is or ended."""
    if scan.state == ScanState.QUEUED:
        return {}, ""
    marks: list[tuple[str, datetime]] = []
    for entry in entries:
        if entry.kind == "claimed":
            marks = []
        elif entry.kind == "phase" and entry.facts.get("phase") in _NAMES:
            marks.append((entry.facts["phase"], entry.at))
    here = marks[-1][0] if marks else scan.phase
    if scan.state == ScanState.DONE and scan.timings:
        return {name: scan.timings[name] for name in _NAMES if name in scan.timings}, here
    spent: dict[str, float] = {}
    if not marks:
        # A scan writes nothing in its first second.
        return spent, here
    ends = [at for _, at in marks[1:]] + [scan.finished_at or timezone.now()]
    for (name, begin), end in zip(marks, ends, strict=True):
        spent[name] = spent.get(name, 0.0) + max((end - begin).total_seconds(), 0.0)
    return spent, here


def _state(scan: Scan, phase: Phase, here: str, spent: dict[str, float]) -> str:
    if scan.state == ScanState.DONE:
        return "past" if phase in spent or not spent else "skipped"
    if here not in _NAMES:
        return "ahead"
    place, current = _NAMES.index(phase), _NAMES.index(here)
    if place == current:
        return "now" if scan.state == ScanState.RUNNING else "broken"
    if place < current:
        return "past"
    return "ahead" if scan.state == ScanState.RUNNING else "skipped"
