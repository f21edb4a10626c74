"""What scorecards do when other apps report."""

from django.dispatch import receiver

from apps.repositories.models import Repository
from apps.repositories.signals import repository_regrouped
from apps.rulebook.models import PolicyLayer
from apps.rulebook.signals import policy_published
from apps.scans.models import Scan
from apps.scans.signals import replay_recorded, scan_recorded, scan_rescored
from apps.scorecards.models import Occasion
from apps.scorecards.services import snapshot_of_past, snapshot_take, snapshot_take_again
from core.queue import enqueue_on_commit
from plumbline.report import Report


@receiver(scan_recorded, sender=Scan, dispatch_uid="scorecards.snapshot_take")
def snapshot_on_scan_recorded(scan: Scan, **_kwargs: object) -> None:
    """Take the snapshot in the transaction that records the scan."""
    snapshot_take(scan=scan)


@receiver(scan_rescored, sender=Scan, dispatch_uid="scorecards.snapshot_take_again")
def snapshot_on_scan_rescored(scan: Scan, **_kwargs: object) -> None:
    """Take a snapshot of a score that waivers changed, in the transaction that changes it."""
    snapshot_take_again(scan=scan, occasion=Occasion.WAIVER)


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
    enqueue_on_commit("scorecards.apply_policy", repository.pk, queue="quick")
