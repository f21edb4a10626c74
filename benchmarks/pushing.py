"""Somebody who pushes small, real edits of Python files to a copy of a repository."""

from __future__ import annotations

import os
import random
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from plumbline.source import SIZE_LIMIT, is_left_out

_GIT = ("git", "-c", "safe.directory=*", "-c", "gc.auto=0")
_NAMES = ("AUTHOR", "COMMITTER")
_FUNCTION = re.compile(r"^def (_?[a-z]\w{5,})\(", re.M)
_MARK = "# a pushed line"
# Brings findings: a call without a time-out, a print, a bare except.
_OFFENCE = '''

def pushed_{number}(address):
    """Fetch an address."""
    import requests

    try:
        print("fetching", address)
        return requests.get(address)
    except:  # a pushed line
        return None
'''


@dataclass
class Author:
    """A copy of a repository, and its next commits."""

    git_dir: Path
    paths: list[str]
    files: int
    chance: random.Random
    _number: int = 0
    _offended: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, source: Path, folder: Path, *, files: int, seed: int) -> Self:
        """Copy the newest commit of a repository, or a folder's files, below another folder."""
        git_dir = folder / "pushed.git"
        if (source / "objects").is_dir() or (source / ".git").exists():
            origin = f"file://{source.resolve()}"
            _run("clone", "--quiet", "--bare", "--depth=1", "--no-tags", origin, str(git_dir))
            head = _run("rev-parse", "HEAD", git_dir=git_dir).decode().strip()
        else:
            _run("init", "--quiet", "--bare", str(git_dir))
            index = {"GIT_INDEX_FILE": str(folder / "index")}
            _run(
                f"--work-tree={source.resolve()}", "add", "--all", ".",
                git_dir=git_dir, environment=index, folder=source,
            )  # fmt: skip
            tree = _run("write-tree", git_dir=git_dir, environment=index).decode().strip()
            head = _commit(git_dir, tree, None, "Begin")
        _run("update-ref", "refs/heads/main", head, git_dir=git_dir)
        _run("symbolic-ref", "HEAD", "refs/heads/main", git_dir=git_dir)
        return cls.at(git_dir, files=files, seed=seed)

    @classmethod
    def at(cls, git_dir: Path, *, files: int, seed: int) -> Self:
        """Push to the branch main of a bare repository as it is."""
        listed = _run("ls-tree", "-r", "-z", "-l", "main", git_dir=git_dir).split(b"\0")
        paths = [path for path in map(_editable, listed) if path]
        return cls(git_dir, paths, min(files, len(paths)), random.Random(seed))  # noqa: S311

    @property
    def url(self) -> str:
        """Where the copy is fetched from."""
        return f"file://{self.git_dir.resolve()}"

    def push(self) -> str:
        """Edit some files in one commit on main; its sha."""
        self._number += 1
        chosen = self.chance.sample(self.paths, self.files)
        if self._offended:
            chosen[0] = self._offended.pop()
        edits: list[Callable[[str], str]] = [
            self._appease, self._offend, self._comment, self._state, self._rename,
        ]  # fmt: skip
        index = {"GIT_INDEX_FILE": str(self.git_dir / "author.index")}
        _run("read-tree", "main", git_dir=self.git_dir, environment=index)
        for place, path in enumerate(dict.fromkeys(chosen)):
            old = _run("cat-file", "blob", f"main:{path}", git_dir=self.git_dir)
            edit = edits[place] if place < 2 else edits[2 + place % 3]
            new = edit(old.decode("utf-8", "surrogateescape"))
            if edit == self._offend:
                self._offended.append(path)
            content = new.encode("utf-8", "surrogateescape")
            blob = _run("hash-object", "-w", "--stdin", git_dir=self.git_dir, stdin=content)
            entry = f"100644,{blob.decode().strip()},{path}"
            _run("update-index", "--cacheinfo", entry, git_dir=self.git_dir, environment=index)
        tree = _run("write-tree", git_dir=self.git_dir, environment=index).decode().strip()
        commit = _commit(self.git_dir, tree, "main", f"Push {self._number}")
        _run("update-ref", "refs/heads/main", commit, git_dir=self.git_dir)
        return commit

    def _offend(self, text: str) -> str:
        return text.rstrip("\n") + "\n" + _OFFENCE.format(number=self._number)

    def _appease(self, text: str) -> str:
        start = text.find("\n\ndef pushed_")
        return self._comment(text if start < 0 else text[:start])

    def _comment(self, text: str) -> str:
        return f"{text.rstrip()}\n{_MARK} {self._number}\n"

    def _state(self, text: str) -> str:
        return f"{text.rstrip()}\n\nPUSHED_{self._number} = {self._number}\n"

    def _rename(self, text: str) -> str:
        names = _FUNCTION.findall(text)
        if not names:
            return self._state(text)
        name = self.chance.choice(names)
        return re.sub(rf"\b{name}\b", f"{name}_{self._number}", text)


def _editable(line: bytes) -> str:
    facts, _, name = line.partition(b"\t")
    if not name.endswith(b".py") or b"/migrations/" in name or not facts.startswith(b"100644"):
        return ""
    path, size = name.decode("utf-8", "replace"), int(facts.split()[3])
    return "" if is_left_out(path) or "\ufffd" in path or not 0 < size < SIZE_LIMIT // 2 else path


def _commit(git_dir: Path, tree: str, parent: str | None, subject: str) -> str:
    who = {f"GIT_{name}_NAME": "Author" for name in _NAMES}
    who |= {f"GIT_{name}_EMAIL": "author@example.com" for name in _NAMES}
    parents = ["-p", parent] if parent else []
    made = _run("commit-tree", tree, *parents, "-m", subject, git_dir=git_dir, environment=who)
    return made.decode().strip()


def _run(
    *arguments: str,
    git_dir: Path | None = None,
    stdin: bytes = b"",
    environment: dict[str, str] | None = None,
    folder: Path | None = None,
) -> bytes:
    where = [f"--git-dir={git_dir}"] if git_dir else []
    return subprocess.run(
        [*_GIT, *where, *arguments],
        input=stdin,
        stdout=subprocess.PIPE,
        check=True,
        cwd=folder,
        env={**os.environ, **(environment or {})},
    ).stdout
