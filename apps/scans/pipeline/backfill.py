"""Finding out which commits stand for the months of a repository's history."""

import logging
from datetime import datetime

from django.conf import settings
from django.utils import timezone

from apps.repositories.git.errors import GitError, TooLarge
from apps.repositories.git.history import DatedCommit, first_parents
from apps.repositories.git.remote import RemoteHead
from apps.repositories.mirrors import MirrorInUse, history_store, mirror_store
from apps.scans.backfills import backfill_may_begin, repositories_in_backfill
from apps.scans.exceptions import ScanCrashed
from apps.scans.models import Backfill
from apps.scans.months import month_before, month_ends, monthly
from apps.scans.pipeline.branch import Branch
from apps.scans.pipeline.replay import REF
from apps.scans.selectors import scan_latest
from apps.scans.services import backfill_claim, backfill_fail, backfill_go_on, backfill_plan
from core.exceptions import DomainError

logger = logging.getLogger(__name__)


def backfill_run(backfill_id: int) -> None:
    """Fetch a history, unless its months are known or other scans wait, and ask for its next month."""
    if backfill_may_begin(backfill_id):
        claimed = backfill_claim(backfill_id=backfill_id, seconds=_patience())
        if claimed is not None:
            _plan(claimed)
    backfill_go_on(backfill_id=backfill_id)


def histories_tidy() -> None:
    """Delete the histories that this machine needs no more. Nothing depends on it."""
    store = history_store()
    if not store.folder.exists():
        return
    try:
        store.forget_others(repositories_in_backfill())
        if store.upkeep_is_due():
            store.upkeep(repositories_in_backfill())
    except (OSError, GitError):
        logger.exception("the histories are not in order")


def _plan(backfill: Backfill) -> None:
    try:
        with history_store().use(backfill.repository_id) as mirror:
            since, commits = _history(backfill, mirror)
        backfill_plan(backfill=backfill, since=since, commits=commits)
    except TooLarge as error:
        text = "The history is larger than Plumbline accepts."
        remedy = "Ask for fewer months, or raise PLUMBLINE_PACK_LIMIT_BYTES."
        _fail(backfill, TooLarge(text, remedy=remedy, code=error.code))
    except DomainError as error:
        _fail(backfill, error)
    except Exception:
        logger.exception("a history was not planned", extra={"backfill": backfill.pk})
        _fail(backfill, ScanCrashed())


def _history(backfill: Backfill, mirror: MirrorInUse) -> tuple[datetime, list[DatedCommit]]:
    """The beginning of the first month, and the commits that stand for the months."""
    latest = scan_latest(backfill.repository)
    # What is replayed is older than what is known of the present.
    now = min(timezone.now(), (latest and latest.finished_at) or timezone.now())
    branch = Branch.of(backfill.repository)
    head = branch.head(mirror)
    newest = _newest(branch, head, mirror, now)
    ends = month_ends(newest, months=backfill.months, now=now)
    since = month_before(ends[0])
    tree = branch.fetch(mirror, REF, head, since=since)
    commits = first_parents(mirror.mirror.folder, tree.sha, until=now)
    return since, monthly(commits, ends)


def _newest(branch: Branch, head: RemoteHead, mirror: MirrorInUse, now: datetime) -> datetime:
    """When the newest commit was made; this moment if it says that it is of the future."""
    with mirror_store().use(mirror.repository_id) as present:
        folder, sha = present.mirror.folder, head.sha
        if not present.mirror.has(sha):
            folder = mirror.mirror.folder
            sha = branch.fetch(mirror, REF, head).sha
        commits = first_parents(folder, sha, until=now)
    return commits[-1].at if commits else now


def _fail(backfill: Backfill, error: DomainError) -> None:
    may_pass = isinstance(error, GitError) and error.is_transient
    backfill_fail(backfill=backfill, error=error, may_pass=may_pass)


def _patience() -> float:
    """How long fetching a history may take: two fetches, and some time for git to read it."""
    return 2 * float(settings.PLUMBLINE_GIT_TIMEOUT) + 120
