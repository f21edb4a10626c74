"""Large scans in parts: planned by the worker that runs the scan, worked on by all, joined by the caches.

A part only warms the caches of outlines and of ruff's results. What no part has brought there in the end, the worker
that runs the scan does itself, as it would have done everything; so the verdict is the same however many take part, or
are lost.
"""

import logging
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from types import TracebackType
from typing import Self

from django.conf import settings
from django.db import DatabaseError, InterfaceError

from apps.findings.migration_sql.confined import (
    MigrationsNotLinted,
    SqlMaker,
    SqlParts,
    checker_version,
)
from apps.repositories.git.remote import RemoteHead
from apps.repositories.git.tree import Tree
from apps.repositories.mirrors import MirrorInUse, mirror_store
from apps.repositories.remotes import remote_of
from apps.repositories.selectors import repository_by_id
from apps.scans.models import ChunkWork
from apps.scans.pipeline.evaluating import ENGINE
from apps.scans.pipeline.heartbeat import Heartbeat, Progress
from apps.scans.pipeline.linting import LintWork, blobs_lint, lints_known
from apps.scans.pipeline.outlining import outlines_extract, outlines_known
from apps.scans.selectors import (
    ChunkedScan,
    ChunksStanding,
    chunk_casualties,
    chunked_scan,
    chunks_standing,
)
from apps.scans.services import (
    ChunkClaim,
    ChunkPlan,
    chunk_claim,
    chunk_finish,
    chunk_give_back,
    chunk_progress,
    chunk_renew,
    chunks_forget,
    chunks_plan,
    scan_log,
    sql_parts_store,
)
from apps.scans.services.chunks import LEASE
from apps.scans.stock import Key
from core.exceptions import DomainError
from plumbline.sandbox import Casualty, Sandbox, SandboxError
from plumbline.source import File
from plumbline.version import extractor_version, linter_version

logger = logging.getLogger(__name__)

_FILE_COST = 1024
"""What a file takes beside its bytes, as bytes: opening, storing and encoding it."""
_LINT_EASE = 4
"""Ruff takes about a quarter of the time of outlining the same file."""
_SQL_PARTS, _SQL_CHUNKS = 3, 4
_TURN_SECONDS = 3.0
"""After which a worker that helps looks whether something more urgent waits."""
_PAUSE_SECONDS = 0.1
_BEAT_SECONDS = LEASE.total_seconds() / 4


