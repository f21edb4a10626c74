"""The worker's core, apart from the queue that calls it: from a claimed scan to a recorded one."""

from apps.scans.pipeline.backfill import backfill_run, histories_tidy
from apps.scans.pipeline.chunks import chunks_help
from apps.scans.pipeline.patching import patch_make
from apps.scans.pipeline.run import scan_run

__all__ = ["backfill_run", "chunks_help", "histories_tidy", "patch_make", "scan_run"]
