"""What scorecards do when other apps report."""

from django.dispatch import receiver

from apps.scans.models import Scan
from apps.scans.signals import scan_recorded
from apps.scorecards.services import snapshot_take


@receiver(scan_recorded, sender=Scan, dispatch_uid="scorecards.snapshot_take")
def snapshot_on_scan_recorded(scan: Scan, **_kwargs: object) -> None:
    """Take the snapshot in the transaction that records the scan."""
    snapshot_take(scan=scan)
