"""How a commit came from the one judged before: asked of git only where findings came or went."""

from collections.abc import Mapping

from apps.repositories.git.tree import Tree
from apps.scans.services import Descent
from plumbline.report import Report
from plumbline.source import File


def commit_descent(
    *, tree: Tree, files: list[File], report: Report, known: Mapping[str, str], before: str
) -> Descent:
    """Give what tells why findings came and went.

    Args:
        tree: The commit.
        files: The files that were read from it.
        report: What was found.
        known: Fingerprints of what was found before.
        before: The commit judged before; blank if there is none.
    """
    paths = {file.path: file.blob for file in files}
    now = {finding.fingerprint for finding in report.findings}
    came = now - known.keys()
    if not before or before == tree.sha or not came:
        return Descent(files=paths)
    lineage = tree.lineage
    return Descent(
        files=paths,
        renames=tree.renames_since(before) if known.keys() - now else {},
        author=lineage.author if lineage.parents == (before,) else "",
    )
