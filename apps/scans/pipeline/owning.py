"""Whom a commit's CODEOWNERS file names: read only when the file is another than last time."""

from apps.repositories.git.tree import Tree
from apps.repositories.owners import SIZE_LIMIT, OwnersFiles, owners_parse
from apps.repositories.selectors import code_owners_seen, repository_by_id
from apps.scans.services import OwnersRead


def owners_read(repository_id: int, tree: Tree, files: OwnersFiles) -> OwnersRead | None:
    """Give what has to be noted; None if nothing changed since it was read last.

    A file that is too large is noted as one that names nobody.

    Args:
        repository_id: Whose commit.
        tree: The commit.
        files: What its listing showed.
    """
    seen = code_owners_seen(repository_id=repository_id)
    if not files.found:
        return OwnersRead() if seen[0] else None
    entry = files.chosen(repository_by_id(repository_id).provider)
    if entry is None:
        return OwnersRead() if seen[0] else None
    path = entry.path.decode()
    if seen == (path, entry.blob):
        return None
    content = b""
    if entry.size <= SIZE_LIMIT:
        content = dict(tree.read_blobs([entry.blob], size_limit=SIZE_LIMIT)).get(entry.blob, b"")
    text = content.decode("utf-8", "replace")
    return OwnersRead(path, entry.blob, owners_parse(text))
