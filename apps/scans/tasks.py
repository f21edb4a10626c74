"""What workers do with scans; each task says "look" and the database says what to do."""

from celery import shared_task
from celery.exceptions import SoftTimeLimitExceeded

from apps.repositories.services import mirrors_tidy
from apps.scans.pipeline import (
    backfill_run,
    chunks_help,
    histories_tidy,
    patch_make,
    scan_run,
)
from apps.scans.polling import remote_poll, remotes_announce
from apps.scans.services import (
    backfills_announce,
    backfills_nightly,
    chunks_sweep,
    deliveries_forget,
    lint_evict,
    migration_lints_evict,
    outlines_evict,
    pulse_note,
    results_forget,
    scans_nightly,
    scans_reconcile,
)


@shared_task(name="scans.run")
def run(scan_id: int) -> None:
    """Judge a repository, if this scan still waits for it."""
    scan_run(scan_id, interruptions=(SoftTimeLimitExceeded,))
    mirrors_tidy()
    histories_tidy()


@shared_task(name="scans.backfill")
def backfill(backfill_id: int) -> None:
    """Find out which commits stand for the months of a repository's history, and ask for the next one."""
    backfill_run(backfill_id)
    histories_tidy()


@shared_task(name="scans.chunks")
def chunks(scan_id: int) -> None:
    """Take part in a large scan, if it has parts left."""
    chunks_help(scan_id)


@shared_task(name="scans.patch")
def patch(finding_id: int) -> None:
    """Make the patch of a finding, if somebody still waits for it."""
    patch_make(finding_id, interruptions=(SoftTimeLimitExceeded,))


@shared_task(name="scans.reconcile")
def reconcile() -> None:
    """Announce lost scans and histories again and take back the scans of vanished workers."""
    scans_reconcile()
    chunks_sweep()
    backfills_announce()
    pulse_note(job="reconcile")


@shared_task(name="scans.nightly")
def nightly() -> None:
    """Ask for a scan of every repository, and forget what is old."""
    scans_nightly()
    backfills_nightly()
    deliveries_forget()
    outlines_evict()
    lint_evict()
    migration_lints_evict()
    results_forget()
    pulse_note(job="nightly")


@shared_task(name="scans.poll")
def poll() -> None:
    """Announce the remotes whose turn it is."""
    remotes_announce()
    pulse_note(job="poll")


@shared_task(name="scans.poll_remote")
def poll_remote(repository_id: int) -> None:
    """Ask one remote whether its branch moved without a word."""
    remote_poll(repository_id)
