"""Looking at remotes now and then, since every host sometimes forgets to announce a push."""

import logging

from django.utils import timezone

from apps.repositories.git.remote import remote_head
from apps.repositories.remotes import remote_of
from apps.repositories.selectors import repository_by_id
from apps.scans.models import Trigger
from apps.scans.selectors import repositories_to_poll, scan_latest
from apps.scans.services import scan_request
from core.exceptions import DomainError
from core.queue import enqueue_on_commit

logger = logging.getLogger(__name__)

TASK = "scans.poll_remote"
# Remotes may be slow to answer: nothing that is quick stands behind them.
QUEUE = "bulk"
# Called every five minutes, so that each remote is looked at once an hour, a twelfth at a time.
SLOTS = 12
_SLOT_SECONDS = 300


def remotes_announce() -> int:
    """Send one task for each remote whose turn it is; how many."""
    slot = int(timezone.now().timestamp() // _SLOT_SECONDS) % SLOTS
    repository_ids = repositories_to_poll(slot=slot, slots=SLOTS)
    for repository_id in repository_ids:
        enqueue_on_commit(TASK, repository_id, queue=QUEUE)
    return len(repository_ids)


def remote_poll(repository_id: int) -> bool:
    """Ask a remote what its branch is now, and ask for a scan if that was not judged; True if so.

    A remote that fails is left to the next scan, which will say why.
    """
    try:
        repository = repository_by_id(repository_id)
        remote = remote_of(repository)
        head = remote_head(remote.address, repository.branch, remote.credential)
        latest = scan_latest(repository)
        if latest is not None and latest.commit == head.sha:
            return False
        scan_request(repository=repository, trigger=Trigger.SCHEDULE)
    except DomainError as error:
        logger.info("a remote was not polled", extra={"code": error.code, "id": repository_id})
        return False
    return True
