"""Why a scan was refused or failed, in words that help."""

from http import HTTPStatus

from apps.repositories.models import LONGEST_HISTORY
from apps.scans.selectors import RESULT_DAYS
from core.exceptions import Conflict, DomainError, Invalid


class RepositoryDisabled(Conflict):
    """Scans of this repository are switched off."""

    code = "repository_disabled"
    text = "The repository is disabled."
    remedy = "Enable it first."


class ScanNotFinished(Conflict):
    """The scan is still under way."""

    code = "scan_not_finished"
    text = "The scan has not ended yet."
    remedy = "Wait for its end, or cancel it."


class ScanFinished(Conflict):
    """The scan has ended already."""

    code = "scan_finished"
    text = "The scan has ended already."
    remedy = "Ask for a new one."


class TransitionRefused(Conflict):
    """Something cannot happen to a scan in the state that it is in."""

    code = "transition_refused"
    text = "This cannot happen to the scan in its present state."
    remedy = "Look at the scan again: its state has changed."


class MonthsInvalid(Invalid):
    """A history of no months, or of too many."""

    code = "months_invalid"
    text = f"A history has 1 to {LONGEST_HISTORY} months."
    remedy = "Give a whole number of months."


class PastAtWork(Conflict):
    """Another commit of this repository's past is being judged."""

    code = "past_at_work"
    text = "Another scan of this repository's past is at work."
    remedy = "Wait for its end."


class BackfillFinished(Conflict):
    """The backfill has ended already."""

    code = "backfill_finished"
    text = "The backfill has ended already."
    remedy = "Ask for a new one."


class LeaseLost(DomainError):
    """Another worker has this scan now, or somebody cancelled it."""

    code = "lease_lost"
    text = "The scan was taken away from this worker."


class EngineFailed(DomainError):
    """The rules could not be applied to the repository as a whole."""

    code = "engine_failed"
    text = "The engine could not judge this commit."
    remedy = "Scan again; if it fails again, report it with the scan's address."


class ScanInterrupted(DomainError):
    """The worker was told to stop, or ran out of the time that a scan may take."""

    code = "interrupted"
    text = "The scan took longer than a scan may take."
    remedy = "Scan again; exclude generated code under [tool.plumbline] if it stays slow."


class ScanCrashed(DomainError):
    """Something failed that nobody foresaw; the log has the trace."""

    code = "internal"
    text = "The scan stopped on an error of Plumbline itself."
    remedy = "Scan again; if it fails again, report it with the scan's address."


class WorkerVanished(DomainError):
    """The worker that ran it was killed, or lost its machine or the database."""

    code = "worker_vanished"
    text = "The worker stopped in the middle of this scan."
    remedy = "Nothing, as long as it happens once: another worker takes the scan."


class ScanGivenUp(DomainError):
    """The worker of its last attempt vanished too."""

    code = "given_up"
    text = "Worker after worker stopped in the middle of this scan."
    remedy = "Check the workers' memory and logs, then scan again."


class ResultsForgotten(DomainError):
    """The rule results of an old scan are not kept."""

    code = "results_forgotten"
    text = f"The rule results of this scan were removed {RESULT_DAYS} days after it."
    remedy = "Ask for those of the repository's newest scan; trends keep what became of each rule."
    status = HTTPStatus.GONE
