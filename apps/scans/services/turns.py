"""Whose turn it is: of which waiting scans the workers are told, and when.

Urgent scans are announced at once. Of the others only a few are announced at a time, so that they
never stand in front of each other in the broker, and whoever asked for one does not wait for all of
somebody else's thousand.
"""

from collections import Counter
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import (
    Case,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
    Window,
)
from django.db.models.functions import Now, RowNumber

from apps.scans.clock import from_now
from apps.scans.lanes import ORDER, PATIENT, queue_of
from apps.scans.models import Lane, Scan, ScanState
from apps.scans.services.log import LogKind, scan_log
from apps.scans.services.tally import scans_tally
from apps.scans.signals import scan_completed
from core.locks import one_at_a_time, only_one
from core.queue import enqueue_on_commit

TASK = "scans.run"
# Patient scans that are announced and not taken: enough to keep every process busy, few enough to
# stand behind.
AHEAD = 8
# Nobody took it for so long that the broker may have lost the hint.
HINT_LOST_AFTER = timedelta(seconds=settings.PLUMBLINE_HINT_LOST_SECONDS)
_LOCK = 7_245_002
_PATIENCE_SECONDS = 2.0
# Between whom the patient scans are shared out fairly: the repository's team, and who asked.
_PARTY = ("repository__team_id", "requested_by_id")
_URGENCY = Case(
    *(When(lane=lane, then=Value(rank)) for rank, lane in enumerate(ORDER)),
    output_field=IntegerField(),
)


def scan_announce(*, scan_id: int, lane: Lane | str) -> None:
    """Once committed, tell the workers of a scan that waits; a patient one when its turn comes."""
    if lane in PATIENT:
        transaction.on_commit(turns_announce, robust=True)
    else:
        enqueue_on_commit(TASK, scan_id, queue=queue_of(Lane(lane)))


def turns_announce() -> int:
    """Announce patient scans as far as there is room; how many.

    Teams, and those who asked, take turns: next is a scan of whoever has fewest under way.
    """
    if not _patient().filter(announced_at__isnull=True).exists():
        return 0
    with only_one(_LOCK) as alone:
        # Who holds it announces too, or lets a scan run that announces the next.
        turns = _next_turns() if alone else []
        Scan.objects.filter(pk__in=turns).update(announced_at=Now())
        for scan_id in turns:
            scan_log(scan_id=scan_id, kind=LogKind.ANNOUNCED, text="Its turn came: announced.")
            enqueue_on_commit(TASK, scan_id, queue=queue_of(Lane.BULK))
    return len(turns)


def turns_left() -> int:
    """How many more patient scans may run now; the answer holds until the transaction ends."""
    if not one_at_a_time(_LOCK, patience=_PATIENCE_SECONDS):
        return 0
    running = Scan.objects.filter(state=ScanState.RUNNING, lane__in=PATIENT).count()
    return int(settings.PLUMBLINE_BULK_SCANS) - running


def turn_give_back(*, scan_id: int) -> None:
    """Let an announced scan that could not be started wait for another turn."""
    _patient().filter(pk=scan_id).update(announced_at=None)


def lost_hints_repeat(*, limit: int = 1000) -> int:
    """Announce again what was announced long ago, or not although it should have been; how many."""
    lost = (
        Q(announced_at__lt=from_now(-HINT_LOST_AFTER))
        # Had to wait, its time has come, and nobody was told since.
        | Q(announced_at__lt=F("available_at"))
        | Q(announced_at__isnull=True, lane=Lane.INTERACTIVE)
    )
    waiting = dict(
        Scan.objects.filter(lost, state=ScanState.QUEUED, available_at__lte=Now())
        .order_by(_URGENCY, "id")
        .values_list("pk", "lane")[:limit]
    )
    Scan.objects.filter(pk__in=waiting).update(announced_at=Now())
    for scan_id, lane in waiting.items():
        scan_log(scan_id=scan_id, kind=LogKind.ANNOUNCED, text="Announced to the workers again.")
        enqueue_on_commit(TASK, scan_id, queue=queue_of(Lane(lane)))
    return len(waiting)


def end_announce(*, scan_id: int, repository_id: int) -> None:
    """Once committed, tell those who wait for the end of a scan, workers of the next one first."""
    urgent = Scan.objects.filter(
        repository_id=repository_id,
        state=ScanState.QUEUED,
        lane=Lane.INTERACTIVE,
        as_of=None,
        available_at__lte=Now(),
    ).order_by("id")
    for next_id in urgent.values_list("pk", flat=True)[:1]:
        scan_announce(scan_id=next_id, lane=Lane.INTERACTIVE)
    transaction.on_commit(turns_announce, robust=True)
    transaction.on_commit(lambda: scans_tally(scan_ids=[scan_id]), robust=True)
    transaction.on_commit(
        lambda: scan_completed.send_robust(sender=Scan, scan_id=scan_id), robust=True
    )


def _next_turns() -> list[int]:
    under_way = list(
        Scan.objects.filter(
            Q(state=ScanState.RUNNING) | Q(state=ScanState.QUEUED, announced_at__isnull=False),
            lane__in=PATIENT,
        ).values_list("state", *_PARTY)
    )
    announced = sum(state == ScanState.QUEUED for state, *_ in under_way)
    room = min(AHEAD - announced, int(settings.PLUMBLINE_BULK_SCANS) - len(under_way))
    if room <= 0:
        return []
    return _fairest(Counter(tuple(party) for _, *party in under_way), room)


def _fairest(busy: Counter[tuple[int | None, ...]], room: int) -> list[int]:
    running = Scan.objects.filter(
        repository=OuterRef("repository"), state=ScanState.RUNNING, as_of=None
    )
    heads = (
        _patient()
        .filter(
            Q(as_of__isnull=False) | ~Exists(running),
            announced_at__isnull=True,
            available_at__lte=Now(),
        )
        .annotate(
            urgency=_URGENCY,
            turn=Window(
                RowNumber(),
                partition_by=[F(column) for column in _PARTY],
                order_by=[_URGENCY, F("id")],
            ),
        )
        .filter(turn__lte=room)
        .values_list("urgency", "turn", "pk", *_PARTY)
    )
    ordered = sorted(
        (urgency, busy[tuple(party)] + turn, scan_id) for urgency, turn, scan_id, *party in heads
    )
    return [scan_id for _, _, scan_id in ordered[:room]]


def _patient() -> QuerySet[Scan]:
    return Scan.objects.filter(state=ScanState.QUEUED, lane__in=PATIENT)
