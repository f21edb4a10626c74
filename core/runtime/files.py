"""Folders, locks and secrets on disk."""

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.runtime.program import Account

PRIVATE_FOLDER = 0o700
PRIVATE_FILE = 0o600
SEARCH_BY_ALL = stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH


class AlreadyRunning(Exception):
    """Another process holds the lock."""


def same_file(one: Path, other: Path) -> bool:
    """Say whether two paths lead to the same existing folder or file."""
    try:
        return one.samefile(other)
    except OSError:
        return False


def private_folder(path: Path, account: Account | None = None) -> Path:
    """Make a folder that only `account` (or we) may enter."""
    path.mkdir(parents=True, exist_ok=True)
    if account is not None:
        os.chown(path, account.uid, account.gid)
    path.chmod(PRIVATE_FOLDER)
    return path


def let_pass(path: Path) -> None:
    """Let every user pass through the parents of `path`, without letting them list these."""
    for parent in path.resolve().parents:
        mode = stat.S_IMODE(parent.stat().st_mode)
        if mode & SEARCH_BY_ALL != SEARCH_BY_ALL:
            parent.chmod(mode | SEARCH_BY_ALL)


def write_private(path: Path, text: str) -> None:
    """Write a file that nobody else can read, at no moment."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_FILE)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
    temporary.replace(path)


@contextmanager
def locked(path: Path, *, wait: bool) -> Iterator[None]:
    """Hold a lock that vanishes with the process, however it ends.

    Raises:
        AlreadyRunning: Somebody else holds it and `wait` is false.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            stream.seek(0)
            raise AlreadyRunning(stream.read().strip()) from None
        stream.truncate(0)
        stream.write(str(os.getpid()))
        stream.flush()
        yield
