"""The worker's core, apart from the queue that calls it: from a claimed scan to a recorded one."""

from apps.scans.pipeline.run import scan_run

__all__ = ["scan_run"]
