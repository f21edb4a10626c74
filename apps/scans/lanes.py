"""Which scans are urgent, and the queue in which workers hear of each."""

from apps.scans.models import Lane, Trigger

INTERACTIVE_QUEUE = "interactive"
BULK_QUEUE = "bulk"
CHUNKS_TASK = "scans.chunks"
CHUNKS_QUEUE = "chunks"

# Somebody waits for the answer to a push and to what they asked for. First scans are long and come
# in hundreds, nightly ones too.
_BY_TRIGGER = {
    Trigger.REGISTER: Lane.BULK,
    Trigger.UP: Lane.BULK,
    Trigger.SCHEDULE: Lane.BULK,
    Trigger.WEBHOOK: Lane.INTERACTIVE,
    Trigger.API: Lane.INTERACTIVE,
    Trigger.MANUAL: Lane.INTERACTIVE,
    Trigger.BACKFILL: Lane.BACKFILL,
}
# The most urgent first.
ORDER = (Lane.INTERACTIVE, Lane.BULK, Lane.BACKFILL)
# Those that wait for their turn, so that there is room for the others.
PATIENT = (Lane.BULK, Lane.BACKFILL)


def lane_of(trigger: Trigger) -> Lane:
    """The lane of a scan that is asked for without naming one."""
    return _BY_TRIGGER[trigger]


def more_urgent(one: Lane, other: Lane) -> bool:
    """Whether the first goes before the second."""
    return ORDER.index(one) < ORDER.index(other)


def queue_of(lane: Lane) -> str:
    """The queue in which a scan of this lane is announced."""
    return INTERACTIVE_QUEUE if lane is Lane.INTERACTIVE else BULK_QUEUE
