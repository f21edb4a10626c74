"""What the address of the scans page asks for, and the rows that it shows."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils import timezone

from apps.accounts.models import Team
from apps.accounts.selectors import Person, team_list
from apps.scans import activity
from apps.scans.models import Lane, Phase, Scan, ScanState, Trigger
from apps.scans.timeline import PHASES
from apps.scans.trouble import Trouble, clockwork_trouble, queue_trouble
from apps.scans.waiting import queue_places
from core.addresses import query_string, whole_number
from core.cleaning import clean_text

RUNNING_SHOWN, QUEUE_SHOWN, ENDED_SHOWN, PAGE = 20, 15, 25, 50
GROUPS_SHOWN = 8
DAY = timedelta(days=1)
STATES = {
    "queued": ("Waiting", ()),
    "running": ("Running", ()),
    "done": ("Finished", (ScanState.DONE,)),
    "failed": ("Failed", activity.FAILED),
    "cancelled": ("Taken back", activity.TAKEN_BACK),
}
PERIODS = {"day": "24 hours", "week": "7 days", "month": "30 days", "all": "ever"}
_SPANS = {"day": DAY, "week": 7 * DAY, "month": 30 * DAY}
USUAL_PERIOD = "week"
LANES = {lane.value: str(lane.label).capitalize() for lane in Lane}
TRIGGERS = {trigger.value: str(trigger.label).capitalize() for trigger in Trigger}


@dataclass(frozen=True, slots=True)
class ScanQuery:
    """Which scans the address asks for; what it says that makes no sense is left out."""

    state: str = ""
    lane: str = ""
    team: str = ""
    trigger: str = ""
    repository: str = ""
    code: str = ""
    period: str = USUAL_PERIOD
    after: str = ""

    @classmethod
    def of(cls, query: QueryDict) -> "ScanQuery":
        """Read an address, or what a form sends on."""
        return cls(
            state=_known(query, "state", STATES),
            lane=_known(query, "lane", LANES),
            team=clean_text(query.get("team", "").strip(), limit=100),
            trigger=_known(query, "trigger", TRIGGERS),
            repository=clean_text(query.get("repository", "").strip(), limit=200),
            code=clean_text(query.get("code", "").strip(), limit=64),
            period=_known(query, "period", PERIODS) or USUAL_PERIOD,
            after=query.get("after", "")[:64],
        )

    @property
    def parameters(self) -> dict[str, str]:
        """What the address has to say for this, without what goes without saying."""
        named = {
            "state": self.state,
            "lane": self.lane,
            "team": self.team,
            "trigger": self.trigger,
            "repository": self.repository,
            "code": self.code,
            "period": "" if self.period == USUAL_PERIOD else self.period,
        }
        return {name: value for name, value in named.items() if value}

    @property
    def address(self) -> str:
        """The query of the page that shows this, from its beginning."""
        return query_string(self.parameters)

    @property
    def is_narrow(self) -> bool:
        """Whether it leaves anything out beside what is old."""
        return bool(self.state or self.code or self.is_partial)

    @property
    def is_partial(self) -> bool:
        """Whether it leaves out scans of any state."""
        return bool(self.lane or self.team or self.trigger or self.repository)

    def shows(self, *states: str) -> bool:
        """Whether scans in one of these states are asked for."""
        return not self.state or self.state in states

    @property
    def since(self) -> datetime | None:
        """From when on ended scans are shown."""
        span = _SPANS.get(self.period)
        return timezone.now() - span if span else None

    def scans(self, *, user: Person) -> QuerySet[Scan]:
        """The scans that the user may see and that it asks for, in whatever state."""
        scans = activity.scans_visible(user=user)
        if self.lane:
            scans = scans.filter(lane=self.lane)
        if self.trigger:
            scans = scans.filter(trigger=self.trigger)
        if self.team:
            scans = scans.filter(
                Q(repository__team__slug=self.team) | Q(repository__team__parent__slug=self.team)
            )
        if self.repository:
            scans = scans.filter(
                Q(repository__slug=self.repository) | Q(repository__name__icontains=self.repository)
            )
        return scans

    def ended(self, scans: QuerySet[Scan]) -> QuerySet[Scan]:
        """Those of the scans that ended as it asks, the newest first."""
        found = activity.ended_list(scans)
        if self.state in STATES and STATES[self.state][1]:
            found = found.filter(state__in=STATES[self.state][1])
        if self.code:
            found = found.filter(state__in=activity.FAILED, error_code=self.code)
        if self.since:
            found = found.filter(finished_at__gte=self.since)
        return found

    def failing(self, *, user: Person) -> QuerySet[Scan]:
        """Failed scans that it asks for and for which nothing better has come since."""
        return activity.failing_list(self.ended(self.scans(user=user)))

    def cancellable(self, *, user: Person) -> QuerySet[Scan]:
        """Waiting scans that it asks for and that the user may cancel."""
        return self.scans(user=user).filter(
            pk__in=activity.scans_cancellable(user=user).values("pk"), state=ScanState.QUEUED
        )


@dataclass(frozen=True, slots=True)
class RunningRow:
    """A scan that runs; `steps` is past, now or ahead for each phase, `elapsed` in seconds."""

    scan: Scan
    steps: list[str]
    elapsed: float
    is_lapsed: bool
    may_cancel: bool


@dataclass(frozen=True, slots=True)
class QueueRow:
    """A scan that waits: its place in its lane, and the seconds to its next attempt, if there is one to come."""

    scan: Scan
    place: int
    next_try: float | None
    may_cancel: bool


@dataclass(frozen=True, slots=True)
class Slice[Row]:
    """Part of a long list, and the address of the next part; blank if there is none."""

    rows: list[Row]
    more: str = ""

    @classmethod
    def of(cls, rows: Iterable[Row], *, size: int, key: Callable[[Row], str]) -> "Slice[Row]":
        """Cut what was fetched with one row more than is shown."""
        found = list(rows)
        return cls(found[:size], key(found[size - 1]) if len(found) > size else "")


def running_rows(scans: QuerySet[Scan], *, user: Person, most: int) -> list[RunningRow]:
    """Show those that run, the longest first."""
    found = activity.running_list(scans, most=most)
    own = activity.cancellable_ids([scan.pk for scan in found], user=user)
    now = timezone.now()
    return [
        RunningRow(
            scan=scan,
            steps=_steps(scan),
            elapsed=(now - (scan.started_at or now)).total_seconds(),
            is_lapsed=scan.lease_until is not None and scan.lease_until < now,
            may_cancel=scan.pk in own,
        )
        for scan in found
    ]


def queue_slice(
    scans: QuerySet[Scan], *, user: Person, size: int, is_part: bool, after: str = ""
) -> Slice[QueueRow]:
    """Show those that wait, in the order in which workers take them.

    Args:
        scans: Which ones.
        user: Who looks.
        size: How many are shown.
        is_part: Whether they are only some of all.
        after: How many to pass over, as an address says it.
    """
    skip = whole_number(after, digits=6) or 0
    among = activity.waiting_ids(scans) if is_part else None
    places = dict(queue_places(among=among, skip=skip, limit=size + 1))
    own = activity.cancellable_ids(list(places), user=user)
    now = timezone.now()
    rows = [
        QueueRow(
            scan=scan,
            place=places[scan.pk],
            next_try=(scan.available_at - now).total_seconds() if scan.available_at > now else None,
            may_cancel=scan.pk in own,
        )
        for scan in activity.waiting_list(list(places))
    ]
    return Slice(rows[:size], str(skip + size) if len(places) > size else "")


def ended_slice(scans: QuerySet[Scan], *, size: int, after: str = "") -> Slice[Scan]:
    """Show those that ended, the newest first."""
    end = _moment(after)
    if end is not None:
        at, pk = end
        scans = scans.filter(Q(finished_at__lt=at) | Q(finished_at=at, pk__lt=pk))
    return Slice.of(scans[: size + 1], size=size, key=_ended_key)


@dataclass(frozen=True, slots=True)
class Choice:
    """A value to filter by; `count` where it is known without a question of its own."""

    name: str
    label: str
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything on the scans page; a part that the address leaves out is empty."""

    troubles: list[Trouble]
    loads: list[activity.LaneLoad]
    outcome: activity.Outcome
    groups: list[activity.FailureGroup]
    running: list[RunningRow]
    queue: Slice[QueueRow]
    ended: Slice[Scan]
    states: list[Choice]
    teams: list[Team]
    has_any: bool

    @classmethod
    def of(cls, query: ScanQuery, *, user: Person) -> "Overview":
        """Read what an address asks for."""
        scans = query.scans(user=user)
        loads = activity.lane_loads(scans)
        groups: list[activity.FailureGroup] = []
        if query.shows("failed"):
            groups = activity.failure_groups(scans, since=query.since, most=GROUPS_SHOWN)
        alone = bool(query.state)
        queue: Slice[QueueRow] = Slice([])
        if query.shows("queued"):
            size = PAGE if alone else QUEUE_SHOWN
            queue = queue_slice(
                scans,
                user=user,
                size=size,
                is_part=query.is_partial,
                after=query.after if alone else "",
            )
        ended: Slice[Scan] = Slice([])
        if query.shows("done", "failed", "cancelled"):
            ended = ended_slice(
                query.ended(scans), size=PAGE if alone else ENDED_SHOWN, after=query.after
            )
        running: list[RunningRow] = []
        if query.shows("running"):
            running = running_rows(scans, user=user, most=PAGE if alone else RUNNING_SHOWN)
        counts = {
            "queued": sum(load.waiting for load in loads),
            "running": sum(load.running for load in loads),
        }
        return cls(
            troubles=troubles(),
            loads=loads,
            outcome=activity.outcome_since(scans, since=timezone.now() - DAY),
            groups=groups,
            running=running,
            queue=queue,
            ended=ended,
            states=[Choice(name, label, counts.get(name)) for name, (label, _) in STATES.items()],
            teams=list(team_list(user=user)),
            has_any=any(counts.values())
            or bool(ended.rows)
            or activity.scans_visible(user=user).exists(),
        )

    @property
    def may_cancel_many(self) -> bool:
        """Whether the user may cancel some of those that wait."""
        return any(row.may_cancel for row in self.queue.rows)

    @property
    def is_live(self) -> bool:
        """Whether something on it will change by itself."""
        return any(load.waiting or load.running for load in self.loads)

    @property
    def waiting(self) -> int:
        """Scans that wait."""
        return sum(load.waiting for load in self.loads)

    @property
    def count_running(self) -> int:
        """Scans that run."""
        return sum(load.running for load in self.loads)


def troubles() -> list[Trouble]:
    """What is wrong with the machinery as a whole."""
    return [trouble for trouble in (queue_trouble(), clockwork_trouble()) if trouble]


def _steps(scan: Scan) -> list[str]:
    here = PHASES.index(Phase(scan.phase)) if scan.phase in PHASES else 0
    return [
        "past" if place < here else "now" if place == here else "ahead"
        for place in range(len(PHASES))
    ]


def _ended_key(scan: Scan) -> str:
    return f"{_micros(scan.finished_at)}-{scan.pk}"


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def _micros(moment: datetime | None) -> int:
    return ((moment or _EPOCH) - _EPOCH) // _MICROSECOND


def _moment(key: str) -> tuple[datetime, int] | None:
    before, _, after = key.partition("-")
    # Sixteen digits of microseconds end in the year 2286, fifteen of a key in a bigint.
    at, pk = whole_number(before, digits=16), whole_number(after, digits=15)
    return None if at is None or pk is None else (_EPOCH + at * _MICROSECOND, pk)


def _known(query: QueryDict, name: str, values: Iterable[str]) -> str:
    value = query.get(name, "")
    return value if value in values else ""
