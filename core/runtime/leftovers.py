"""Processes that an earlier run could not stop because it was killed."""

import signal
from pathlib import Path

import psutil

from core.runtime.files import same_file


def server_processes(name: str, folder: Path) -> list[psutil.Process]:
    """Find servers of one kind that work in `folder`; both kinds change into their data."""
    found = []
    for process in psutil.process_iter(["name"]):
        if (process.info["name"] or "").startswith(name):
            try:
                if same_file(Path(process.cwd()), folder):
                    found.append(process)
            except (psutil.Error, OSError):
                continue
    return found


def stop_leftovers(name: str, folder: Path, stop_signal: signal.Signals, *, patience: float) -> int:
    """End servers that still hold `folder`.

    Args:
        name: Beginning of the process's name.
        folder: The data that they work in.
        stop_signal: The polite request; SIGKILL follows.
        patience: Seconds between the two.

    Returns:
        How many there were.
    """
    processes = server_processes(name, folder)
    for process in processes:
        _send(process, stop_signal)
    _, alive = psutil.wait_procs(processes, timeout=patience)
    for process in alive:
        _send(process, signal.SIGKILL)
    psutil.wait_procs(alive, timeout=patience)
    return len(processes)


def _send(process: psutil.Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return
