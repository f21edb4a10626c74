"""A child that tries what a hijacked parser would try, and reports what was denied."""

from __future__ import annotations

import errno
import json
import os
import signal
import socket
from collections.abc import Callable
from typing import NoReturn

from plumbline.sandbox import frames
from plumbline.sandbox.confinement import confine
from plumbline.sandbox.limits import Limits

_SCRATCH = "/tmp/plumbline-probe"  # noqa: S108  (that nothing appears there is the point)


def _read_file() -> None:
    os.close(os.open("/etc/passwd", os.O_RDONLY))


def _write_file() -> None:
    os.close(os.open(f"{_SCRATCH}-{os.getpid()}", os.O_CREAT | os.O_WRONLY, 0o600))


def _make_folder() -> None:
    os.mkdir(f"{_SCRATCH}-{os.getpid()}.d")


def _open_socket() -> None:
    socket.socket(socket.AF_INET, socket.SOCK_STREAM).close()


def _fork() -> None:
    pid = os.fork()
    if not pid:
        os._exit(0)
    os.waitpid(pid, 0)


def _execute() -> None:
    os.execv("/bin/true", ["true"])  # noqa: S606


def _signal_parent() -> None:
    os.kill(os.getppid(), signal.SIGCONT)


ATTEMPTS: dict[str, Callable[[], None]] = {
    "read a file": _read_file,
    "write a file": _write_file,
    "make a folder": _make_folder,
    "open a socket": _open_socket,
    "start a process": _fork,
    "signal its parent": _signal_parent,
}


def serve_probe(answers: int, limits: Limits) -> NoReturn:
    """Confine this process as a parser is, try everything, answer as JSON. Never returns."""
    measures = confine(memory=limits.extract_memory, cpu=limits.extract_cpu)
    outcome: dict[str, str | None] = {}
    for name, attempt in ATTEMPTS.items():
        try:
            attempt()
        except OSError as error:
            outcome[name] = errno.errorcode.get(error.errno or 0, str(error.errno))
        else:
            outcome[name] = None
    content = json.dumps({"measures": sorted(measures), "attempts": outcome}).encode()
    frames.write_all(answers, [frames.ANSWER.pack(len(content), frames.DONE), content])
    # Last, since it does not come back where it is allowed: then the second frame is missing.
    try:
        _execute()
    except OSError:
        frames.write_all(answers, [frames.ANSWER.pack(0, frames.DONE)])
    os._exit(0)
