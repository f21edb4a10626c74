"""Reading backfills: how far each is, and which may go on."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from apps.repositories.models import Repository
from apps.scans.models import Backfill, BackfillState, Scan, ScanState
from plumbline.version import extractor_version, ruleset

ACTIVE = (BackfillState.WAITING, BackfillState.RUNNING)
_UNHEARD = timedelta(seconds=60)
# A push that was judged when it was made stands for its month; one judged much later does not.
_SAME_TIME = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class Month:
    """A commit that stands for a month, and the scan that judged it, ended on it or works on it."""

    commit: str
    at: datetime
    scan: Scan | None

    @property
    def state(self) -> str:
        """As a scan's; blank while its turn has not come."""
        return self.scan.state if self.scan else ""

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.scan is not None and self.scan.is_finished


@dataclass(frozen=True, slots=True)
class BackfillProgress:
    """How far a backfill is; without months while the history is not known."""

    backfill: Backfill
    months: list[Month]

    @property
    def over(self) -> int:
        """How many months are over, well or badly."""
        return sum(month.is_over for month in self.months)

    @property
    def failed(self) -> list[Month]:
        """The months that could not be judged."""
        return [month for month in self.months if month.is_over and month.state != ScanState.DONE]

    @property
    def share(self) -> float:
        """The part that is over, 0 to 1."""
        return self.over / len(self.months) if self.months else 0.0


def backfill_latest(repository: Repository) -> Backfill | None:
    """The newest wish for a repository's history."""
    return (
        Backfill.objects.filter(repository=repository)
        .select_related("repository", "requested_by")
        .order_by("-id")
        .first()
    )


def backfill_progress(repository: Repository) -> BackfillProgress | None:
    """How far the newest backfill of a repository is; nothing if none was asked for."""
    backfill = backfill_latest(repository)
    return BackfillProgress(backfill, months_of(backfill)) if backfill else None


def months_of(backfill: Backfill) -> list[Month]:
    """The months of a backfill, oldest first, each with its scan as far as it has one."""
    plan = planned(backfill)
    scans = Scan.objects.filter(
        Q(as_of__isnull=False) | Q(ref="", state=ScanState.DONE),
        repository_id=backfill.repository_id,
        commit__in=[commit for commit, _ in plan],
    ).order_by("id")
    by_commit: dict[str, list[Scan]] = {}
    for scan in scans:
        by_commit.setdefault(scan.commit, []).append(scan)
    return [
        Month(commit, at, _stands_for(by_commit.get(commit, ()), backfill, at))
        for commit, at in plan
    ]


def planned(backfill: Backfill) -> list[tuple[str, datetime]]:
    """The commits of a backfill with their times, oldest first; none while they are not known."""
    return [(commit, datetime.fromisoformat(at)) for commit, at in backfill.plan or ()]


def commit_after(*, scan_id: int) -> str:
    """The commit whose turn comes after that of a scan of the past; blank if none does."""
    backfill = Backfill.objects.filter(scans=scan_id, state=BackfillState.RUNNING).first()
    if backfill is None:
        return ""
    commits = [commit for commit, _ in planned(backfill)]
    here = Scan.objects.values_list("commit", flat=True).get(pk=scan_id)
    return next(iter(commits[commits.index(here) + 1 :]), "") if here in commits else ""


def backfill_may_begin(backfill_id: int) -> bool:
    """Whether a history may be fetched: its present was judged, and no other scan waits for a worker."""
    judged = Scan.objects.filter(
        repository=OuterRef("repository"), ref="", as_of=None, state=ScanState.DONE
    )
    return (
        Backfill.objects.filter(
            Exists(judged), pk=backfill_id, state__in=ACTIVE, repository__enabled=True
        ).exists()
        and not Scan.objects.filter(
            state=ScanState.QUEUED, as_of=None, available_at__lte=timezone.now()
        ).exists()
    )


def backfills_unheard(*, limit: int) -> list[int]:
    """Ids of backfills that could go on and of which no worker has heard for a minute, oldest first."""
    now = timezone.now()
    scans = Scan.objects.filter(repository=OuterRef("repository"))
    unheard = Backfill.objects.filter(
        Q(lease_until=None) | Q(lease_until__lte=now),
        ~Exists(scans.filter(as_of__isnull=False, state__in=[ScanState.QUEUED, ScanState.RUNNING])),
        Exists(scans.filter(ref="", as_of=None, state=ScanState.DONE)),
        state__in=ACTIVE,
        available_at__lte=now,
        heard_at__lte=now - _UNHEARD,
        repository__enabled=True,
    )
    return list(unheard.order_by("heard_at", "id").values_list("pk", flat=True)[:limit])


def repositories_in_backfill() -> set[int]:
    """Ids of the repositories whose history is at work."""
    return set(Backfill.objects.filter(state__in=ACTIVE).values_list("repository_id", flat=True))


def repositories_with_outdated_history(*, limit: int) -> dict[int, int]:
    """Repositories whose past was judged by other rules than today's, to the months last asked for."""
    current = Scan.objects.filter(
        repository=OuterRef("repository"), as_of__isnull=False, state=ScanState.DONE
    )
    newest = (
        Backfill.objects.filter(
            Exists(current.exclude(ruleset=ruleset(), extractor=extractor_version())),
            ~Exists(
                Backfill.objects.filter(repository=OuterRef("repository"), pk__gt=OuterRef("pk"))
            ),
            state=BackfillState.DONE,
            repository__enabled=True,
        )
        .order_by("finished_at")
        .values_list("repository_id", "months")
    )
    return dict(newest[:limit])


def _stands_for(scans: Collection[Scan], backfill: Backfill, at: datetime) -> Scan | None:
    """The scan to show for a month: at work, then good by today's rules, then how this backfill ended."""
    ours = [scan for scan in scans if scan.backfill_id == backfill.pk]
    unfinished = [scan for scan in ours if not scan.is_finished]
    known = [scan for scan in scans if is_known(scan, at)]
    return next(reversed(unfinished or known or ours), None)


def is_known(scan: Scan, at: datetime) -> bool:
    """Whether a scan says by today's rules how its commit was at that time."""
    if (scan.state, scan.ruleset, scan.extractor) != (
        ScanState.DONE,
        ruleset(),
        extractor_version(),
    ):
        return False
    if scan.as_of is not None:
        return True
    return scan.finished_at is not None and scan.finished_at - at <= _SAME_TIME
