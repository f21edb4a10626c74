"""How one commit came from another: its parents, who made it, and which files were renamed in between."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from apps.repositories.git.command import GitLimits, run
from apps.repositories.git.errors import GitError

_RENAME_LIMIT = 1000  # on either side; beyond, git pairs only files that are the same
_LIMITS = GitLimits(seconds=20, output=16 << 20)
_NAME_LIMIT = 200


@dataclass(frozen=True, slots=True)
class Lineage:
    """A commit's parents, first the one that it went on from, and the name of its author; blank if unreadable."""

    parents: tuple[str, ...] = ()
    author: str = ""


def lineage(git_dir: Path, sha: str) -> Lineage:
    """Parents and author as the commit itself names them: a copy without history still has these."""
    try:
        shown = run(["cat-file", "commit", sha], git_dir=git_dir, limits=_LIMITS)
    except GitError:
        return Lineage()
    if shown.status:
        return Lineage()
    header, _, _ = shown.stdout.partition(b"\n\n")
    parents: list[str] = []
    author = ""
    for line in header.split(b"\n"):
        name, _, value = line.partition(b" ")
        if name == b"parent":
            parents.append(value.decode("ascii", "replace"))
        elif name == b"author":
            author = value.partition(b" <")[0].decode("utf-8", "replace").strip()
    return Lineage(tuple(parents), author[:_NAME_LIMIT])


def renames(git_dir: Path, old: str, new: str) -> Mapping[str, str]:
    """Former to present paths between two commits; nothing where this copy lacks one of them."""
    options = ["-r", "-z", "--name-status", "--diff-filter=R", "--find-renames"]
    try:
        listed = run(
            ["diff-tree", *options, f"-l{_RENAME_LIMIT}", old, new], git_dir=git_dir, limits=_LIMITS
        )
    except GitError:
        return {}
    if listed.status:
        return {}
    fields = listed.stdout.decode("utf-8", "replace").split("\0")
    return dict(zip(fields[1::3], fields[2::3], strict=False))
