"""Folders that a confined program may read: private, in memory where that can be, and gone afterwards.

Who made a folder holds a lock on it. A process that is killed loses the lock, and whoever makes the next folder of
that kind removes what it left.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator

from plumbline.sandbox.confinement import NOBODY

# One that is younger may not have been locked yet.
_SETTLED_SECONDS = 10


class PrivateFolder:
    """A folder whose files belong to whom the program runs as, and that nobody else may enter."""

    def __init__(self, path: str, owner: int) -> None:
        """Take an empty folder; ``owner`` is negative where it stays ours."""
        self.path = path
        self._owner = owner
        self._made = {""}

    def write(self, name: str, content: bytes) -> None:
        """Add a file under a name that we made up; the folders on its way are made."""
        self._make(os.path.dirname(name))
        path = os.path.join(self.path, name)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with open(descriptor, "wb") as file:
            file.write(content)
            if self._owner >= 0:
                os.fchown(descriptor, self._owner, self._owner)

    def _make(self, name: str) -> None:
        if name in self._made:
            return
        self._make(os.path.dirname(name))
        self._made.add(name)
        os.mkdir(os.path.join(self.path, name), 0o700)
        _give(os.path.join(self.path, name), self._owner)


@contextlib.contextmanager
def private_folder(prefix: str) -> Iterator[PrivateFolder]:
    """An empty folder of that kind."""
    place = fastest_place() or tempfile.gettempdir()
    _remove_ownerless(place, prefix)
    path = tempfile.mkdtemp(prefix=prefix, dir=place)
    lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    # A child of root becomes nobody, and nobody else is to read this.
    owner = NOBODY if os.geteuid() == 0 else -1
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _give(path, owner)
        yield PrivateFolder(path, owner)
    finally:
        shutil.rmtree(path, ignore_errors=True)
        os.close(lock)


def _remove_ownerless(place: str, prefix: str) -> None:
    """Remove what processes left that were killed."""
    with os.scandir(place) as entries:
        left = [entry.path for entry in entries if entry.name.startswith(prefix)]
    for path in left:
        # Another user's, or gone by now.
        with contextlib.suppress(OSError):
            lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if os.stat(path).st_mtime < time.time() - _SETTLED_SECONDS:
                    shutil.rmtree(path, ignore_errors=True)
            finally:
                os.close(lock)


def _give(path: str, owner: int) -> None:
    """Make a folder somebody's, unless ``owner`` is negative."""
    if owner >= 0:
        os.chown(path, owner, owner)


def fastest_place() -> str | None:
    """Memory, where there is a folder in it: a disk takes longer to make the files than a linter to read them."""
    memory = "/dev/shm"  # noqa: S108  (the folder below it is private)
    return memory if os.access(memory, os.W_OK | os.X_OK) else None
