"""Reading scans, their results, and cached outlines."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import NamedTuple
from uuid import UUID

import zstandard

from django.db.models import FETCH_RAISE, Count, Exists, F, OuterRef, Q, QuerySet, Sum
from django.utils import timezone

from apps.accounts.selectors import Person
from apps.repositories.models import Repository
from apps.repositories.selectors import repository_visible
from apps.scans.clock import from_now
from apps.scans.models import (
    ChunkState,
    ChunkWork,
    LintedBlob,
    LintReport,
    MigrationLint,
    MigrationReport,
    MigrationSqlPart,
    Outline,
    Phase,
    RuleResult,
    Scan,
    ScanChunk,
    ScanLogEntry,
    ScanState,
    UnreadableFile,
    WebhookDelivery,
)
from core.exceptions import NotFound

CACHE_DAYS = 60
"""How many days what is cached of a blob is kept that no scan uses."""
RESULT_DAYS = 60
"""How many days the rule results of a scan are kept on which no present figures rest."""
_CHUNK = 2000
_DELIVERIES = 5
# An outline is bounded by the child that made it; this bounds what a spoilt row could unpack to.
_LARGEST_OUTLINE = 64 << 20


def scan_list(
    *, user: Person, repository: Repository | None = None, with_past: bool = True
) -> QuerySet[Scan]:
    """The scans that the user may see, newest first; with those of the past unless told otherwise."""
    scans = Scan.objects.filter(repository__in=repository_visible(user=user))
    if repository is not None:
        scans = scans.filter(repository=repository)
    if not with_past:
        scans = scans.filter(as_of=None)
    return (
        scans.select_related("repository", "requested_by", "replaced_by")
        .order_by("-id")
        .fetch_mode(FETCH_RAISE)
    )


def scan_get(*, user: Person, public_id: UUID) -> Scan:
    """One scan by its public id.

    Raises:
        NotFound: There is none, or the user may not see it.
    """
    scan = scan_list(user=user).filter(public_id=public_id).first()
    if scan is None:
        raise NotFound("There is no such scan.")
    return scan


def scan_latest(repository: Repository) -> Scan | None:
    """The newest finished judgement of the watched branch."""
    return (
        Scan.objects.filter(repository=repository, ref="", as_of=None, state=ScanState.DONE)
        .select_related("repository", "same_as")
        .order_by("-id")
        .first()
    )


def scan_same(*, repository_id: int, commit: str, ruleset: str, extractor: str) -> Scan | None:
    """The scan that judged this very commit by these very rules, if no suppression in it has ended since."""
    return (
        Scan.objects.filter(
            repository_id=repository_id,
            commit=commit,
            ruleset=ruleset,
            extractor=extractor,
            state=ScanState.DONE,
            as_of=None,
            same_as__isnull=True,
        )
        .exclude(valid_until__lt=timezone.now().date())
        .first()
    )


def scan_is_current(scan: Scan) -> bool:
    """Whether a finished scan of the watched branch, or a repeat of it, is the newest one."""
    newest = (
        Scan.objects.filter(
            repository_id=scan.repository_id, ref="", as_of=None, state=ScanState.DONE
        )
        .order_by("-id")
        .values_list("pk", "same_as_id")
        .first()
    )
    return newest is not None and scan.pk in newest


def scan_has_fresh_caches(scan: Scan) -> bool:
    """Whether a scan of the same commit has lately read what is cached of its files, so that it is not removed yet."""
    return Scan.objects.filter(
        repository_id=scan.repository_id,
        commit=scan.commit,
        state=ScanState.DONE,
        finished_at__gte=timezone.now() - timedelta(days=CACHE_DAYS / 2),
        timings__has_key=Phase.READ,
    ).exists()


def result_list(scan: Scan) -> QuerySet[RuleResult]:
    """What each rule said in a scan; a repeat shows the results that it shares."""
    return RuleResult.objects.filter(scan_id=scan.same_as_id or scan.pk).fetch_mode(FETCH_RAISE)


def results_are_forgotten(scan: Scan) -> bool:
    """Whether a finished scan's results were removed because of their age."""
    return scan.state == ScanState.DONE and not result_list(scan).exists()


def unreadable_list(scan: Scan) -> QuerySet[UnreadableFile]:
    """The files that a scan had to leave unread."""
    return UnreadableFile.objects.filter(scan_id=scan.same_as_id or scan.pk).fetch_mode(FETCH_RAISE)


def log_list(scan: Scan) -> QuerySet[ScanLogEntry]:
    """What happened to a scan, the oldest first; a log has an end."""
    return ScanLogEntry.objects.filter(scan=scan).order_by("id").fetch_mode(FETCH_RAISE)


def delivery_list(scan: Scan) -> list[WebhookDelivery]:
    """The newest deliveries that asked for a scan."""
    deliveries = WebhookDelivery.objects.filter(scan=scan).order_by("-id")
    return list(deliveries.fetch_mode(FETCH_RAISE)[:_DELIVERIES])


def scans_unheard(*, older_than: timedelta) -> int:
    """How many scans have waited longer than this: the queue's health in one figure."""
    return Scan.objects.filter(
        state=ScanState.QUEUED, available_at__lt=from_now(-older_than)
    ).count()


