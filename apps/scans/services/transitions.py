"""The only place that moves a scan from one state to another."""

from collections.abc import Collection
from typing import Any

from django.db.models import F
from django.db.models.functions import Now

from apps.scans.models import ENDED, Phase, Scan, ScanState
from apps.scans.states import Event, state_after, state_of, states_before


def scan_advance(event: Event, *, scan_id: int, fence: int | None = None, **columns: Any) -> bool:  # noqa: ANN401 - values of any column
    """Let something happen to a scan, if it still can, by one compare-and-set.

    Args:
        event: What happens.
        scan_id: To which scan.
        fence: Only if the scan is still held by this fence; what a worker does always names it.
        columns: What else is written with it.

    Returns:
        Whether it happened. If not, nothing was written: somebody else was first.
    """
    scans = Scan.objects.filter(pk=scan_id, state__in=states_before(event))
    if event is Event.CLAIMED:
        scans = scans.filter(available_at__lte=Now())
    if fence is not None:
        scans = scans.filter(fence=fence)
    target = state_of(event)
    return bool(scans.update(state=target, **(_columns(target) | columns)))


def scans_advance(event: Event, *, scan_ids: Collection[int]) -> int:
    """Let the same happen to many scans whose rows the caller has locked; to how many it could happen."""
    scans = Scan.objects.filter(pk__in=scan_ids, state__in=states_before(event))
    target = state_of(event)
    return scans.update(state=target, **_columns(target))


def scan_advance_locked(event: Event, *, scan: Scan) -> None:
    """The same for a scan whose row the caller has locked and will save.

    Raises:
        TransitionRefused: It cannot happen in the state that the scan is in.
    """
    scan.state = state_after(scan.state, event)
    for name, value in _columns(ScanState(scan.state)).items():
        setattr(scan, name, value)


def _columns(state: ScanState) -> dict[str, Any]:
    """What the other columns are when a scan has come to a state."""
    if state == ScanState.RUNNING:
        return {
            "phase": Phase.FETCH,
            "fence": F("fence") + 1,
            "attempt": F("attempt") + 1,
            "started_at": Now(),
            "files_done": 0,
            "files_total": 0,
        }
    if state == ScanState.QUEUED:
        return {"phase": Phase.QUEUED, "lease_until": None, "announced_at": None}
    assert state in ENDED  # noqa: S101 - the three kinds of state
    return {"phase": Phase.DONE, "lease_until": None, "finished_at": Now()}
