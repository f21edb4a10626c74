"""The life of a scan: what can happen to it in which state, and where that leads."""

import enum
from collections.abc import Mapping
from types import MappingProxyType

from apps.scans.exceptions import TransitionRefused
from apps.scans.models import ScanState


class Event(enum.StrEnum):
    """What can happen to a scan."""

    CLAIMED = "claimed"
    RECORDED = "recorded"
    FAILED = "failed"
    POSTPONED = "postponed"
    GIVEN_UP = "given_up"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"


TRANSITIONS: Mapping[tuple[ScanState, Event], ScanState] = MappingProxyType(
    {
        (ScanState.QUEUED, Event.CLAIMED): ScanState.RUNNING,
        (ScanState.QUEUED, Event.CANCELLED): ScanState.CANCELLED,
        (ScanState.QUEUED, Event.SUPERSEDED): ScanState.SUPERSEDED,
        (ScanState.RUNNING, Event.RECORDED): ScanState.DONE,
        (ScanState.RUNNING, Event.FAILED): ScanState.FAILED,
        (ScanState.RUNNING, Event.POSTPONED): ScanState.QUEUED,
        (ScanState.RUNNING, Event.GIVEN_UP): ScanState.DEAD,
        (ScanState.RUNNING, Event.CANCELLED): ScanState.CANCELLED,
        (ScanState.RUNNING, Event.SUPERSEDED): ScanState.SUPERSEDED,
    }
)


def state_after(state: ScanState | str, event: Event) -> ScanState:
    """Where an event leads from a state.

    Raises:
        TransitionRefused: It cannot happen in this state.
    """
    try:
        return TRANSITIONS[ScanState(state), event]
    except KeyError:
        raise TransitionRefused(f"A scan that is {state} cannot be {event.value}.") from None


def states_before(event: Event) -> list[ScanState]:
    """The states in which an event can happen."""
    return [state for state, happening in TRANSITIONS if happening is event]


def state_of(event: Event) -> ScanState:
    """The state to which an event leads; the same wherever it comes from."""
    return next(to for (_, happening), to in TRANSITIONS.items() if happening is event)
