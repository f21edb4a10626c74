"""What campaigns do when findings move or a repository goes."""

from django.db.models.signals import pre_delete
from django.dispatch import receiver

from apps.findings.models import Finding
from apps.findings.signals import waivers_applied
from apps.repositories.models import Repository
from apps.scans.models import Scan
from apps.scans.signals import scan_recorded
from apps.scorecards.selectors.campaigns import campaigns_of
from apps.scorecards.services.campaigns import repository_leave
from core.queue import enqueue_on_commit


@receiver(scan_recorded, sender=Scan, dispatch_uid="scorecards.campaigns_on_scan")
def campaigns_on_scan_recorded(scan: Scan, **_kwargs: object) -> None:
    """Have the campaigns counted that hold findings of a repository which was judged."""
    _count(scan.repository_id)


@receiver(waivers_applied, sender=Finding, dispatch_uid="scorecards.campaigns_on_waivers")
def campaigns_on_waivers_applied(repository_id: int, **_kwargs: object) -> None:
    """Have the campaigns counted that hold findings which are waived now, or not any more."""
    _count(repository_id)


@receiver(pre_delete, sender=Repository, dispatch_uid="scorecards.campaigns_on_delete")
def campaigns_on_repository_delete(instance: Repository, **_kwargs: object) -> None:
    """Tell the campaigns that a repository goes, while they can still tell what it held."""
    repository_leave(repository_id=instance.pk)


def _count(repository_id: int) -> None:
    if campaigns_of(repository_id=repository_id):
        enqueue_on_commit("scorecards.campaigns_count", repository_id, queue="quick")
