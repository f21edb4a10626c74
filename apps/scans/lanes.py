"""Which scans are urgent, and the queue in which workers hear of each."""

from apps.scans.models import Lane, Trigger
from core.queue import enqueue_on_commit

TASK = "scans.run"
INTERACTIVE_QUEUE = "interactive"
BULK_QUEUE = "bulk"

# Somebody waits for the answer to each of these, but not to a nightly one.
_BY_TRIGGER = {
    Trigger.REGISTER: Lane.INTERACTIVE,
    Trigger.WEBHOOK: Lane.INTERACTIVE,
    Trigger.API: Lane.INTERACTIVE,
    Trigger.MANUAL: Lane.INTERACTIVE,
    Trigger.UP: Lane.INTERACTIVE,
    Trigger.SCHEDULE: Lane.BULK,
    Trigger.BACKFILL: Lane.BACKFILL,
}
_ORDER = (Lane.INTERACTIVE, Lane.BULK, Lane.BACKFILL)


def lane_of(trigger: Trigger) -> Lane:
    """The lane of a scan that is asked for without naming one."""
    return _BY_TRIGGER[trigger]


def more_urgent(one: Lane, other: Lane) -> bool:
    """Whether the first goes before the second."""
    return _ORDER.index(one) < _ORDER.index(other)


def queue_of(lane: Lane) -> str:
    """The queue in which a scan of this lane is announced."""
    return INTERACTIVE_QUEUE if lane is Lane.INTERACTIVE else BULK_QUEUE


def hint_scan(scan_id: int, lane: Lane) -> None:
    """Tell the workers of a scan once the transaction is committed."""
    enqueue_on_commit(TASK, scan_id, queue=queue_of(lane))
