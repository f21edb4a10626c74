"""What becomes of a scan whose attempt came to nothing: another attempt, or a newer scan."""

import random
from datetime import timedelta

from django.db import IntegrityError, transaction

from apps.scans.clock import from_now
from apps.scans.models import ATTEMPTS, Scan, ScanState, WebhookDelivery
from apps.scans.services.log import LogKind, scan_log
from apps.scans.services.transitions import scan_advance
from apps.scans.services.turns import end_announce
from apps.scans.states import Event
from core.cleaning import clean_text
from core.exceptions import DomainError

_GROWTH = 4
_TRIES = 3


def error_columns(error: DomainError) -> dict[str, str]:
    """An error as the columns of a scan."""
    return {
        "error_code": clean_text(error.code, limit=64),
        "error_text": clean_text(error.text, limit=2000),
        "error_remedy": clean_text(error.remedy, limit=2000),
    }


@transaction.atomic
def scan_postpone(
    *, scan_id: int, fence: int, attempt: int, error: DomainError, first_wait: timedelta
) -> bool:
    """Let a running scan wait for another attempt, longer each time; False if it was lost already.

    A newer scan of the same branch that waits already takes its place.
    """
    wait = first_wait * _GROWTH ** (attempt - 1) * random.uniform(0.8, 1.2)  # noqa: S311 - jitter
    for _ in range(_TRIES):
        try:
            with transaction.atomic():
                postponed = scan_advance(
                    Event.POSTPONED,
                    scan_id=scan_id,
                    fence=fence,
                    available_at=from_now(wait),
                    **error_columns(error),
                )
        except IntegrityError:
            newer = _newer(scan_id)
            if newer is not None:
                return scan_supersede(scan_id=scan_id, by=newer, fence=fence)
            continue
        if postponed:
            seconds = round(wait.total_seconds())
            scan_log(
                scan_id=scan_id,
                kind=LogKind.RETRIED,
                text=f"{error.text} Attempt {attempt} of {ATTEMPTS} came to nothing; the next one "
                f"begins in {seconds} s.",
                facts={"code": error.code, "attempt": attempt, "seconds": seconds},
            )
        return postponed
    return False


@transaction.atomic
def scan_supersede(*, scan_id: int, by: Scan, fence: int | None = None) -> bool:
    """End a scan in favour of a newer one of the same branch; False if it had ended already."""
    if not scan_advance(Event.SUPERSEDED, scan_id=scan_id, fence=fence):
        return False
    scan_replace(scan_id=scan_id, by=by)
    end_announce(scan_id=scan_id, repository_id=by.repository_id)
    return True


def scan_replace(*, scan_id: int, by: Scan) -> None:
    """Show the newer scan to whoever asks for a superseded one's deliveries."""
    Scan.objects.filter(pk=scan_id).update(replaced_by=by)
    WebhookDelivery.objects.filter(scan_id=scan_id).update(scan=by)
    scan_log(
        scan_id=scan_id,
        kind=LogKind.SUPERSEDED,
        text="A newer scan of the same branch takes its place.",
        facts={"scan": str(by.public_id)},
    )


def _newer(scan_id: int) -> Scan | None:
    scan = Scan.objects.only("repository_id", "ref").get(pk=scan_id)
    return Scan.objects.filter(
        repository_id=scan.repository_id, ref=scan.ref, as_of=None, state=ScanState.QUEUED
    ).first()
