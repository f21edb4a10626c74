"""Judging a commit of the past: the same rules on the same outlines, as of its own day."""

from datetime import datetime

from apps.repositories.git.errors import CommitMissing
from apps.repositories.git.tree import Tree
from apps.repositories.mirrors import MirrorInUse, history_store
from apps.repositories.selectors import repository_by_id
from apps.scans.exceptions import EngineFailed, LeaseLost
from apps.scans.models import Phase
from apps.scans.months import month_start
from apps.scans.pipeline.branch import Branch
from apps.scans.pipeline.evaluating import ENGINE, CommitEvaluation
from apps.scans.pipeline.heartbeat import Progress
from apps.scans.pipeline.judge import empty_reason
from apps.scans.pipeline.stocking import Stock
from apps.scans.services import Claim, replay_record
from plumbline.sandbox import Sandbox, SandboxError
from plumbline.source import select
from plumbline.version import extractor_version

REF = "history"


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
            Sandbox(engine=ENGINE, is_lasting=True) as sandbox,
            history_store().use(claim.repository_id) as mirror,
            Stock(mirror.mirror.folder, extractor_version()) as stock,
            CommitEvaluation(sandbox, stock, progress, as_of=claim.as_of) as evaluation,
        ):
            tree = _tree(claim, claim.as_of, mirror)
            progress.enter(Phase.LIST)
            selection = select(tree.entries())
            evaluation.begin(tree, selection)
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
        since = month_start(at)
        mirror.fetch(branch.address, branch.head, REF, branch.credential, since=since)
        if not mirror.mirror.has(claim.commit):
            raise CommitMissing
    return mirror.mirror.tree(claim.commit)
