"""What scorecards do when other apps report."""

from django.dispatch import receiver

from apps.scans.models import Scan
from apps.scans.signals import replay_recorded, scan_recorded, scan_rescored
from apps.scorecards.models import Occasion
from apps.scorecards.services import snapshot_of_past, snapshot_take, snapshot_take_again
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
