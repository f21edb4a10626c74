"""Source trees on disk: a folder, a git work tree, or a revision in a git repository."""

from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from plumbline.source import Entry, File

_GIT = (
    "git", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "core.quotePath=false",
    "-c", "protocol.allow=never",
)  # fmt: skip
_MODES = {stat.S_IFREG: "100644", stat.S_IFLNK: "120000"}


class NotJudgeable(Exception):
    """A path or revision that cannot be judged; the message says why and what to do."""


class Tree(Protocol):
    """A source tree: its name, its commit where it has one, its entries, and the bytes of its files."""

    name: str
    commit: str | None

    def entries(self) -> Iterator[Entry]:
        """Every entry of the tree."""

    def read(self, files: list[File]) -> Iterator[tuple[File, bytes]]:
        """The bytes of the given files, in any order; a file that has gone meanwhile is left out."""


def open_tree(path: Path) -> Tree:
    """The tree at a path: a folder or git work tree as it is on disk, a bare repository at its HEAD."""
    if not path.exists():
        raise NotJudgeable(f"{path} does not exist")
    if not path.is_dir():
        raise NotJudgeable(f"{path} is not a folder; give the root of a repository")
    if not os.access(path, os.R_OK | os.X_OK):
        raise NotJudgeable(f"{path} cannot be read; check its permissions")
    if (path / "HEAD").is_file() and (path / "objects").is_dir():
        return git_tree(path, "HEAD")
    return FolderTree(path)


def git_tree(path: Path, revision: str) -> Tree:
    """The tree of a revision; raises ``NotJudgeable`` where there is none."""
    commit = _git(
        path, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"
    )
    if commit is None:
        raise NotJudgeable(
            f"{path} has no git revision {revision}; check its name, or fetch it first"
        )
    return GitTree(path, commit.decode().strip())


def _git(path: Path, *arguments: str) -> bytes | None:
    """The output of a git command in a folder, None if git fails or is not there."""
    try:
        done = subprocess.run(  # noqa: S603  (a fixed program; arguments follow its options)
            [*_GIT, "-C", os.fspath(path), *arguments], capture_output=True, check=False
        )
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None


class FolderTree:
    """The files under a folder; what git ignores is left out when the folder is a work tree."""

    def __init__(self, root: Path) -> None:
        """Look at ``root``; nothing is read yet."""
        self.name = str(root)
        self._root = os.fsencode(root)
        head = _git(root, "rev-parse", "--verify", "--quiet", "HEAD")
        self.commit = head.decode().strip() if head else None

    def entries(self) -> Iterator[Entry]:
        """Every file and symbolic link, with its size on disk."""
        for path in self._listed():
            try:
                status = os.lstat(os.path.join(self._root, path))
            except OSError:
                continue
            mode = _MODES.get(stat.S_IFMT(status.st_mode))
            if mode is not None:
                # A folder has no blob ids: the path itself tells its files apart.
                yield Entry(path, mode, os.fsdecode(path), status.st_size)

    def _listed(self) -> Iterator[bytes]:
        if os.path.exists(os.path.join(self._root, b".git")):
            listed = _git(
                Path(os.fsdecode(self._root)),
                "ls-files",
                "-z",
                "--cached",
                "--others",
                "--exclude-standard",
            )
            if listed is not None:
                yield from dict.fromkeys(path for path in listed.split(b"\0") if path)
                return
        yield from self._walk()

    def _walk(self) -> Iterator[bytes]:
        pending = [b""]
        while pending:
            folder = pending.pop()
            try:
                found = sorted(
                    os.scandir(os.path.join(self._root, folder)), key=lambda item: item.name
                )
            except OSError:
                continue
            for item in found:
                path = os.path.join(folder, item.name)
                if item.is_dir(follow_symlinks=False):
                    if item.name != b".git":
                        pending.append(path)
                else:
                    yield path

    def read(self, files: list[File]) -> Iterator[tuple[File, bytes]]:
        """The bytes of the given files, one after the other; a symbolic link is never followed."""
        for file in files:
            try:
                descriptor = os.open(
                    os.path.join(self._root, os.fsencode(file.blob)),
                    os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK,
                )
                with open(descriptor, "rb") as stream:
                    yield file, stream.read(file.size + 1)
            except OSError:
                continue


class GitTree:
    """The files of a commit, read from the object store without a checkout."""

    def __init__(self, path: Path, commit: str) -> None:
        """Look at ``commit`` in the repository at ``path``."""
        self.name = str(path)
        self.commit: str | None = commit
        self._path = path
        self._commit = commit

    def entries(self) -> Iterator[Entry]:
        """Every entry of the commit's tree."""
        listed = _git(self._path, "ls-tree", "-r", "-z", "-l", "--full-tree", self._commit)
        for line in (listed or b"").split(b"\0"):
            if line:
                facts, _, path = line.partition(b"\t")
                mode, _, blob, size = facts.decode().split()
                # A submodule has "-" for a size, a blob that is missing from the store "BAD".
                yield Entry(path, mode, blob, int(size) if size.isdigit() else -1)

    def read(self, files: list[File]) -> Iterator[tuple[File, bytes]]:
        """The bytes of the given files through one ``git cat-file --batch``."""
        command = [*_GIT, "-C", os.fspath(self._path), "cat-file", "--batch", "--buffer"]
        wanted = "".join(f"{file.blob}\n" for file in files).encode()
        done = subprocess.run(command, input=wanted, capture_output=True, check=False)  # noqa: S603
        position, output = 0, done.stdout
        for file in files:
            end = output.find(b"\n", position)
            header = output[position:end].split()
            if end < 0 or len(header) != 3:
                position = end + 1
                continue
            size = int(header[2])
            yield file, output[end + 1 : end + 1 + size]
            position = end + 2 + size
