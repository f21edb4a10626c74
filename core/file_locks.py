"""Locks between processes of one machine, which end with the process that holds them."""

import contextlib
import fcntl
import os
from pathlib import Path


def file_lock(path: Path, kind: int) -> int:
    """Lock a file, which is made if it is not there; its descriptor, which holds the lock until it is closed.

    Args:
        path: The file. Whoever holds its lock alone may delete it.
        kind: As for `fcntl.flock`.

    Raises:
        BlockingIOError: Somebody else has it, and the kind says not to wait.
        OSError: The file cannot be opened.
    """
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, kind)
            # The file may have been deleted while we waited: its lock holds nobody off any more.
            with contextlib.suppress(FileNotFoundError):
                if os.stat(path).st_ino == os.fstat(descriptor).st_ino:
                    return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)
