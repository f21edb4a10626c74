"""Parts of a large scan: written down for any worker, held by a lease, void when the scan is somebody else's.

Workers take a part as they take a scan, by compare-and-set. Nothing depends on who does it or how often, since all that
comes of a part lies in the caches by blob; a part is a promise only that its blobs need not be looked at by others now.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import zstandard

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from apps.scans.clock import from_now
from apps.scans.exceptions import LeaseLost
from apps.scans.lanes import CHUNKS_QUEUE, CHUNKS_TASK
from apps.scans.models import ChunkState, ChunkWork, Scan, ScanChunk, ScanState
from apps.scans.services.lease import Claim
from core.cleaning import clean_text
from core.queue import enqueue_on_commit

# A part takes a second or two; longer only by files that resist.
LEASE = timedelta(seconds=min(20, settings.PLUMBLINE_LEASE_SECONDS))
# A part that two workers were lost on is left to the one that runs the scan, whose attempts are counted.
_ATTEMPTS = 2
_HINTS = 64
_REASON_LIMIT = 500
_JOB_LIMIT = 128 << 20

type Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class ChunkPlan:
    """A part that is to be written down; keys are blob and kind, blob and role, or digest and version."""

    work: ChunkWork
    keys: Sequence[Key]
    own_names: Sequence[str] = ()
    job: bytes = b""


@dataclass(frozen=True, slots=True)
class ChunkClaim:
    """The right to say how far a part is."""

    chunk_id: int
    fence: int
    work: ChunkWork
    keys: list[Key]
    own_names: frozenset[str]
    job: bytes


@transaction.atomic
def chunks_plan(*, claim: Claim, plans: Sequence[ChunkPlan]) -> None:
    """Write down the parts of a scan in the place of any earlier ones, and announce them.

    Raises:
        LeaseLost: The scan is this worker's no more.
    """
    held = Scan.objects.select_for_update(no_key=True).filter(
        pk=claim.scan_id, fence=claim.fence, state=ScanState.RUNNING
    )
    if not held.exists():
        raise LeaseLost
    ScanChunk.objects.filter(scan_id=claim.scan_id).delete()
    ScanChunk.objects.bulk_create(
        (
            ScanChunk(
                scan_id=claim.scan_id,
                scan_fence=claim.fence,
                number=number,
                work=plan.work,
                keys=list(plan.keys),
                own_names=list(plan.own_names),
                job=zstandard.compress(plan.job) if plan.job else b"",
            )
            for number, plan in enumerate(plans, 1)
        ),
        batch_size=100,
    )
    # Whoever runs the scan takes one of them at once.
    for _ in range(min(len(plans) - 1, _HINTS)):
        enqueue_on_commit(CHUNKS_TASK, claim.scan_id, queue=CHUNKS_QUEUE)


@transaction.atomic
def chunk_claim(
    *, scan_id: int, work: ChunkWork | None = None, is_own: bool = False
) -> ChunkClaim | None:
    """Take a part that nobody holds, or whose holder was not heard of for too long; nothing if there is none.

    Args:
        scan_id: Of which scan.
        work: Only parts of this kind.
        is_own: Whether the caller runs the scan itself.
    """
    free = Q(state=ChunkState.PENDING) | Q(state=ChunkState.LEASED, lease_until__lt=Now())
    chunks = _valid().filter(free, scan_id=scan_id)
    if work is not None:
        chunks = chunks.filter(work=work)
    if not is_own:
        chunks = chunks.filter(attempt__lt=_ATTEMPTS)
    chunk = (
        chunks.select_for_update(skip_locked=True)
        .only("fence", "work", "keys", "own_names", "job")
        .order_by("number")
        .first()
    )
    if chunk is None:
        return None
    ScanChunk.objects.filter(pk=chunk.pk).update(
        state=ChunkState.LEASED,
        fence=F("fence") + 1,
        attempt=F("attempt") + 1,
        lease_until=from_now(LEASE),
        files_done=0,
    )
    packed = bytes(chunk.job)
    return ChunkClaim(
        chunk.pk,
        chunk.fence + 1,
        ChunkWork(chunk.work),
        [(blob, kind) for blob, kind in chunk.keys],
        frozenset(chunk.own_names),
        zstandard.decompress(packed, max_output_size=_JOB_LIMIT) if packed else b"",
    )


def chunk_renew(*, chunk: ChunkClaim) -> bool:
    """Renew the lease; False says that the part, or its scan, is this worker's no more."""
    return bool(_held(chunk).update(lease_until=from_now(LEASE)))


def chunk_progress(*, chunk: ChunkClaim, files_done: int) -> None:
    """Write down how many files of a part are dealt with."""
    _held(chunk).update(files_done=files_done)


def chunk_finish(*, chunk: ChunkClaim, casualties: Sequence[tuple[Key, str]]) -> bool:
    """End a part; False if it was this worker's no more.

    Args:
        chunk: Which.
        casualties: Files that ended their child, and why: they are in no cache.
    """
    return bool(
        _held(chunk).update(
            state=ChunkState.DONE,
            lease_until=None,
            files_done=len(chunk.keys),
            casualties=[
                [*key, clean_text(reason, limit=_REASON_LIMIT)] for key, reason in casualties
            ],
        )
    )


def chunk_give_back(*, chunk: ChunkClaim) -> None:
    """Leave a part to others at once."""
    _held(chunk).update(state=ChunkState.PENDING, lease_until=None, files_done=0)


def chunks_forget(*, claim: Claim) -> None:
    """Delete the parts of a scan that this worker ran; who is at work on one notices soon."""
    ScanChunk.objects.filter(scan_id=claim.scan_id, scan_fence=claim.fence).delete()


def chunks_sweep() -> int:
    """Delete the parts that scans left which lost their worker; how many."""
    void = ScanChunk.objects.exclude(scan__state=ScanState.RUNNING, scan__fence=F("scan_fence"))
    return void.delete()[0]


def _valid() -> QuerySet[ScanChunk]:
    """Parts whose scan still runs as it did when they were written down."""
    # No join: in an update, PostgreSQL looks again only at a row's own columns when it had to wait for the row.
    running = Scan.objects.filter(
        pk=OuterRef("scan_id"), fence=OuterRef("scan_fence"), state=ScanState.RUNNING
    )
    return ScanChunk.objects.filter(Exists(running))


def _held(chunk: ChunkClaim) -> QuerySet[ScanChunk]:
    return _valid().filter(pk=chunk.chunk_id, fence=chunk.fence, state=ChunkState.LEASED)
