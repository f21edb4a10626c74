"""Judging a commit: fetch, list, outline, evaluate, lint code and migrations, record."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from apps.findings.migration_sql.confined import checker_version
from apps.findings.selectors import finding_blobs, judged_commit
from apps.repositories.git.remote import RemoteHead
from apps.repositories.git.tree import Tree
from apps.repositories.mirrors import MirrorInUse, mirror_store
from apps.repositories.owners import OwnersFiles
from apps.repositories.selectors import repository_by_id
from apps.scans.exceptions import EngineFailed, LeaseLost
from apps.scans.models import Phase
from apps.scans.pipeline.branch import Branch
from apps.scans.pipeline.chunks import Split
from apps.scans.pipeline.descent import commit_descent
from apps.scans.pipeline.evaluating import ENGINE, CommitEvaluation
from apps.scans.pipeline.heartbeat import Progress
from apps.scans.pipeline.linting import commit_lint
from apps.scans.pipeline.migrating import commit_migrations
from apps.scans.pipeline.owning import owners_read
from apps.scans.pipeline.snippets import findings_with_code
from apps.scans.pipeline.stocking import Stock
from apps.scans.selectors import (
    results_are_forgotten,
    scan_has_fresh_caches,
    scan_has_migrations,
    scan_is_current,
    scan_is_linted,
    scan_same,
)
from apps.scans.services import Claim, scan_record, scan_record_unchanged
from plumbline.report import Report
from plumbline.sandbox import Sandbox, SandboxError
from plumbline.source import Selection, select
from plumbline.version import extractor_version, linter_version, ruleset

NOT_DJANGO = "not in use"
_REASON_NOT_DJANGO = (
    "No Django in dependencies or imports: the guide says nothing about this repository."
)
_REASON_NOTHING_APPLIES = "No rule that scores applies to this repository."
_REASON_NO_FILES = "The commit has no file that a rule could read."


def scan_judge(*, claim: Claim, progress: Progress) -> None:
    """Judge the branch of a claimed scan as it is now, and record the verdict.

    Raises:
        DomainError: It cannot be fetched, read or judged; says why and what to do.
        LeaseLost: The scan was taken away meanwhile.
    """
    repository = repository_by_id(claim.repository_id)
    progress.enter(Phase.FETCH)
    branch = Branch.of(repository, claim.ref)
    with mirror_store().use(repository.pk) as mirror:
        head = None
        if claim.is_patient or not mirror.mirror.was_fetched:
            head = branch.head(mirror)
            if _is_unchanged(claim, head.sha, progress):
                return
        try:
            _work(claim, branch, head, mirror, progress)
        except SandboxError as error:
            raise EngineFailed(f"The engine failed: {error.text}.", code=error.code) from error


def _work(
    claim: Claim,
    branch: Branch,
    head: RemoteHead | None,
    mirror: MirrorInUse,
    progress: Progress,
) -> None:
    """Fetch the commit while the sandbox gets ready, which stays for the next scan, and judge it."""
    progress.enter(Phase.FETCH, commit=head.sha if head else "")
    folder = mirror.mirror.folder
    with (
        Sandbox(engine=ENGINE, is_lasting=True) as sandbox,
        Stock(folder, extractor_version()) as stock,
        CommitEvaluation(sandbox, stock, progress) as evaluation,
    ):
        ref = str(claim.scan_id)
        tree = branch.fetch(mirror, ref, head) if head else branch.fetch_newest(mirror, ref)
        progress.count(mirror_bytes=mirror.size, bytes_fetched=mirror.bytes_fetched)
        if head is None and _is_unchanged(claim, tree.sha, progress):
            return
        _judge(claim, tree, _Tools(sandbox, evaluation, folder, progress))


@dataclass(frozen=True, slots=True)
class _Tools:
    """What a commit is judged with; ``folder`` is that of the repository's copy."""

    sandbox: Sandbox
    evaluation: CommitEvaluation
    folder: Path
    progress: Progress


def _is_unchanged(claim: Claim, commit: str, progress: Progress) -> bool:
    """End a scan whose commit was judged already by the same rules."""
    same = scan_same(
        repository_id=claim.repository_id,
        commit=commit,
        ruleset=ruleset(),
        extractor=extractor_version(),
    )
    # After a revert the earlier verdict is known, but findings and trend have to go back to it.
    if same is None or not (claim.ref or scan_is_current(same)):
        return False
    if not scan_is_linted(same, linter=linter_version()):
        return False  # a newer ruff has not seen it yet, or it could not be run
    if not scan_has_migrations(same, checker=checker_version()):
        return False  # the same of squawk
    if results_are_forgotten(same) or not scan_has_fresh_caches(same):
        return False  # its results are gone, or what is cached of its files would go as unused
    if not scan_record_unchanged(claim=claim, commit=commit, same=same, course=progress.finish()):
        raise LeaseLost
    return True


def _judge(claim: Claim, tree: Tree, tools: _Tools) -> None:
    progress, evaluation = tools.progress, tools.evaluation
    progress.enter(Phase.LIST, commit=tree.sha)
    owners_files = OwnersFiles()
    selection = select(owners_files.among(tree.entries()))
    with Split(tree, selection.files, tools.sandbox, progress) as split:
        evaluation.begin(tree, selection, share=split.outlines)
        # Beside the evaluation, which needs nothing of us and is the longest part of a push.
        linted = commit_lint(
            tree=tree,
            files=selection.files,
            sandbox=tools.sandbox,
            progress=progress,
            folder=tools.folder,
            share=split.lints,
        )
        known: Mapping[str, str] = {}
        before = ""
        if claim.is_current:
            known = finding_blobs(repository_id=claim.repository_id)
            before = judged_commit(repository_id=claim.repository_id)
            tree.lineage  # noqa: B018  (read now, since the report may ask for it)
        progress.enter(Phase.EVALUATE)
        report = evaluation.report(tree, selection)
        migrations = commit_migrations(
            scripts=report.migrations, progress=progress, maker=split.maker, share=split.sql
        )
    progress.count(children_lost=len(tools.sandbox.casualties))
    progress.enter(Phase.RECORD)
    seen = findings_with_code(tree=tree, files=selection.files, report=report, known=known)
    descent = owners = None
    if claim.is_current:
        owners = owners_read(claim.repository_id, tree, owners_files)
        descent = commit_descent(
            tree=tree, files=selection.files, report=report, known=known, before=before
        )
    recorded = scan_record(
        claim=claim,
        commit=tree.sha,
        extractor=extractor_version(),
        report=report,
        seen=seen,
        empty_reason=empty_reason(report, selection),
        course=progress.finish(),
        linted=linted,
        migrations=migrations,
        descent=descent,
        owners=owners,
    )
    if not recorded:
        raise LeaseLost
    evaluation.keep_stock(selection)


def empty_reason(report: Report, selection: Selection) -> str:
    """Why there is no score, if there is none."""
    if report.score is not None:
        return ""
    if not selection.files:
        return _REASON_NO_FILES
    if report.facts.get("django") == NOT_DJANGO:
        return _REASON_NOT_DJANGO
    return _REASON_NOTHING_APPLIES
