"""The patch of one finding: its commit judged again with fixes, the fix applied and proved, in confined children."""

import logging
from collections.abc import Mapping

from django.utils import timezone

from apps.findings.choices import PatchState
from apps.findings.models import Finding, FindingPatch
from apps.findings.selectors import finding_by_id, judged_commit, patch_of
from apps.findings.services import patch_record
from apps.repositories.git.tree import Tree
from apps.repositories.mirrors import MirrorInUse, mirror_store
from apps.repositories.models import Repository
from apps.scans.pipeline.branch import Branch
from apps.scans.pipeline.outlining import outlines_extract, outlines_known
from core.exceptions import DomainError
from plumbline import patching
from plumbline import report as r
from plumbline.edits import Fix
from plumbline.sandbox import Engine, Sandbox, SandboxError
from plumbline.source import Selection, select
from plumbline.version import extractor_version

logger = logging.getLogger(__name__)

_REF = "patch"
_SECONDS = 60.0
_GONE = "The finding is not there any more at the newest commit. Scan the repository again."
_NO_FIX = "Plumbline has no fix for it at the newest commit."
_CRASHED = "The patch could not be made because of an error in Plumbline. It was logged."
_LATE = "There was no time to make it. Try again when less is going on."


def patch_make(finding_id: int, *, interruptions: tuple[type[Exception], ...] = ()) -> bool:
    """Make the patch that somebody waits for; False if nobody does. No error leaves this.

    Args:
        finding_id: Whose patch.
        interruptions: How the caller says that the time is up.
    """
    finding = finding_by_id(finding_id)
    patch = patch_of(finding) if finding else None
    if finding is None or patch is None or patch.state != PatchState.WAITING:
        return False
    try:
        _make(finding, patch)
    except DomainError as error:
        patch_record(patch=patch, reason=error.advice)
    except SandboxError as error:
        patch_record(patch=patch, reason=f"The engine failed: {error.text}.")
    except interruptions:
        patch_record(patch=patch, reason=_LATE)
    except Exception:
        logger.exception("a patch was not made", extra={"finding": finding_id})
        patch_record(patch=patch, reason=_CRASHED)
    return True


def _make(finding: Finding, patch: FindingPatch) -> None:
    with (
        mirror_store().use(finding.repository_id) as mirror,
        Sandbox() as sandbox,
        Sandbox(engine=Engine(analysis=patching.ENGINE)) as bench,
    ):
        tree = _tree(finding.repository, mirror)
        selection = select(tree.entries())
        job = r.encode(_job(tree, selection, sandbox))
        encoded = sandbox.evaluate(job)
        report = r.decode_report(encoded)
        found = {item.fingerprint for item in report.findings}
        fixes: Mapping[str, Fix] = report.fixes or {}
        fix = fixes.get(finding.fingerprint)
        if fix is None:
            patch_record(
                patch=patch,
                commit=tree.sha,
                reason=_NO_FIX if finding.fingerprint in found else _GONE,
            )
            return
        wanted = patching.PatchJob(
            job,
            encoded,
            _contents(tree, selection, fix),
            [finding.fingerprint],
            apart=True,
            seconds=_SECONDS,
        )
        (made,) = patching.decode_patched(bench.evaluate(patching.encode(wanted))).patches
    patch_record(
        patch=patch,
        commit=tree.sha,
        diff=made.diff if made.is_verified else "",
        reason=made.reason,
    )


def _tree(repository: Repository, mirror: MirrorInUse) -> Tree:
    """The commit that was judged last; what the branch is now if this machine does not have that one."""
    commit = judged_commit(repository_id=repository.pk)
    if commit and mirror.mirror.has(commit):
        return mirror.mirror.tree(commit)
    return Branch.of(repository).fetch(mirror, _REF)


def _job(tree: Tree, selection: Selection, sandbox: Sandbox) -> r.Job:
    extractor = extractor_version()
    keys = ((file.blob, file.kind) for file in selection.files)
    outlines, unseen = outlines_known(keys, extractor)
    for batch in outlines_extract(tree=tree, keys=unseen, extractor=extractor, sandbox=sandbox):
        outlines.update(batch)
    return r.Job(
        path="",
        commit=tree.sha,
        outlines=[
            (file.path, file.kind, outlines[file.blob, file.kind]) for file in selection.files
        ],
        excluded=selection.excluded,
        unreadable=selection.unreadable,
        include_fixes=True,
        today=timezone.localdate().isoformat(),
    )


def _contents(tree: Tree, selection: Selection, fix: Fix) -> dict[str, bytes]:
    """The files that a fix changes, as they are."""
    paths = set(fix.paths)
    blobs = {file.path: file.blob for file in selection.files if file.path in paths}
    contents = dict(tree.read_blobs(sorted(set(blobs.values()))))
    return {path: contents[blob] for path, blob in blobs.items() if blob in contents}
