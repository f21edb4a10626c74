"""What scans do when other apps report."""

from django.conf import settings
from django.dispatch import receiver

from apps.accounts.models import User
from apps.findings.models import Finding
from apps.findings.signals import baseline_moved, waivers_applied
from apps.repositories.models import Repository
from apps.repositories.signals import repository_redirected, repository_registered
from apps.scans.models import Scan, Trigger
from apps.scans.services import (
    backfill_again,
    backfill_hear,
    backfill_request,
    scan_request,
    scan_rescore,
    scan_restand,
)
from apps.scans.signals import scan_completed


@receiver(repository_registered, sender=Repository, dispatch_uid="scans.first_scan")
def scan_on_repository_registered(
    repository: Repository,
    actor: User | None,
    history_months: int | None = None,
    **_kwargs: object,
) -> None:
    """Ask for the first scan, and for history, in the transaction that registers the repository."""
    scan_request(repository=repository, trigger=Trigger.REGISTER, requested_by=actor)
    months = settings.PLUMBLINE_BACKFILL_MONTHS if history_months is None else history_months
    if months:
        backfill_request(repository=repository, months=months, requested_by=actor)


@receiver(scan_completed, sender=Scan, dispatch_uid="scans.history_goes_on")
# plumbline: ignore[SIG01] every way in which a scan ends sends this; a call at each would be forgotten at one
def history_on_scan_completed(scan_id: int, **_kwargs: object) -> None:
    """Go on with the history that waits for the end of this scan."""
    backfill_hear(scan_id=scan_id)


@receiver(repository_redirected, sender=Repository, dispatch_uid="scans.scan_again")
def scan_on_repository_redirected(
    repository: Repository, actor: User | None, **_kwargs: object
) -> None:
    """Ask for a scan of what the repository points at now."""
    if repository.enabled:
        scan_request(repository=repository, trigger=Trigger.MANUAL, requested_by=actor)
        backfill_again(repository=repository, actor=actor)


@receiver(waivers_applied, sender=Finding, dispatch_uid="scans.rescore")
def rescore_on_waivers_applied(repository_id: int, **_kwargs: object) -> None:
    """Bring the newest score in line with the waivers, in the transaction that changes what they cover."""
    scan_rescore(repository_id=repository_id)


@receiver(baseline_moved, sender=Finding, dispatch_uid="scans.restand")
def restand_on_baseline_moved(repository_id: int, **_kwargs: object) -> None:
    """Bring the newest standing in line with the baseline, in the transaction that moves it."""
    scan_restand(repository_id=repository_id)
