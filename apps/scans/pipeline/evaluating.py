"""The evaluation of one commit, by a child that has read the stock while the commit was fetched."""

import logging
from datetime import datetime
from types import TracebackType
from typing import Self

import msgspec

from django.utils import timezone

from apps.repositories.git.tree import Tree
from apps.scans.exceptions import EngineFailed
from apps.scans.judging import StockedJob
from apps.scans.models import Phase
from apps.scans.pipeline.heartbeat import Progress
from apps.scans.pipeline.outlining import Share, outlines_gather
from apps.scans.pipeline.stocking import Stock
from apps.scans.services import outlines_touch
from apps.scans.stock import Key
from plumbline.report import Job, Report, decode_report
from plumbline.sandbox import Engine, Evaluation, Sandbox, SandboxError
from plumbline.source import Selection

logger = logging.getLogger(__name__)

ENGINE = Engine(analysis="apps.scans.judging")


class CommitEvaluation:
    """One evaluation, whose child gets ready before the commit is known. A context manager that ends the child."""

    def __init__(
        self,
        sandbox: Sandbox,
        stock: Stock,
        progress: Progress,
        *,
        as_of: datetime | None = None,
    ) -> None:
        """Order the child, if there is something to get ready with.

        Of a time ``as_of`` in the past, suppressions count as they did on that day, and the
        migrations are not rebuilt.
        """
        self._as_of = as_of
        self._sandbox = sandbox
        self._stock = stock
        self._progress = progress
        self._evaluation: Evaluation | None = (
            sandbox.evaluation(stock.descriptor) if stock.count else None
        )
        self._outlines: dict[Key, bytes] = {}

    def __enter__(self) -> Self:
        """Give the evaluation."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the child."""
        self._close()

    def begin(self, tree: Tree, selection: Selection, share: Share | None = None) -> None:
        """Gather the outlines that the stock lacks, with others' help, and set the child to work.

        Raises:
            SandboxError: The child cannot be started, or takes no job.
        """
        known = self._stock.numbers
        wanted = {(file.blob, file.kind) for file in selection.files}
        self._outlines = outlines_gather(
            tree=tree,
            files=selection.files,
            extractor=self._stock.version,
            sandbox=self._sandbox,
            progress=self._progress,
            known=known,
            share=share,
        )
        self._progress.count(outlines_wanted=sum(key in known for key in wanted))
        self._progress.enter(Phase.EVALUATE)
        if self._evaluation is None:
            self._evaluation = self._sandbox.evaluation()
        self._evaluation.send(self._job(tree, selection))

    def report(self, tree: Tree, selection: Selection) -> Report:
        """Wait for the verdict; one that fails with a stock, or whose child dies, is made once more without.

        Raises:
            SandboxError: The child died, ran out of memory or time, or the engine failed.
            EngineFailed: It gave no report.
        """
        try:
            encoded = self._result()
        except SandboxError as error:
            # Its child may have been killed for memory that something else took.
            if not self._stock.count and error.code != "crashed":
                raise
            logger.warning("an evaluation failed and is made once more: %s", error.text)
            self._close()
            self._stock.discard()
            self.begin(tree, selection)
            encoded = self._result()
        try:
            return decode_report(encoded)
        except msgspec.DecodeError as error:
            raise EngineFailed from error

    def keep_stock(self, selection: Selection) -> None:
        """Write the stock for the next commit."""
        doomed = {casualty.key for casualty in self._sandbox.casualties}
        today = timezone.localdate()
        wanted = {(file.blob, file.kind) for file in selection.files}
        if self._stock.noted_on and self._stock.noted_on < today.isoformat():
            by_kind: dict[str, list[str]] = {}
            for blob, kind in wanted.intersection(self._stock.numbers):
                by_kind.setdefault(kind, []).append(blob)
            for kind, blobs in by_kind.items():
                outlines_touch(extractor=self._stock.version, kind=kind, blobs=blobs, today=today)
        self._stock.keep(
            {key: outline for key, outline in self._outlines.items() if key not in doomed},
            wanted=wanted,
            day=today.isoformat(),
        )

    def _result(self) -> bytes:
        if self._evaluation is None:
            raise SandboxError("closed", "there is no evaluation to wait for")
        return self._evaluation.result()

    def _close(self) -> None:
        if self._evaluation is not None:
            self._evaluation.close()
        self._evaluation = None

    def _job(self, tree: Tree, selection: Selection) -> bytes:
        keys = list(self._outlines)
        numbers = dict(
            zip(keys, range(self._stock.count, self._stock.count + len(keys)), strict=True)
        )
        numbers |= self._stock.numbers
        job = StockedJob(
            job=Job(
                path="",
                commit=tree.sha,
                outlines=[],
                excluded=selection.excluded,
                unreadable=selection.unreadable,
                today=(self._as_of or timezone.now()).date().isoformat(),
                include_migrations=self._as_of is None,
            ),
            files=[(file.path, numbers[file.blob, file.kind]) for file in selection.files],
            outlines=list(self._outlines.values()),
        )
        return msgspec.msgpack.encode(job)
