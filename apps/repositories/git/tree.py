"""The files of one commit: listed as a stream, read by object id, never checked out."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from apps.repositories.git.causes import cause_of
from apps.repositories.git.command import (
    OFFLINE,
    Finished,
    GitLimits,
    GitProcess,
)
from apps.repositories.git.configuration import command_environment, command_line
from apps.repositories.git.descent import Lineage, lineage, renames
from apps.repositories.git.errors import (
    Corrupt,
    GitError,
    ListingTooLong,
    TooManyFiles,
    TooMuchOutput,
)
from plumbline.source import LOCK_SIZE_LIMIT, Entry

ENTRY_LIMIT = 200_000
LISTING_LIMIT = 64 << 20
KEPT_LIMIT = 8 << 20
"""So many bytes of blobs are remembered, since a push reads the few that it changed several times."""
_SUBJECT_LIMIT = 500
_LAST_SECOND = 253_402_300_799  # of the year 9999
_READING = GitLimits(seconds=120, output=1 << 40)


@dataclass(frozen=True, slots=True)
class CommitFacts:
    """When a commit was made and what its first line says."""

    sha: str
    authored_at: datetime
    committed_at: datetime
    subject: str


class Tree:
    """A commit in one of our bare repositories."""

    def __init__(self, git_dir: Path, sha: str) -> None:
        """Name the commit."""
        self._git_dir = git_dir
        self.sha = sha
        self._kept: dict[str, bytes] = {}
        self._room = KEPT_LIMIT

    def entries(self) -> Iterator[Entry]:
        """Every file, link and submodule, as a stream.

        Raises:
            TooManyFiles: there are more than 200,000.
            ListingTooLong: their listing is longer than 64 MB.
            GitError: it cannot be listed.
        """
        count = 0
        rest = b""
        limits = GitLimits(seconds=120, output=LISTING_LIMIT)
        arguments = ["ls-tree", "-r", "-z", "-l", "--full-tree", self.sha]
        with GitProcess(arguments, git_dir=self._git_dir, limits=limits) as process:
            try:
                for chunk in process.chunks():
                    *lines, rest = (rest + chunk).split(b"\0")
                    count += len(lines)
                    if count > ENTRY_LIMIT:
                        raise TooManyFiles
                    yield from map(_entry, lines)
            except TooMuchOutput:
                raise ListingTooLong from None
            _check(process)

    def read_blobs(
        self, blobs: Iterable[str], *, size_limit: int = LOCK_SIZE_LIMIT
    ) -> Iterator[tuple[str, bytes]]:
        """The content of blobs, in the order asked for; one above the limit is left out, unread.

        Ask only for those whose size, which ``entries`` tells, is within the limit: each other one
        costs another start of git.

        Raises:
            Corrupt: a blob is missing or is none.
            GitError: they cannot be read.
        """
        wanted = list(blobs)
        position = 0
        for blob, content in self._read([b for b in wanted if b not in self._kept], size_limit):
            while wanted[position] != blob:
                yield from self._remembered(wanted[position], size_limit)
                position += 1
            position += 1
            if self._room >= len(content) and blob not in self._kept:
                self._kept[blob] = content
                self._room -= len(content)
            yield blob, content
        for blob in wanted[position:]:
            yield from self._remembered(blob, size_limit)

    def _remembered(self, blob: str, size_limit: int) -> Iterator[tuple[str, bytes]]:
        content = self._kept.get(blob)
        if content is not None and len(content) <= size_limit:
            yield blob, content

    def _read(self, blobs: list[str], size_limit: int) -> Iterator[tuple[str, bytes]]:
        """Read blobs from git."""
        while blobs:
            done = yield from self._read_run(blobs, size_limit)
            blobs = blobs[done:]

    def _read_run(
        self, blobs: list[str], size_limit: int
    ) -> Generator[tuple[str, bytes], None, int]:
        """Read until the end or the first blob that is too large; how many are dealt with."""
        with tempfile.TemporaryFile() as wanted:
            wanted.write("\n".join([*blobs, ""]).encode())
            wanted.seek(0)
            arguments = ["cat-file", "--batch", "--buffer"]
            with GitProcess(
                arguments, git_dir=self._git_dir, limits=_READING, stdin=wanted
            ) as process:
                stream = _Stream(process)
                for done, blob in enumerate(blobs):
                    name, kind, size = stream.header()
                    if name != blob or kind != "blob":
                        raise Corrupt
                    if size > size_limit:
                        return done + 1
                    yield blob, stream.content(size)
                _check(process)
        return len(blobs)

    @functools.cached_property
    def lineage(self) -> Lineage:
        """The commit's parents and its author."""
        return lineage(self._git_dir, self.sha)

    def renames_since(self, sha: str) -> Mapping[str, str]:
        """Paths of an earlier commit to those that the files have in this one, as far as this copy can tell."""
        return renames(self._git_dir, sha, self.sha)

    def commit_facts(self) -> CommitFacts:
        """When the commit was made and its subject, through GitPython.

        Raises:
            Corrupt: the commit cannot be read.
        """
        import git  # takes 0.1 s, which only a scan should pay

        environment = [f"{name}={value}" for name, value in command_environment().items()]
        line = command_line(self._git_dir, OFFLINE)
        line += ["log", "-1", "--no-show-signature", "--format=%at%n%ct%n%s", self.sha, "--"]
        try:
            # GitPython adds the environment of this process: env -i takes it away again.
            output = git.Git(self._git_dir).execute(
                ["/usr/bin/env", "-i", *environment, *line],
                kill_after_timeout=10,
                stdout_as_string=False,
                strip_newline_in_stdout=False,
            )
            authored, committed, subject, *_ = bytes(output).split(b"\n")
            return CommitFacts(
                self.sha,
                _moment(int(authored)),
                _moment(int(committed)),
                _printable(subject),
            )
        except (git.CommandError, ValueError, OverflowError, OSError) as error:
            raise Corrupt("The commit cannot be read.") from error


