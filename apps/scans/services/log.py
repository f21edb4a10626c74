"""What happened to a scan, written beside it: who asked, who took it, why it waits, how it ended."""

import enum
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from django.utils.text import capfirst

from apps.scans.clock import from_now
from apps.scans.models import ScanLogEntry
from apps.scans.services.course import Step
from core.cleaning import clean_json, clean_text

# Enough for three attempts with all their phases and chunks; what ends a scan is always kept.
ENTRIES = 200
_TEXT_LIMIT = 2000
_KIND_LIMIT = 32


class LogKind(enum.StrEnum):
    """What an entry is about. Other parts of the pipeline may add kinds of their own."""

    REQUESTED = "requested"
    REPEATED = "repeated"
    PROMOTED = "promoted"
    ANNOUNCED = "announced"
    CLAIMED = "claimed"
    PHASE = "phase"
    RETRIED = "retried"
    SUPERSEDED = "superseded"
    CANCELLED = "cancelled"
    FAILED = "failed"
    RECORDED = "recorded"


_ENDS = {LogKind.SUPERSEDED, LogKind.CANCELLED, LogKind.FAILED, LogKind.RECORDED}


def scan_log(*, scan_id: int, kind: str, text: str, facts: Mapping[str, Any] | None = None) -> None:
    """Add to a scan's log, in the caller's transaction; dropped when the log is full.

    Args:
        scan_id: Whose log.
        kind: A word for programs, such as those of ``LogKind``.
        text: A sentence for people. No secrets: it is shown to everybody who may see the scan.
        facts: The figures in it, for programs.
    """
    if kind not in _ENDS and ScanLogEntry.objects.filter(scan_id=scan_id).count() >= ENTRIES:
        return
    scans_log(scan_ids=[scan_id], kind=kind, text=text, facts=facts)


def steps_log(*, scan_id: int, steps: Iterable[Step]) -> None:
    """Add phases to a scan's log, each at the time when it was entered."""
    ScanLogEntry.objects.bulk_create(
        ScanLogEntry(
            scan_id=scan_id,
            at=from_now(timedelta(seconds=-step.seconds_ago)),
            kind=LogKind.PHASE,
            text=f"{capfirst(str(step.phase.label))}.",
            facts={"phase": step.phase} | ({"commit": step.commit} if step.commit else {}),
        )
        for step in steps
    )


def scans_log(
    *, scan_ids: Iterable[int], kind: str, text: str, facts: Mapping[str, Any] | None = None
) -> None:
    """Add the same to the logs of several scans, for what can happen a few times only."""
    cleaned = clean_json(dict(facts or {}))
    ScanLogEntry.objects.bulk_create(
        ScanLogEntry(
            scan_id=scan_id,
            kind=clean_text(kind, limit=_KIND_LIMIT),
            text=clean_text(text, limit=_TEXT_LIMIT),
            facts=cleaned,
        )
        for scan_id in scan_ids
    )
