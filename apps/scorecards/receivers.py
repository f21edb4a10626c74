"""What scorecards and campaigns do when other apps report."""

from django.db.models.signals import post_delete, pre_delete
from django.dispatch import receiver

from apps.findings.models import Finding
from apps.findings.signals import waivers_applied
from apps.repositories.models import Repository
from apps.repositories.signals import repository_regrouped
from apps.rulebook.models import PolicyLayer
from apps.rulebook.signals import policy_published
from apps.scans.models import Scan
from apps.scans.signals import replay_recorded, scan_recorded, scan_rescored
from apps.scorecards.models import Occasion, Snapshot
from apps.scorecards.selectors.campaigns import campaigns_of
from apps.scorecards.services import (
    day_due_of,
    days_due_without,
    days_review,
    snapshot_of_past,
    snapshot_take,
    snapshot_take_again,
)
from apps.scorecards.services.campaigns import repository_leave
from core.queue import enqueue_on_commit
from plumbline.report import Report


@receiver(scan_recorded, sender=Scan, dispatch_uid="scorecards.snapshot_take")
def snapshot_on_scan_recorded(scan: Scan, **_kwargs: object) -> None:
    """Take the snapshot in the transaction that records the scan."""
    snapshot_take(scan=scan)


@receiver(scan_rescored, sender=Scan, dispatch_uid="scorecards.snapshot_take_again")
def snapshot_on_scan_rescored(scan: Scan, cause: str, **_kwargs: object) -> None:
    """Take a snapshot of figures that waivers or a baseline changed, in the transaction that changes them."""
    snapshot_take_again(scan=scan, occasion=Occasion(cause))


@receiver(replay_recorded, sender=Scan, dispatch_uid="scorecards.snapshot_of_past")
def snapshot_on_replay_recorded(scan: Scan, report: Report, **_kwargs: object) -> None:
    """Take the snapshot in the transaction that records the scan of the past."""
    snapshot_of_past(scan=scan, report=report)


@receiver(policy_published, sender=PolicyLayer, dispatch_uid="scorecards.policies_apply")
def apply_on_policy_published(**_kwargs: object) -> None:
    """Have the figures of the fleet brought in line, once the policy is in force."""
    enqueue_on_commit("scorecards.apply_policies", queue="quick")


@receiver(repository_regrouped, sender=Repository, dispatch_uid="scorecards.policy_apply")
def apply_on_repository_regrouped(repository: Repository, **_kwargs: object) -> None:
    """Have the figures of a repository that another policy holds for now brought in line."""
    days_review(repository_id=repository.pk)
    enqueue_on_commit("scorecards.apply_policy", repository.pk, queue="quick")


@receiver(pre_delete, sender=Repository, dispatch_uid="scorecards.days_due_without")
def due_on_repository_delete(instance: Repository, **_kwargs: object) -> None:
    """Have the history of the fleet added up without a repository that goes."""
    days_due_without(repository_id=instance.pk)


@receiver(post_delete, sender=Snapshot, dispatch_uid="scorecards.due_on_snapshot_delete")
# plumbline: ignore[SIG01] snapshots go by cascade with scans, which another app takes away
def due_on_snapshot_delete(instance: Snapshot, origin: object, **_kwargs: object) -> None:
    """Have history added up again from a day of which nothing is known any more."""
    if getattr(origin, "model", type(origin)) is not Repository:
        day_due_of(instance)


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
