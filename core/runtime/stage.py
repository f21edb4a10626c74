"""The processes of a local installation, in the order in which they come and go."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from shlex import quote, split
from types import FrameType

from core.runtime.addresses import Addresses
from core.runtime.console import Console
from core.runtime.environment import DATABASE, LOCAL_REPOSITORIES, PROJECT, child_environment
from core.runtime.files import locked
from core.runtime.postgres import Postgres
from core.runtime.program import Program
from core.runtime.supervisor import Supervisor
from core.runtime.valkey import Valkey

SERVER_START_SECONDS = 60
# Everything is gone ten seconds after Ctrl-C; the servers need little of it.
SERVICE_STOP_SECONDS = 5
SERVER_STOP_SECONDS = 1.5
# A worker that has room takes from the first of its queues that is not empty.
EXPRESS_QUEUES = "quick,interactive"
QUEUES = f"{EXPRESS_QUEUES},chunks,bulk"
# Celery's worry about root is about pickle, which we do not accept.
QUIET_WARNING = "ignore:You're running the worker with superuser privileges"


class StopRequested(BaseException):
    """Somebody pressed Ctrl-C or sent SIGTERM.

    Not an Exception, so that nothing on the way mistakes it for a failure of its own.
    """


@dataclass(frozen=True)
class Stage:
    """What runs for one data folder."""

    addresses: Addresses
    supervisor: Supervisor

    def start_servers(self) -> None:
        """Start PostgreSQL and Valkey and make the database."""
        postgres, valkey = Postgres(self.addresses), Valkey(self.addresses)
        postgres.prepare()
        valkey.prepare()
        self.supervisor.start(postgres.program())
        self.supervisor.start(valkey.program())
        for name, server in (("PostgreSQL", postgres), ("Valkey", valkey)):
            self.supervisor.wait(
                server.ready, seconds=SERVER_START_SECONDS, what=f"{name} does not answer"
            )
        postgres.database_ensure(DATABASE)

    def start_services(self, *, port: int, workers: int) -> None:
        """Start the Celery workers, beat and the web server."""
        run = self.addresses.data / "run"
        environment = child_environment(port=port)
        # A scan that is cut short is run again from its lease, so waiting for it gains nothing.
        environment |= {
            "WORKER_SOFT_SHUTDOWN_TIMEOUT": "0",
            "REMAP_SIGTERM": "SIGQUIT",
            "PYTHONWARNINGS": QUIET_WARNING,
        }
        self._start_worker("worker", QUEUES, workers, environment)
        self._start(
            "beat", "celery --quiet --app config beat --pidfile= --loglevel WARNING", environment
        )
        self._start(
            "web",
            f"gunicorn config.wsgi:application --bind 127.0.0.1:{port} --workers 1 --threads 8"
            " --graceful-timeout 3 --timeout 60 --log-level warning --no-control-socket"
            f" --worker-tmp-dir={quote(str(run))}",
            environment,
        )
        # Whatever the others are at, a push finds a process that waits for nothing else.
        self._start_worker("express", EXPRESS_QUEUES, 1, environment)

    def _start_worker(
        self, name: str, queues: str, processes: int, environment: dict[str, str]
    ) -> None:
        self._start(
            name,
            f"celery --quiet --app config worker --hostname {name}@%h --queues {queues}"
            f" --concurrency {processes} --loglevel WARNING --without-gossip --without-mingle",
            environment | {LOCAL_REPOSITORIES: "1"},
        )

    def _start(self, name: str, command: str, environment: dict[str, str]) -> None:
        words = [sys.executable, "-m", *split(command)]
        self.supervisor.start(Program(name, words, PROJECT, environment))


@contextmanager
def staged(addresses: Addresses, console: Console) -> Iterator[Stage]:
    """Own the data folder, and end everything that was started when the block is left.

    Raises:
        AlreadyRunning: Another process owns the folder.
        StopRequested: Inside the block, on SIGINT, SIGTERM or SIGHUP.
    """
    with locked(addresses.data / "run" / "up.lock", wait=False):
        supervisor = Supervisor(addresses.data / "log", console)
        previous = {
            number: signal.signal(number, _request_stop)
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        }
        try:
            yield Stage(addresses, supervisor)
        finally:
            for number in previous:
                signal.signal(number, signal.SIG_IGN)
            console.status("")
            supervisor.stop(patience=SERVICE_STOP_SECONDS, server_patience=SERVER_STOP_SECONDS)
            for number, handler in previous.items():
                signal.signal(number, handler)


def _request_stop(_number: int, _frame: FrameType | None) -> None:
    raise StopRequested
