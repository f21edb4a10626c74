"""Judging a commit of the past: the same rules on the same outlines, as of its own day."""

import os
from datetime import datetime

from apps.repositories.git.errors import CommitMissing
from apps.repositories.git.tree import Tree
from apps.repositories.mirrors import MirrorInUse, history_store
from apps.repositories.selectors import repository_by_id
from apps.scans.backfills import commit_after
from apps.scans.exceptions import EngineFailed, LeaseLost
from apps.scans.models import Phase
from apps.scans.months import month_start
from apps.scans.pipeline.branch import Branch
from apps.scans.pipeline.evaluating import ENGINE, CommitEvaluation
from apps.scans.pipeline.heartbeat import Progress
from apps.scans.pipeline.judge import empty_reason
from apps.scans.pipeline.outlining import outlines_prepare
from apps.scans.pipeline.stocking import Stock
from apps.scans.services import Claim, replay_record
from plumbline.sandbox import Sandbox, SandboxError
from plumbline.source import Selection, select
from plumbline.version import extractor_version

REF = "history"
_PARSERS = min(2, os.process_cpu_count() or 1)
_AHEAD_BYTES = 8 << 20


def replay_judge(*, claim: Claim, progress: Progress) -> None:
    """Judge the commit of a claimed scan of the past, and record the verdict.

    Suppressions count as they did on that day. Ruff and the SQL of migrations, which say what to do
    now, are left out.

    Raises:
        DomainError: It cannot be fetched, read or judged; says why and what to do.
        LeaseLost: The scan was taken away meanwhile.
    """
    assert claim.as_of is not None  # noqa: S101 - the caller looked
    progress.enter(Phase.FETCH)
    try:
        with (
            Sandbox(_PARSERS, engine=ENGINE, is_lasting=True) as sandbox,
            history_store().use(claim.repository_id) as mirror,
            Stock(mirror.mirror.folder, extractor_version()) as stock,
            CommitEvaluation(sandbox, stock, progress, as_of=claim.as_of) as evaluation,
        ):
            tree = _tree(claim, claim.as_of, mirror)
            progress.enter(Phase.LIST)
            selection = select(tree.entries())
            evaluation.begin(tree, selection)
            _look_ahead(claim, mirror, selection, sandbox, progress)
            report = evaluation.report(tree, selection)
            progress.count(children_lost=len(sandbox.casualties))
            progress.enter(Phase.RECORD)
            recorded = replay_record(
                claim=claim,
                extractor=extractor_version(),
                report=report,
                empty_reason=empty_reason(report, selection),
                course=progress.finish(),
            )
            if not recorded:
                raise LeaseLost
            evaluation.keep_stock(selection)
    except SandboxError as error:
        raise EngineFailed(f"The engine failed: {error.text}.", code=error.code) from error


def _tree(claim: Claim, at: datetime, mirror: MirrorInUse) -> Tree:
    """The files of the commit, fetched with all that came after it if this machine does not have it."""
    if not mirror.mirror.has(claim.commit):
        branch = Branch.of(repository_by_id(claim.repository_id))
        branch.fetch(mirror, REF, since=month_start(at))
        if not mirror.mirror.has(claim.commit):
            raise CommitMissing
    return mirror.mirror.tree(claim.commit)


def _look_ahead(
    claim: Claim,
    mirror: MirrorInUse,
    selection: Selection,
    sandbox: Sandbox,
    progress: Progress,
) -> None:
    """Outline what the next month will need while the rules are applied to this one: that takes another processor."""
    commit = commit_after(scan_id=claim.scan_id)
    if not commit or not mirror.mirror.has(commit):
        return
    tree = mirror.mirror.tree(commit)
    outlines_prepare(
        tree=tree,
        files=select(tree.entries()).files,
        extractor=extractor_version(),
        sandbox=sandbox,
        progress=progress,
        known={(file.blob, file.kind) for file in selection.files},
        size=_AHEAD_BYTES,
    )