class _Stream:
    """The output of ``cat-file --batch``: headers, and contents of a known size."""

    def __init__(self, process: GitProcess) -> None:
        self._process = process
        self._chunks = process.chunks()
        self._buffer = b""
        self._position = 0

    def header(self) -> tuple[str, str, int]:
        """Name, kind and size of the next object."""
        while (end := self._buffer.find(b"\n", self._position)) < 0:
            self._more()
        parts = self._buffer[self._position : end].decode("ascii", "replace").split(" ")
        self._position = end + 1
        if len(parts) != 3 or not parts[2].isdecimal():
            raise Corrupt  # "<name> missing"
        return parts[0], parts[1], int(parts[2])

    def content(self, size: int) -> bytes:
        """The content of an object whose header was read, and the line break after it."""
        end = self._position + size
        if end + 1 > len(self._buffer):
            pieces = [self._buffer[self._position :]]
            have = len(pieces[0])
            while have < size + 1:
                piece = self._next()
                pieces.append(piece)
                have += len(piece)
            self._buffer = b"".join(pieces)
            self._position, end = 0, size
        content = self._buffer[self._position : end]
        self._position = end + 1
        return content

    def _more(self) -> None:
        self._buffer = self._buffer[self._position :] + self._next()
        self._position = 0

    def _next(self) -> bytes:
        chunk = next(self._chunks, b"")
        if not chunk:
            _check(self._process)
            raise Corrupt
        return chunk


def _entry(line: bytes) -> Entry:
    """One line of ``ls-tree -l``: mode, kind, name, size or ``-``, tab, path."""
    facts, _, path = line.partition(b"\t")
    mode, _, blob, size = facts.split()
    return Entry(path, mode.decode(), blob.decode(), -1 if size == b"-" else int(size))


def _check(process: GitProcess) -> None:
    for _ in process.chunks():
        raise GitError("git wrote more than was asked for.")
    status = process.finish()
    if status:
        raise cause_of(Finished(status, b"", process.stderr), OFFLINE)


def _moment(seconds: int) -> datetime:
    """A time that somebody wrote into a commit, or the nearest that there is."""
    return datetime.fromtimestamp(min(max(seconds, 0), _LAST_SECOND), UTC)


def _printable(subject: bytes) -> str:
    text = subject.decode("utf-8", "backslashreplace")[:_SUBJECT_LIMIT]
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
