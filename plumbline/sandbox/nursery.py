"""The parent's handle on the zygote: start it, order children, end them, read their last words."""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import socket
import subprocess
import sys
import sysconfig
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from plumbline.sandbox.child import PROGRESS_SIZE
from plumbline.sandbox.frames import widen
from plumbline.sandbox.limits import Limits, SandboxError
from plumbline.sandbox.zygote import COMMAND, EXTRACT, NEVER_STARTED, REAP, STATUS

# A child makes a few hundred thousand small objects and ends. From huge pages, where the system grants them on request,
# it gets its memory with a tenth of the page faults; reserving less at a time leaves room under the limit of a parser.
MEMORY = (
    {
        "PYTHONMALLOC": "mimalloc",
        "MIMALLOC_ALLOW_LARGE_OS_PAGES": "1",
        "MIMALLOC_ARENA_RESERVE": "65536",
    }
    if sysconfig.get_config_var("WITH_MIMALLOC")
    else {}
)
"""The environment of the zygote and its children: which allocator they use."""
_ROOT = Path(__file__).resolve().parents[2]
_STDERR_KEPT = 4096
_END_SECONDS = 3.0


@dataclass(slots=True)
class Child:
    """The parent's ends of one child: requests, answers and the shared progress."""

    token: int
    requests: int
    answers: int
    progress: int
    _open: bool = field(default=True)

    def close(self) -> None:
        """Close this side of every pipe."""
        if self._open:
            self._open = False
            for descriptor in (self.requests, self.answers, self.progress):
                if descriptor >= 0:
                    with contextlib.suppress(OSError):
                        os.close(descriptor)


class Nursery:
    """One zygote and its children. Not safe to share between threads or across a fork."""

    def __init__(self, engine: tuple[str, str], limits: Limits) -> None:
        """Start the zygote; it imports the engine while the caller goes on."""
        self._closed = False
        self._alive = 0
        self._tokens = itertools.count(1)
        self._control, theirs = socket.socketpair()
        self._stderr, stderr = os.pipe()
        os.set_blocking(self._stderr, False)
        program = (
            f"import sys; sys.path[:] = {_import_path()!r}; "
            "from plumbline.sandbox.limits import Limits; "
            "from plumbline.sandbox.zygote import main; "
            f"main({theirs.fileno()}, {engine[0]!r}, {engine[1]!r}, {limits!r})"
        )
        try:
            self._zygote = subprocess.Popen(  # noqa: S603  (our own interpreter and our own text)
                [sys.executable, "-P", "-s", "-S", "-X", "utf8", "-c", program],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=stderr,
                pass_fds=(theirs.fileno(),),
                env=MEMORY,
                cwd="/",
                start_new_session=True,
            )
        except OSError as error:
            self._control.close()
            os.close(self._stderr)
            raise SandboxError(
                "start_failed", f"the sandbox did not start: {error.strerror}"
            ) from error
        finally:
            theirs.close()
            os.close(stderr)

    @property
    def pid(self) -> int:
        """The process id of the zygote, whose children the parsers are."""
        return self._zygote.pid

    @property
    def is_idle(self) -> bool:
        """Whether the zygote lives and has ended every child, so that somebody else may have it.

        What children wrote to standard error is thrown away: a full pipe would stop the next one.
        """
        if self._closed or self._alive or self._zygote.poll() is not None:
            return False
        self._last_words()
        return True

    def spawn(self, verb: int, base: int = -1) -> Child:
        """Order a child, which gets the open file ``base`` too. Its pipes can be written before it runs."""
        their_requests, requests = os.pipe()
        answers, their_answers = os.pipe()
        theirs = [their_requests, their_answers]
        progress = -1
        if verb == EXTRACT:
            progress = _shared_memory()
            theirs.append(progress)
        elif base >= 0:
            theirs.append(base)
        for descriptor in (requests, answers):
            widen(descriptor)
            os.set_blocking(descriptor, False)
        child = Child(next(self._tokens), requests, answers, progress)
        self._alive += 1
        try:
            socket.send_fds(self._control, [COMMAND.pack(verb, child.token)], theirs)
        except OSError as error:
            child.close()
            raise self._lost() from error
        finally:
            os.close(their_requests)
            os.close(their_answers)
        return child

    def reap(self, child: Child) -> int:
        """End a child; its exit status: 0 ended by itself, -N ended by signal N."""
        child.close()
        if self._closed:  # it went with the others
            return 0
        try:
            self._control.sendall(COMMAND.pack(REAP, child.token))
            answer = self._control.recv(STATUS.size, socket.MSG_WAITALL)
        except OSError as error:
            raise self._lost() from error
        if len(answer) != STATUS.size:
            raise self._lost()
        self._alive -= 1
        status = int(STATUS.unpack(answer)[0])
        if status == NEVER_STARTED:
            raise SandboxError(
                "start_failed", f"a child of the sandbox did not start{self._last_words()}"
            )
        return status

    def close(self) -> None:
        """End the zygote and all children; nothing of them is left when this returns."""
        self._closed = True
        self._control.close()
        try:
            self._end()
        finally:
            os.close(self._stderr)

    def _end(self) -> None:
        """Wait for the zygote, which ends when it sees the control socket closed, then insist."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._zygote.wait(_END_SECONDS)
        if self._zygote.returncode is None:
            self._kill()

    def _kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._zygote.pid, signal.SIGKILL)  # its children die with it, see confinement
        self._zygote.wait()

    def _lost(self) -> SandboxError:
        self._end()
        return SandboxError("start_failed", f"the sandbox ended{self._last_words()}")

    def _last_words(self) -> str:
        """The end of what the zygote and its children wrote to standard error."""
        kept = b""
        with contextlib.suppress(BlockingIOError):
            while chunk := os.read(self._stderr, 1 << 16):
                kept = (kept + chunk)[-_STDERR_KEPT:]
        text = kept.decode("utf-8", "backslashreplace").strip()
        return f": {text}" if text else ""


def _import_path() -> list[str]:
    """Where the children import from: never the working directory, which may be hostile."""
    working = _resolved(".")
    path = [str(_ROOT)]
    path += [entry for entry in sys.path if entry and _resolved(entry) not in (working, str(_ROOT))]
    return path


def _resolved(entry: str) -> str:
    try:
        return os.path.realpath(entry)
    except OSError:  # the working directory has been deleted
        return entry


def _shared_memory() -> int:
    """The descriptor of one page of memory that parent and child share."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("plumbline-progress", os.MFD_CLOEXEC)
    else:
        with tempfile.TemporaryFile() as file:
            descriptor = os.dup(file.fileno())
    os.ftruncate(descriptor, PROGRESS_SIZE)
    return descriptor
