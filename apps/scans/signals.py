"""What scans tell other apps."""

from django.dispatch import Signal

# Sent inside the transaction that records a scan, so that what follows from it is written with it
# or not at all. Carries `scan` (Scan, done) and `report` (plumbline.report.Report).
scan_recorded = Signal()

# Sent inside the transaction in which waivers or a baseline change the figures of a repository's newest scan.
# Carries `scan` and `cause`: "waiver" or "baseline".
scan_rescored = Signal()
# The same for a scan of the past, which says nothing of the present.
replay_recorded = Signal()

# Sent after commit for every scan that ended, well or badly. Carries `scan_id`.
scan_completed = Signal()