def repositories_to_poll(*, slot: int, slots: int) -> list[int]:
    """Ids of enabled repositories whose turn it is and that no waiting scan will look at anyway."""
    waiting = Scan.objects.filter(
        repository=OuterRef("pk"), state=ScanState.QUEUED, ref="", as_of=None
    )
    return [
        repository_id
        for repository_id in Repository.objects.filter(~Exists(waiting), enabled=True)
        .order_by("id")
        .values_list("pk", flat=True)
        if repository_id % slots == slot
    ]


def outlines_load(*, extractor: str, kind: str, blobs: Iterable[str]) -> dict[str, bytes]:
    """Cached outlines of one kind, blob to encoded outline; unknown blobs are missing."""
    unpack = zstandard.ZstdDecompressor().decompress
    wanted = list(blobs)
    found: dict[str, bytes] = {}
    for start in range(0, len(wanted), _CHUNK):
        rows = Outline.objects.filter(
            extractor=extractor, kind=kind, blob__in=wanted[start : start + _CHUNK]
        ).values_list("blob", "data")
        for blob, packed in rows.iterator(chunk_size=_CHUNK):
            found[blob] = unpack(bytes(packed), max_output_size=_LARGEST_OUTLINE)
    return found


class LintedRow(NamedTuple):
    """A cached result of ruff: its row, its key, and when it was last of use."""

    pk: int
    blob: str
    role: str
    data: bytes
    last_used_on: date


def lint_load(*, linter: str, blobs: Iterable[str]) -> list[LintedRow]:
    """The cached results of ruff for these blobs, in every role in which they were linted."""
    wanted = list(blobs)
    found: list[LintedRow] = []
    for start in range(0, len(wanted), _CHUNK):
        rows = LintedBlob.objects.filter(
            linter=linter, blob__in=wanted[start : start + _CHUNK]
        ).values_list(*LintedRow._fields)
        found += [LintedRow(*row) for row in rows.iterator(chunk_size=_CHUNK)]
    return found


def lint_of(scan: Scan) -> LintReport | None:
    """What ruff said of a scan's commit; a repeat shows what it shares."""
    return (
        LintReport.objects.filter(scan_id=scan.same_as_id or scan.pk)
        .select_related("scan")
        .fetch_mode(FETCH_RAISE)
        .first()
    )


def scan_is_linted(scan: Scan, *, linter: str) -> bool:
    """Whether this very ruff has already said what it has to say of a scan's commit."""
    report = lint_of(scan)
    return report is not None and report.linter == linter and not report.problem


def migration_lint_known(digest: str) -> MigrationLint | None:
    """What was found in this very set of migrations, if a scan has had it."""
    return MigrationLint.objects.filter(digest=digest).defer("data").first()


def sql_parts_load(digests: Iterable[str]) -> dict[str, bytes]:
    """The SQL of parts of a set of migrations that is made already, by digest."""
    unpack = zstandard.ZstdDecompressor().decompress
    rows = MigrationSqlPart.objects.filter(digest__in=list(digests)).values_list("digest", "data")
    return {
        digest: unpack(bytes(packed), max_output_size=_LARGEST_OUTLINE) for digest, packed in rows
    }


def migrations_of(scan: Scan) -> MigrationReport | None:
    """What is known of the migrations of a scan's commit; a repeat shows what it shares."""
    return (
        MigrationReport.objects.filter(scan_id=scan.same_as_id or scan.pk)
        .select_related("scan", "lint")
        .fetch_mode(FETCH_RAISE)
        .first()
    )


def scan_has_migrations(scan: Scan, *, checker: str) -> bool:
    """Whether what lints migrations now has already said what it has to say of a scan's commit."""
    return MigrationReport.objects.filter(
        scan_id=scan.same_as_id or scan.pk, checker=checker, problem=""
    ).exists()


class ChunkedScan(NamedTuple):
    """A running scan with parts that nobody has taken."""

    repository_id: int
    commit: str


def chunked_scan(scan_id: int) -> ChunkedScan | None:
    """What a worker needs to know to take part in a large scan; nothing if there is nothing left to take."""
    pending = ScanChunk.objects.filter(
        scan_id=scan_id,
        scan__state=ScanState.RUNNING,
        scan__fence=F("scan_fence"),
        state=ChunkState.PENDING,
    )
    row = pending.values_list("scan__repository_id", "scan__commit").first()
    return None if row is None else ChunkedScan(*row)


class ChunksStanding(NamedTuple):
    """How far the parts of a scan are."""

    unfinished: int
    finished: int
    files_done: int


def chunks_standing(*, scan_id: int, work: ChunkWork) -> ChunksStanding:
    """How far the parts of one kind are."""
    chunks = ScanChunk.objects.filter(scan_id=scan_id, work=work)
    found = chunks.aggregate(
        unfinished=Count("pk", filter=~Q(state=ChunkState.DONE)),
        finished=Count("pk", filter=Q(state=ChunkState.DONE)),
        files_done=Sum("files_done", default=0),
    )
    return ChunksStanding(**found)


def chunk_casualties(scan_id: int) -> dict[tuple[str, str], str]:
    """The files that ended their child in any part of a scan, and why."""
    listed = ScanChunk.objects.filter(scan_id=scan_id).values_list("casualties", flat=True)
    return {(blob, kind): reason for rows in listed for blob, kind, reason in rows}
