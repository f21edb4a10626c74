"""The test run's own servers and databases, made when the first test asks for them."""

import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
import redis

from django.core.management import call_command
from django.db import connection

from core.runtime.addresses import Addresses
from core.runtime.files import locked
from core.runtime.postgres import Postgres
from tests.keeper import READY

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = "plumbline_template"
START_SECONDS = 90


@dataclass(frozen=True)
class Servers:
    """Running PostgreSQL and Valkey."""

    addresses: Addresses

    def valkey(self, url: str) -> redis.Redis:
        """Give a client of one Valkey database."""
        return redis.Redis.from_url(url)


def run_folder() -> Path:
    """Give the folder of this run, shared by all its processes."""
    return Path(os.environ["PLUMBLINE_TEST_RUN"])


def owner_pid() -> int:
    """Give the process whose end is the end of the run."""
    return int(run_folder().name.rsplit("-", 1)[-1])


def servers_ensure() -> Servers:
    """Start the servers unless another worker of this run has."""
    folder = run_folder()
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder / "start.lock", wait=True):
        if not (folder / READY).exists():
            _sweep(folder)
            _start_keeper(folder)
    return Servers(Addresses.under(folder))


def _sweep(folder: Path) -> None:
    """Remove what runs left whose keeper was killed."""
    name, _, _ = folder.name.rpartition("-")
    for other in folder.parent.glob(f"{name}-*"):
        if not psutil.pid_exists(int(other.name.rpartition("-")[2])):
            shutil.rmtree(other, ignore_errors=True)


def _start_keeper(folder: Path) -> None:
    log_path = folder / "keeper.log"
    with log_path.open("ab") as log:
        keeper = subprocess.Popen(
            [sys.executable, "-m", "tests.keeper", str(folder), str(owner_pid())],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    (folder / "keeper.pid").write_text(str(keeper.pid))
    deadline = time.monotonic() + START_SECONDS
    while not (folder / READY).exists():
        if keeper.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the test servers did not start:\n{log_path.read_text()}")
        time.sleep(0.05)


def database_ensure(servers: Servers) -> None:
    """Give the current connection its own copy of a database that is migrated once a run."""
    own = connection.settings_dict["NAME"]
    template_ensure(servers)
    Postgres(servers.addresses).database_ensure(own, template=TEMPLATE)


def template_ensure(servers: Servers) -> None:
    """Make the database that is migrated once a run."""
    postgres = Postgres(servers.addresses)
    own = connection.settings_dict["NAME"]
    with locked(run_folder() / "template.lock", wait=True):
        if postgres.database_ensure(TEMPLATE):
            connection.settings_dict["NAME"] = TEMPLATE
            try:
                call_command("migrate", interactive=False, verbosity=0)
            finally:
                connection.close()
                connection.settings_dict["NAME"] = own
