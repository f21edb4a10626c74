"""The worker's core, apart from the queue that calls it: from a claimed scan to a recorded one."""

from apps.scans.pipeline.chunks import chunks_help
from apps.scans.pipeline.run import scan_run

__all__ = ["chunks_help", "scan_run"]
