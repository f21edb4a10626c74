"""Runs programs beside each other and ends them together, leaving none behind."""

import os
import selectors
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import psutil

from core.runtime.console import Console
from core.runtime.program import Program, adopt_orphans, ending_with_parent

KEPT_LINES = 20
LOG_LIMIT_BYTES = 5 * 1024 * 1024
TICK_SECONDS = 0.1


class ChildDied(Exception):
    """A program ended that nobody had asked to end."""

    def __init__(self, name: str, status: int, lines: Sequence[str], log: Path) -> None:
        self.name, self.status, self.lines, self.log = name, status, list(lines), log
        super().__init__(f"{name} {describe_status(status)}")


class StartTimeout(Exception):
    """A program did not become ready in time."""


def describe_status(status: int) -> str:
    """Say in words how a process ended, from `Popen.returncode`."""
    if status >= 0:
        return f"ended with exit status {status}"
    try:
        return f"was killed by {signal.Signals(-status).name}"
    except ValueError:
        return f"was killed by signal {-status}"


@dataclass
class Child:
    """A running program."""

    program: Program
    process: subprocess.Popen[bytes]
    log_path: Path
    log: BinaryIO
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=KEPT_LINES))
    rest: bytes = b""
    stopping: bool = False


class Supervisor:
    """Starts programs in process groups of their own and watches them from one thread.

    Nothing happens in the background: whoever waits for something else calls `poll` meanwhile.
    """

    def __init__(self, logs: Path, console: Console) -> None:
        logs.mkdir(parents=True, exist_ok=True)
        self._logs = logs
        self._console = console
        self._children: list[Child] = []
        self._selector = selectors.DefaultSelector()
        adopt_orphans()

    def start(self, program: Program) -> None:
        """Start a program; its output goes to the terminal and to its log file."""
        log_path = self._logs / f"{program.name}.log"
        if log_path.exists() and log_path.stat().st_size > LOG_LIMIT_BYTES:
            log_path.replace(log_path.with_suffix(".log.1"))
        account = program.account
        process = subprocess.Popen(  # noqa: S603
            list(program.command),
            cwd=program.folder,
            env=dict(program.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            process_group=0,
            preexec_fn=ending_with_parent(program.stop_signal),
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )
        assert process.stdout is not None  # noqa: S101
        os.set_blocking(process.stdout.fileno(), False)
        child = Child(program, process, log_path, log_path.open("ab", buffering=0))
        self._children.append(child)
        self._selector.register(process.stdout, selectors.EVENT_READ, child)

    def poll(self, timeout: float = TICK_SECONDS) -> None:
        """Pass output on for up to `timeout` seconds.

        Raises:
            ChildDied: A program ended without having been asked to.
        """
        if self._selector.get_map():
            for key, _ in self._selector.select(timeout):
                self._read(key.data)
        else:
            time.sleep(timeout)
        self._bury_orphans()
        for child in self._children:
            status = child.process.poll()
            if status is not None and not child.stopping:
                self._drain(child)
                raise ChildDied(child.program.name, status, child.lines, child.log_path)

    def wait(self, condition: Callable[[], bool], *, seconds: float, what: str) -> None:
        """Poll until `condition` holds.

        Raises:
            StartTimeout: It does not hold after `seconds`.
            ChildDied: See `poll`.
        """
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                message = f"{what} after {seconds:.0f} seconds; see {self._logs}"
                raise StartTimeout(message)
            self.poll()

    def stop(self, *, patience: float, server_patience: float | None = None) -> None:
        """End all programs, first those that use the servers, then whatever is left of them.

        Args:
            patience: Seconds that programs have before SIGKILL.
            server_patience: The same for servers, if it differs.
        """
        self._stop_wave([c for c in self._children if not c.program.is_server], patience)
        servers = [c for c in self._children if c.program.is_server]
        self._stop_wave(servers, patience if server_patience is None else server_patience)
        self._kill_descendants()
        for child in self._children:
            self._drain(child)
            child.log.close()
        self._children.clear()

    def _stop_wave(self, wave: list[Child], patience: float) -> None:
        for child in wave:
            child.stopping = True
            if child.process.poll() is None:
                child.process.send_signal(child.program.stop_signal)
        deadline = time.monotonic() + patience
        while any(c.process.poll() is None for c in wave) and time.monotonic() < deadline:
            self.poll()
        for child in wave:
            if child.process.poll() is None:
                self._console.say(f"{child.program.name} did not stop in time and was killed")
            self._kill_group(child)
            child.process.wait()

    def _kill_group(self, child: Child) -> None:
        try:
            os.killpg(child.process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            return

    def _kill_descendants(self) -> None:
        # Whoever left its process group, such as git or an analysis child: orphans became ours.
        survivors = psutil.Process().children(recursive=True)
        for process in survivors:
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue
        psutil.wait_procs(survivors, timeout=2)
        self._bury_orphans()

    def _bury_orphans(self) -> None:
        own = {child.process.pid for child in self._children}
        while True:
            try:
                ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return
            if ended is None or ended.si_pid in own:
                return
            os.waitpid(ended.si_pid, os.WNOHANG)

    def _drain(self, child: Child) -> None:
        while self._read(child):
            continue

    def _read(self, child: Child) -> bool:
        stream = child.process.stdout
        if stream is None or stream.closed:
            return False
        try:
            data = os.read(stream.fileno(), 65536)
        except BlockingIOError:
            return False
        if not data:
            self._selector.unregister(stream)
            stream.close()
            data = b"\n" if child.rest else b""
        child.log.write(data)
        *lines, child.rest = (child.rest + data).split(b"\n")
        for raw in lines:
            line = raw.decode("utf-8", "backslashreplace").rstrip("\r")
            child.lines.append(line)
            self._console.child_line(child.program.name, line)
        return bool(data)
