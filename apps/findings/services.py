"""The life of findings: what a scan saw is matched with what is known, by fingerprint."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from apps.findings.models import Finding, FindingState
from core.cleaning import clean_text

_CHUNK = 1000
_SNIPPET_LIMIT = 8000
_MESSAGE_LIMIT = 2000
_PATH_LIMIT = 4096
_COLUMNS = [
    *("code", "level", "preview", "path", "path_digest", "blob", "line", "column", "end_line"),
    *("symbol", "message", "fix", "state", "suppressed_reason", "fixed_at", "reopened_at"),
    "last_seen_scan",
]


@dataclass(frozen=True, slots=True)
class SeenFinding:
    """A violation as one scan saw it, with the code around it."""

    fingerprint: str
    code: str
    level: str
    preview: bool
    path: str
    blob: str
    line: int
    column: int
    end_line: int
    symbol: str
    message: str
    fix: str
    suppressed: str | None
    snippet: str | None
    snippet_start: int


@dataclass(frozen=True, slots=True)
class FindingChanges:
    """How many findings a scan changed, and in which way."""

    new: int = 0
    reopened: int = 0
    fixed: int = 0
    seen: int = 0


@transaction.atomic
def findings_record(
    *,
    repository_id: int,
    scan_id: int,
    at: datetime,
    seen: Sequence[SeenFinding],
    unjudged: Collection[str] = (),
    unread: Collection[str] = (),
    disabled: Mapping[str, str] | None = None,
) -> FindingChanges:
    """Bring a repository's findings up to date with what its newest scan saw.

    Running it twice gives the same rows.

    Args:
        repository_id: Whose findings.
        scan_id: The scan that saw them.
        at: The time of new, fixed and reopened findings.
        seen: Everything that the scan saw; a finding seen twice counts once.
        unjudged: Codes of rules that could not judge this time; what is known of them stays.
        unread: Paths of files that could not be read; what is known of them stays too.
        disabled: Codes of rules that the repository does without, and its reasons; what was
            open of them is suppressed, not fixed.
    """
    sightings = {sighting.fingerprint: sighting for sighting in seen}
    known = {
        finding.fingerprint: finding
        for finding in Finding.objects.select_for_update()
        .filter(repository_id=repository_id)
        .defer("snippet", "created_at")
        .order_by("pk")
    }
    new: list[Finding] = []
    changed: list[Finding] = []
    same: list[int] = []
    reopened = 0
    for fingerprint, sighting in sorted(sightings.items()):
        finding = known.get(fingerprint)
        if finding is None:
            finding = Finding(
                repository_id=repository_id,
                fingerprint=fingerprint,
                first_seen_at=at,
                first_seen_scan_id=scan_id,
            )
            _apply(finding, sighting)
            new.append(finding)
            continue
        was_fixed = finding.state == FindingState.FIXED
        if was_fixed:
            finding.fixed_at, finding.reopened_at = None, at
            reopened += 1
        if _apply(finding, sighting) or was_fixed:
            changed.append(finding)
        else:
            same.append(finding.pk)
    _write(new + changed, scan_id)
    for start in range(0, len(same), _CHUNK):
        Finding.objects.filter(pk__in=same[start : start + _CHUNK]).update(last_seen_scan=scan_id)
    disabled = disabled or {}
    ours = Finding.objects.filter(repository_id=repository_id)
    for code, reason in disabled.items():
        ours.filter(code=code, state=FindingState.OPEN).update(
            state=FindingState.SUPPRESSED,
            suppressed_reason=clean_text(reason, limit=_MESSAGE_LIMIT),
        )
    fixed = (
        ours.filter(
            ~Q(last_seen_scan=scan_id),
            state__in=[FindingState.OPEN, FindingState.SUPPRESSED],
        )
        .exclude(code__in={*unjudged, *disabled})
        .exclude(path_digest__in=[_digest(clean_text(path)) for path in unread])
        .update(state=FindingState.FIXED, fixed_at=at)
    )
    return FindingChanges(len(new), reopened, fixed, len(sightings))


def _digest(path: str) -> str:
    return hashlib.sha256(path.encode()).hexdigest()


def _write(findings: list[Finding], scan_id: int) -> None:
    """Insert or update; a snippet that was not read again stays."""
    with_snippet: list[Finding] = []
    without: list[Finding] = []
    for finding in findings:
        finding.last_seen_scan_id = scan_id
        if "snippet" in finding.__dict__:
            with_snippet.append(finding)
        else:
            finding.snippet = ""  # Needed to spell the INSERT; never written, the row is there.
            without.append(finding)
    for group, columns in (
        (with_snippet, [*_COLUMNS, "snippet", "snippet_start"]),
        (without, _COLUMNS),
    ):
        Finding.objects.bulk_create(
            group,
            batch_size=_CHUNK,
            update_conflicts=True,
            unique_fields=["repository", "fingerprint"],
            update_fields=columns,
        )


def _apply(finding: Finding, sighting: SeenFinding) -> bool:
    """Take over what was seen; True if anything differs from what was known."""
    suppressed = sighting.suppressed is not None
    path = clean_text(sighting.path, limit=_PATH_LIMIT)
    values: dict[str, object] = {
        "code": sighting.code,
        "level": sighting.level,
        "preview": sighting.preview,
        "path": path,
        "path_digest": _digest(path),
        "blob": sighting.blob,
        "line": sighting.line,
        "column": sighting.column,
        "end_line": max(sighting.end_line, sighting.line),
        "symbol": clean_text(sighting.symbol, limit=_PATH_LIMIT),
        "message": clean_text(sighting.message, limit=_MESSAGE_LIMIT),
        "fix": sighting.fix,
        "state": FindingState.SUPPRESSED if suppressed else FindingState.OPEN,
        "suppressed_reason": clean_text(sighting.suppressed or "", limit=_MESSAGE_LIMIT),
    }
    differs = any(getattr(finding, key) != value for key, value in values.items())
    for key, value in values.items():
        setattr(finding, key, value)
    if sighting.snippet is not None:
        finding.snippet = clean_text(sighting.snippet, limit=_SNIPPET_LIMIT, lines=True)
        finding.snippet_start = sighting.snippet_start
        differs = True
    return differs