class Split:
    """The parts of one scan, if there is so much to do that it has some. A context manager that makes them void."""

    def __init__(self, tree: Tree, files: list[File], sandbox: Sandbox, progress: Progress) -> None:
        """Name the scan's commit; nothing is planned before its outlines are asked for."""
        self._tree = tree
        self._files = files
        self._sandbox = sandbox
        self._progress = progress
        self._is_planned = False
        self.maker = SqlMaker()
        """Makes the SQL of migrations here."""

    def __enter__(self) -> Self:
        """Give the split."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Delete what was planned; who still works on it notices."""
        self.maker.__exit__(kind, error, trace)
        if self._is_planned:
            try:
                chunks_forget(claim=self._progress.claim)
            except (DatabaseError, InterfaceError):  # swept away later
                logger.warning("the parts of a scan were not deleted", exc_info=True)

    def outlines(self, unseen: list[Key], before: int) -> dict[Key, bytes]:
        """Have unseen blobs outlined by whoever has time; those of them that are known then.

        Args:
            unseen: Blobs and kinds.
            before: How many files were done before.

        Raises:
            LeaseLost: The scan is this worker's no more.
            SandboxError: The parsers cannot be run here.
        """
        sizes = {file.blob: file.size for file in self._files}
        if not is_large(unseen, sizes):
            return {}
        self._plan(unseen, sizes)
        known: dict[Key, bytes] = {}
        self._join(ChunkWork.OUTLINE, known.update, before)
        elsewhere = [key for key in unseen if key not in known]
        cached, _ = outlines_known(elsewhere, extractor_version())
        known |= cached
        fallen = chunk_casualties(self._progress.claim.scan_id)
        if fallen:
            from plumbline.extract import unreadable_bytes  # and with it every parser

            for key, reason in fallen.items():
                known.setdefault(key, unreadable_bytes(reason))
                self._sandbox.casualties.append(Casualty(key, reason))
        return known

    def lints(self) -> None:
        """Have unseen blobs linted likewise, if the scan was split.

        Raises:
            LeaseLost: The scan is this worker's no more.
            SandboxError: Ruff cannot be run here.
        """
        if self._is_planned:
            self._join(ChunkWork.LINT, lambda _: None, 0)

    def sql(self, parts: SqlParts, known: Collection[str]) -> None:
        """Have the SQL of migrations made likewise, where so much of it is missing that it takes a second or more.

        Raises:
            LeaseLost: The scan is this worker's no more.
            MigrationsNotLinted: No SQL can be made of them.
        """
        missing = sum(digest not in known for digest in parts.digests)
        if missing < _SQL_PARTS or not settings.PLUMBLINE_SPLIT_BYTES:
            return
        # Each begins by going through all migrations before it, so they are few.
        rows = list(parts.missing(known, at_most=-(-missing // _SQL_CHUNKS)))
        plans = [
            ChunkPlan(
                ChunkWork.SQL,
                [(digest, checker_version()) for digest in parts.digests[first : last + 1]],
                job=parts.job(first, last),
            )
            for first, last in rows
        ]
        self._write(plans, f"The SQL of its migrations is made in {len(plans)} parts.")
        self._join(ChunkWork.SQL, lambda _: None, 0)

    def _plan(self, unseen: list[Key], sizes: Mapping[str, int]) -> None:
        target = settings.PLUMBLINE_CHUNK_BYTES
        work = LintWork.of(self._files)
        wanted = work.wanted
        linted = lints_known(wanted, linter_version(), work.own_names)
        unlinted = [key for key in wanted if key not in linted]
        names = sorted(work.own_names)
        plans = [ChunkPlan(ChunkWork.OUTLINE, part) for part in parts(unseen, sizes, target)]
        plans += [
            ChunkPlan(ChunkWork.LINT, part, names)
            for part in parts(unlinted, sizes, target * _LINT_EASE)
        ]
        self._write(
            plans,
            f"Split into {len(plans)} parts, for any worker that has time.",
            files=len(unseen),
        )
        self._progress.count(lints_run=len(unlinted))

    def _write(self, plans: Sequence[ChunkPlan], text: str, **facts: int) -> None:
        self._progress.write()  # the commit too, which others have to know
        chunks_plan(claim=self._progress.claim, plans=plans)
        self._is_planned = True
        self._progress.count(chunks=len(plans))
        scan_log(
            scan_id=self._progress.claim.scan_id,
            kind="split",
            text=text,
            facts={"parts": len(plans)} | facts,
        )

    def _join(self, work: ChunkWork, take: Callable[[dict[Key, bytes]], None], before: int) -> None:
        """Work on parts until there are none, then wait for those that others hold, or take them back."""
        claim, own = self._progress.claim, 0
        while True:
            chunk = chunk_claim(scan_id=claim.scan_id, work=work, is_own=True)
            if chunk is not None:
                own += 1
                for batch in chunk_work(
                    chunk, tree=self._tree, sandbox=self._sandbox, maker=self.maker
                ):
                    take(batch)
                    if self._progress.is_due:
                        self._tell(work, before)
                continue
            standing = self._tell(work, before)
            if not standing.unfinished:
                self._progress.count(chunks_helped=standing.finished - own)
                return
            time.sleep(_PAUSE_SECONDS)

    def _tell(self, work: ChunkWork, before: int) -> ChunksStanding:
        standing = chunks_standing(scan_id=self._progress.claim.scan_id, work=work)
        is_outlining = work is ChunkWork.OUTLINE
        self._progress.reach(before + standing.files_done if is_outlining else 0)
        return standing


def is_large(keys: Iterable[Key], sizes: Mapping[str, int]) -> bool:
    """Whether so much is unseen that other workers should take part."""
    limit: int = settings.PLUMBLINE_SPLIT_BYTES
    return bool(limit) and sum(_FILE_COST + sizes[blob] for blob, _ in keys) > limit


def parts(keys: Iterable[Key], sizes: Mapping[str, int], target: int) -> Iterator[list[Key]]:
    """Cut keys, in their order, into parts that take about as long as so many bytes."""
    part: list[Key] = []
    cost = 0
    for key in keys:
        part.append(key)
        cost += _FILE_COST + sizes[key[0]]
        if cost >= target:
            yield part
            part, cost = [], 0
    if part:
        yield part


def chunk_work(
    chunk: ChunkClaim, *, tree: Tree, sandbox: Sandbox, maker: SqlMaker
) -> Iterator[dict[Key, bytes]]:
    """Do a part and give its outlines, batch by batch; it ends early when the part became somebody else's.

    Raises:
        SandboxError: The parsers cannot be run here; the part is given back.
        GitError: The blobs cannot be read; likewise.
        MigrationsNotLinted: No SQL can be made; likewise.
    """
    before, done = len(sandbox.casualties), 0
    with Heartbeat(partial(chunk_renew, chunk=chunk), seconds=_BEAT_SECONDS) as heartbeat:
        try:
            for count, batch in _batches(chunk, tree, sandbox, maker):
                done += count
                chunk_progress(chunk=chunk, files_done=done)
                yield batch
                if heartbeat.lost:
                    return
        except BaseException:
            chunk_give_back(chunk=chunk)
            raise
        fallen = sandbox.casualties[before:] if chunk.work is ChunkWork.OUTLINE else []
        chunk_finish(chunk=chunk, casualties=[(one.key, one.reason) for one in fallen])


def _batches(
    chunk: ChunkClaim, tree: Tree, sandbox: Sandbox, maker: SqlMaker
) -> Iterator[tuple[int, dict[Key, bytes]]]:
    if chunk.work is ChunkWork.OUTLINE:
        for outlines in outlines_extract(
            tree=tree, keys=chunk.keys, extractor=extractor_version(), sandbox=sandbox
        ):
            yield len(outlines), outlines
        return
    if chunk.work is ChunkWork.SQL:
        if all(version == checker_version() for _, version in chunk.keys):
            digests = [digest for digest, _ in chunk.keys]
            sql_parts_store(parts=dict(zip(digests, maker.made(chunk.job), strict=True)))
        yield len(chunk.keys), {}
        return
    for linted in blobs_lint(
        tree=tree,
        keys=chunk.keys,
        own_names=chunk.own_names,
        linter=linter_version(),
        sandbox=sandbox,
    ):
        yield len(linted), {}


def chunks_help(scan_id: int) -> int:
    """Take part in a large scan for a few seconds; how many parts were done.

    No error leaves this: a part that cannot be done here is left to the others.
    """
    scan = chunked_scan(scan_id)
    if scan is None:
        return 0
    done = 0
    try:
        with (
            Sandbox(engine=ENGINE, is_lasting=True) as sandbox,
            mirror_store().use(scan.repository_id) as mirror,
            SqlMaker() as maker,
        ):
            tree = _tree(scan_id, scan, mirror)
            until = time.monotonic() + _TURN_SECONDS
            while not done or time.monotonic() < until:
                chunk = chunk_claim(scan_id=scan_id)
                if chunk is None:
                    break
                for _ in chunk_work(chunk, tree=tree, sandbox=sandbox, maker=maker):
                    pass
                done += 1
    except (DomainError, SandboxError, MigrationsNotLinted) as error:
        logger.warning("no part in a scan: %s", error, extra={"scan": scan_id})
    except Exception:
        logger.exception("no part in a scan", extra={"scan": scan_id})
    return done


def _tree(scan_id: int, scan: ChunkedScan, mirror: MirrorInUse) -> Tree:
    """The scan's very commit, fetched if this machine does not have it."""
    if mirror.mirror.has(scan.commit):
        return mirror.mirror.tree(scan.commit)
    remote = remote_of(repository_by_id(scan.repository_id))
    # Without the branch's name: another commit in its place would be of no use.
    return mirror.fetch(
        remote.address, RemoteHead("", scan.commit), str(scan_id), remote.credential
    )
