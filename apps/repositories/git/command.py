"""Run git: an empty environment, our own configuration, limits on everything, no leftovers.

Nothing of the worker's environment reaches git, nothing that a repository configures is obeyed,
and whatever happens the whole process group is gone afterwards.
"""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import subprocess
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from apps.repositories.git.configuration import (
    OFFLINE,
    PATH,
    Connection,
    GitCredential,
    GitLimits,
    command_environment,
    command_line,
)
from apps.repositories.git.errors import GitError, TimedOut, TooMuchOutput
from apps.repositories.git.handed import Handed

__all__ = ["OFFLINE", "Connection", "Finished", "GitCredential", "GitLimits", "GitProcess", "run"]

_CHUNK = 1 << 20
_STDERR_KEPT = 1 << 16
_STDERR_LIMIT = 16 << 20  # a server's progress goes there, which one may send for ever
_SET_PIPE_SIZE = 1031

# A shell sets the limits, so that no Python runs between fork and exec, where the lock of another
# thread could hang it; a limit that cannot be set is stricter already. The shell stays as the head
# of the group and ends all of it when it is told to, or when the worker dies (see _tie).
_SHELL = """trap 'kill -KILL 0' TERM
ulimit -c 0; ulimit -v "$1"; ulimit -f "$2"; ulimit -t "$3"; ulimit -n 256
shift 3
exec 3<&0
"$@" <&3 3<&- &
exec 3<&-
wait "$!"
"""


def _tie() -> tuple[str, ...]:
    """What tells the shell that the worker died, where util-linux offers it."""
    program = shutil.which("setpriv", path=PATH)
    if program is None or Path(program).resolve().name != "setpriv":
        return ()
    return program, "--pdeathsig", "TERM", "--"


_TIED = _tie()


class GitProcess:
    """One running git command; a context manager that leaves no process."""

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        git_dir: Path | None = None,
        connection: Connection = OFFLINE,
        limits: GitLimits | None = None,
        stdin: IO[bytes] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Describe ``git <arguments>``; entering the context starts it."""
        self._limits = limits or GitLimits()
        self._connection = connection
        self._arguments = [
            *command_line(git_dir, connection),
            *("-c", f"http.lowSpeedTime={self._limits.stall}"),
            *arguments,
        ]
        self._stdin = stdin
        self._environment = environment or {}
        self._handed = Handed()
        self._stderr: deque[bytes] = deque()
        self._stderr_size = 0
        self._deadline = 0.0
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Start the command."""
        limits = self._limits
        limited = ["/bin/sh", "-c", _SHELL, "git", str(limits.memory >> 10)]
        limited += [str(max(1, limits.file_size >> 9)), str(limits.cpu)]
        try:
            environment = {**command_environment(self._connection), **self._environment}
            environment |= self._handed.environment(self._connection)
            self._process = subprocess.Popen(  # noqa: S603  (a list of arguments, ours first)
                [*_TIED, *limited, *self._arguments],
                stdin=self._stdin or subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=environment,
                cwd="/",
                start_new_session=True,
            )
        except BaseException:
            self._handed.close()
            raise
        self._deadline = time.monotonic() + limits.seconds
        for stream in (self._stdout, self._stderr_stream):
            os.set_blocking(stream.fileno(), False)
        _widen(self._stdout)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the command and everything that it started."""
        process = self._running
        try:
            _end_group(process)
        finally:
            for stream in (process.stdout, process.stderr):
                if stream is not None:
                    stream.close()
            self._handed.close()

    def chunks(self) -> Iterator[bytes]:
        """Give the output as it comes, until its end.

        Raises:
            TimedOut: the command has used up its time.
            TooMuchOutput: it has written more than its limit.
        """
        poll = select.poll()
        open_streams = {self._stdout.fileno(): True, self._stderr_stream.fileno(): False}
        for descriptor in open_streams:
            poll.register(descriptor, select.POLLIN)
        size = said = 0
        while open_streams:
            for descriptor in self._ready(poll):
                try:
                    chunk = os.read(descriptor, _CHUNK)
                except BlockingIOError:
                    continue
                is_output = open_streams[descriptor]
                if not chunk:
                    poll.unregister(descriptor)
                    del open_streams[descriptor]
                elif is_output:
                    size += len(chunk)
                    if size > self._limits.output:
                        raise TooMuchOutput
                    yield chunk
                else:
                    self._keep_stderr(chunk)
                    said += len(chunk)
                    if said > _STDERR_LIMIT:
                        raise TooMuchOutput

    def finish(self) -> int:
        """Wait for the end, once all output was read; the exit status, 128 and more for a signal.

        Raises:
            TimedOut: the command has used up its time.
        """
        process = self._running
        if not _has_ended(process, self._deadline - time.monotonic()):
            raise TimedOut
        _end_group(process)
        return process.wait()

    @property
    def stderr(self) -> str:
        """The end of what git said, for the log and for telling causes apart; never for people."""
        return b"".join(self._stderr)[-_STDERR_KEPT:].decode("utf-8", "backslashreplace")

    @property
    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise GitError("The command has not been started.")
        return self._process

    @property
    def _stdout(self) -> IO[bytes]:
        stream = self._running.stdout
        assert stream is not None  # noqa: S101  (it was asked for)
        return stream

    @property
    def _stderr_stream(self) -> IO[bytes]:
        stream = self._running.stderr
        assert stream is not None  # noqa: S101
        return stream

    def _ready(self, poll: select.poll) -> list[int]:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimedOut
        return [descriptor for descriptor, _ in poll.poll(left * 1000)]

    def _keep_stderr(self, chunk: bytes) -> None:
        self._stderr.append(chunk)
        self._stderr_size += len(chunk)
        while self._stderr_size - len(self._stderr[0]) >= _STDERR_KEPT:
            self._stderr_size -= len(self._stderr.popleft())


@dataclass(frozen=True, slots=True)
class Finished:
    """What a command that ran to its end left."""

    status: int
    stdout: bytes
    stderr: str


def run(
    arguments: Sequence[str],
    *,
    git_dir: Path | None = None,
    connection: Connection = OFFLINE,
    limits: GitLimits | None = None,
    environment: Mapping[str, str] | None = None,
) -> Finished:
    """Run a command to its end and keep its output.

    Raises:
        TimedOut: it has used up its time.
        TooMuchOutput: it has written more than its limit.
    """
    with GitProcess(
        arguments,
        git_dir=git_dir,
        connection=connection,
        limits=limits,
        environment=environment,
    ) as process:
        output = b"".join(process.chunks())
        return Finished(process.finish(), output, process.stderr)


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """End a process and all that it started; ending git alone would leave git-remote-https behind.

    The process is waited for last: until then its number, and so that of its group, is not reused.
    """
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _has_ended(process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Whether a process ends within the time; its status can still be taken afterwards."""
    deadline, pause = time.monotonic() + seconds, 0.0005
    while not os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
        if time.monotonic() >= deadline:
            return False
        time.sleep(pause)
        pause = min(pause * 2, 0.02)
    return True


def _widen(stream: IO[bytes]) -> None:
    """Ask for a large pipe buffer, where there is one to be had."""
    import fcntl

    with contextlib.suppress(OSError):
        fcntl.fcntl(stream.fileno(), _SET_PIPE_SIZE, _CHUNK)
