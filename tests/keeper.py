"""Keeps the test run's PostgreSQL and Valkey alive exactly as long as the run's first process.

Run as `python -m tests.keeper FOLDER PID`; a process of its own, so that no pytest worker owns the
servers and a killed run leaves none behind.
"""

import shutil
import signal
import sys
from pathlib import Path

import psutil

from core.runtime.addresses import Addresses
from core.runtime.console import Console
from core.runtime.postgres import Postgres
from core.runtime.supervisor import Supervisor
from core.runtime.valkey import Valkey

READY = "ready"


def main(folder: Path, owner: int) -> None:
    """Serve until the owner ends or asks for it, then remove the folder."""
    stopping: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda received, _frame: stopping.append(received))
    addresses = Addresses.under(folder)
    servers = (Postgres(addresses, durable=False), Valkey(addresses, durable=False))
    supervisor = Supervisor(folder / "log", Console(sys.stderr))
    try:
        for server in servers:
            server.prepare()
            supervisor.start(server.program())
        for server in servers:
            supervisor.wait(server.ready, seconds=60, what=f"{server} is not ready")
        (folder / READY).touch()
        while not stopping and psutil.pid_exists(owner):
            supervisor.poll(0.25)
    finally:
        supervisor.stop(patience=5)
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(addresses.sockets, ignore_errors=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
