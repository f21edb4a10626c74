"""Running one scan so that whatever happens ends in a row that says so."""

import logging
from functools import partial

from django.db import DatabaseError, InterfaceError, OperationalError

from apps.repositories.git.errors import GitError
from apps.scans.exceptions import LeaseLost, ScanCrashed, ScanInterrupted
from apps.scans.pipeline.heartbeat import Heartbeat, Progress
from apps.scans.pipeline.judge import scan_judge
from apps.scans.pipeline.replay import replay_judge
from apps.scans.services import Claim, scan_claim, scan_fail, scan_heartbeat
from core.exceptions import DomainError

logger = logging.getLogger(__name__)


def scan_run(scan_id: int, *, interruptions: tuple[type[Exception], ...] = ()) -> bool:
    """Claim a scan and judge it; False if there was nothing to claim.

    No error leaves this: a known one fails the scan in its own words, any other is logged and
    fails it in general ones. A scan whose end cannot be written is taken back by the reconciler.

    Args:
        scan_id: The scan to run.
        interruptions: How the caller says that the time is up.
    """
    try:
        claim = scan_claim(scan_id=scan_id)
    except (OperationalError, InterfaceError):
        # Nothing is lost: the reconciler announces it again.
        logger.exception("a scan could not be claimed", extra={"scan": scan_id})
        return False
    if claim is None:
        return False
    try:
        with (
            Heartbeat(partial(scan_heartbeat, claim=claim)) as heartbeat,
            Progress(claim, heartbeat) as progress,
        ):
            judge = scan_judge if claim.as_of is None else replay_judge
            judge(claim=claim, progress=progress)
    except LeaseLost:
        logger.info("a scan was taken away", extra={"scan": scan_id})
    except DomainError as error:
        _fail(claim, error)
    except interruptions:
        _fail(claim, ScanInterrupted())
    except (OperationalError, InterfaceError):
        # The database is away; the reconciler takes the scan back for another attempt.
        logger.exception("a scan stopped on the database", extra={"scan": scan_id})
    except Exception:
        logger.exception("a scan crashed", extra={"scan": scan_id})
        _fail(claim, ScanCrashed())
    return True


def _fail(claim: Claim, error: DomainError) -> None:
    may_pass = isinstance(error, GitError) and error.is_transient
    try:
        scan_fail(claim=claim, error=error, may_pass=may_pass)
    except (DatabaseError, InterfaceError):
        logger.exception("the end of a scan was not written", extra={"scan": claim.scan_id})
