"""A busy day for the seeded fleet: scans in every state, with their logs."""

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.text import capfirst

from apps.accounts.models import User
from apps.repositories.models import Repository
from apps.scans.models import Lane, Phase, Scan, ScanLogEntry, Trigger
from tests.browser.seed import EMAIL, POLYGLOT

UNREACHABLE = {
    "error_code": "unreachable",
    "error_text": "The host does not answer.",
    "error_remedy": "Check that the workers may reach git.example.org on port 443, then try again.",
}
PHASES = [phase for phase in Phase if phase not in {Phase.QUEUED, Phase.DONE}]


def scans_create(fleet: dict[str, Repository], *, now: datetime | None = None) -> dict[str, Scan]:
    """Create the scans; give some of them by what is special about them."""
    now = now or timezone.now()
    made = {
        "done": _done(fleet["payments-api"], now),
        "waiting": _queued(fleet["identity"], now, minutes=3, trigger=Trigger.WEBHOOK),
        "retrying": _retrying(fleet["billing"], now),
        "running": _running(fleet["storefront"], now, seconds=43, phase=Phase.EVALUATE),
        "lapsed": _running(
            fleet["reporting"], now, seconds=412, phase=Phase.FETCH, lease=-30, attempt=2
        ),
        "hostile": _failed(
            fleet["hostile"], now, minutes=4, code="hostile", text=POLYGLOT, remedy=POLYGLOT
        ),
    }
    for minutes, name in enumerate(("search-gateway", "partner-portal", "notifications"), 20):
        made["unreachable"] = _failed(fleet[name], now, minutes=minutes, **UNREACHABLE)
    for name in ("warehouse-sync", "back-office", "storefront"):
        _queued(fleet[name], now, minutes=11, trigger=Trigger.SCHEDULE, lane=Lane.BULK)
    Scan.objects.create(
        repository=fleet["identity"],
        trigger=Trigger.BACKFILL,
        lane=Lane.BACKFILL,
        commit="a" * 40,
        as_of=now - timedelta(days=90),
        available_at=now - timedelta(minutes=30),
    )
    # What is written when a row is made has to look as old as the row.
    Scan.objects.filter(created_at__gt=timezone.now() - timedelta(minutes=1)).filter(
        state="queued", attempt=0
    ).update(created_at=now - timedelta(minutes=11))
    return made


def _queued(repository: Repository, now: datetime, *, minutes: int, **columns: object) -> Scan:
    at = now - timedelta(minutes=minutes)
    scan = Scan.objects.create(repository=repository, available_at=at, enqueued_at=at, **columns)
    _log(scan, at, "requested", "Asked for: schedule.")
    return scan


def _retrying(repository: Repository, now: datetime) -> Scan:
    scan = Scan.objects.create(
        repository=repository,
        trigger=Trigger.WEBHOOK,
        attempt=2,
        started_at=now - timedelta(seconds=30),
        available_at=now + timedelta(seconds=147),
        enqueued_at=now - timedelta(seconds=20),
        **UNREACHABLE,
    )
    _log(scan, now - timedelta(seconds=40), "requested", "Asked for: push.")
    _log(scan, now - timedelta(seconds=30), "claimed", "A worker took it: attempt 2.")
    _log(scan, now - timedelta(seconds=20), "retried", "The host does not answer. Attempt 2 of 3.")
    return scan


def _running(
    repository: Repository,
    now: datetime,
    *,
    seconds: int,
    phase: Phase,
    lease: int = 3600,
    attempt: int = 1,
) -> Scan:
    start = now - timedelta(seconds=seconds)
    scan = Scan.objects.create(
        repository=repository,
        trigger=Trigger.WEBHOOK,
        state="running",
        attempt=attempt,
        fence=attempt,
        phase=phase,
        available_at=start - timedelta(seconds=2),
        started_at=start,
        lease_until=now + timedelta(seconds=lease),
        commit="7d9a2c4b1f0e8d6c5b4a39281706f5e4d3c2b1a0",
        files_total=4338 if phase is not Phase.FETCH else 0,
        files_done=4338 if phase is not Phase.FETCH else 0,
    )
    Scan.objects.filter(pk=scan.pk).update(created_at=start - timedelta(seconds=2))
    _log(scan, start - timedelta(seconds=2), "requested", "Asked for: push.")
    _phases(scan, start, upto=phase, each=seconds / (PHASES.index(phase) + 1))
    return scan


def _failed(repository: Repository, now: datetime, *, minutes: int, **error: str) -> Scan:
    error = {
        name if name.startswith("error_") else f"error_{name}": text for name, text in error.items()
    }
    end = now - timedelta(minutes=minutes)
    scan = Scan.objects.create(
        repository=repository,
        trigger=Trigger.WEBHOOK,
        state="failed",
        phase=Phase.DONE,
        attempt=3,
        available_at=end - timedelta(seconds=15),
        started_at=end - timedelta(seconds=12),
        finished_at=end,
        **error,
    )
    Scan.objects.filter(pk=scan.pk).update(created_at=end - timedelta(seconds=90))
    _log(scan, end - timedelta(seconds=90), "requested", "Asked for: push.")
    _phases(scan, end - timedelta(seconds=12), upto=Phase.FETCH, each=1.0)
    _log(scan, end, "failed", error["error_text"])
    return scan


def _done(repository: Repository, now: datetime) -> Scan:
    scan = Scan.objects.filter(repository=repository).order_by("-id")[0]
    start = scan.started_at
    Scan.objects.filter(pk=scan.pk).update(
        created_at=start - timedelta(seconds=1),
        available_at=start - timedelta(seconds=1),
        requested_by=User.objects.get(email=EMAIL),
        counts={
            "outlines_wanted": 401,
            "outlines_parsed": 9,
            "bytes_parsed": 48_213,
            "lints_wanted": 377,
            "lints_run": 9,
            "children_lost": 1,
            "mirror_bytes": 28_311_552,
            "bytes_fetched": 65_120,
        },
        timings={
            "fetch": 1.21,
            "list": 0.02,
            "read": 0.12,
            "extract": 0.06,
            "evaluate": 0.41,
            "lint": 0.22,
            "sql": 0.004,
            "record": 0.18,
        },
    )
    _log(scan, start - timedelta(seconds=1), "requested", "Asked for: push.")
    _phases(scan, start, upto=Phase.RECORD, each=0.3)
    _log(scan, start + timedelta(seconds=2.4), "recorded", "Recorded.")
    return scan


def _phases(scan: Scan, start: datetime, *, upto: Phase, each: float) -> None:
    _log(scan, start, "claimed", f"A worker took it: attempt {scan.attempt}.")
    for place, phase in enumerate(PHASES[: PHASES.index(upto) + 1]):
        _log(
            scan,
            start + timedelta(seconds=place * each),
            "phase",
            f"{capfirst(str(phase.label))}.",
            phase=phase.value,
        )


def _log(scan: Scan, at: datetime, kind: str, text: str, **facts: str) -> None:
    ScanLogEntry.objects.create(scan=scan, at=at, kind=kind, text=text, facts=facts)
