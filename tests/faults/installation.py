"""A whole installation of a test's own: servers, workers, beat and web that it may kill as it likes."""

import base64
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import redis
from celery import Celery

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

from config.environment import broker_from_redis
from core.runtime.addresses import Addresses
from core.runtime.postgres import Postgres, program_file
from core.runtime.probe import answers
from core.runtime.program import Program, adopt_orphans, ending_with_parent
from core.runtime.valkey import Valkey
from tests.servers import ROOT, TEMPLATE, Servers, template_ensure

QUEUES = "interactive,quick,chunks,bulk"
START_SECONDS = 60
STOP_SECONDS = 5
# Hurried, so that a test waits seconds where an operator waits a minute.
PACE = {
    "PLUMBLINE_LEASE_SECONDS": "2",
    "PLUMBLINE_RECONCILE_SECONDS": "1",
    "PLUMBLINE_BACKOFF_SECONDS": "0.2",
    "PLUMBLINE_HINT_LOST_SECONDS": "1",
    "WORKER_SOFT_SHUTDOWN_TIMEOUT": "0",
    "REMAP_SIGTERM": "SIGQUIT",
    "PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges",
}


@dataclass
class Running:
    """A process of the installation, head of a group of its own."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def pid(self) -> int:
        """Its number."""
        return self.process.pid

    @property
    def alive(self) -> bool:
        """Whether it has not ended."""
        return self.process.poll() is None

    def output(self) -> str:
        """What it has logged so far."""
        return self.log.read_text(errors="replace")

    def descendants(self) -> list[psutil.Process]:
        """Its children, and theirs."""
        try:
            return psutil.Process(self.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []

    def processor_seconds(self) -> float:
        """What it and its children have used."""
        return sum(
            sum(process.cpu_times()[:2])
            for process in [psutil.Process(self.pid), *self.descendants()]
        )

    def pool(self) -> list[psutil.Process]:
        """The processes in which a worker runs its tasks."""
        try:
            children = psutil.Process(self.pid).children()
        except psutil.NoSuchProcess:
            return []
        return [child for child in children if "celery" in " ".join(_command(child))]

    def signal_group(self, number: signal.Signals) -> None:
        """Send a signal to it and to all that it started in its group."""
        os.killpg(self.pid, number)

    def kill(self) -> None:
        """End it, as the kernel does when memory is short, and nothing but it."""
        with suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def kill_group(self) -> None:
        """End it with all that it started in its group, as when a container goes."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Ask it to end, and insist."""
        with suppress(ProcessLookupError):
            self.process.send_signal(number)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(STOP_SECONDS)
        self.kill_group()


@dataclass
class Installation:
    """Servers in a folder, and the processes that use them."""

    folder: Path
    services: list[Running] = field(default_factory=list)
    _started: int = 0
    _is_mute: bool = False
    _web: "Web | None" = None
    _servers: dict[str, Running] = field(default_factory=dict)
    _bystanders: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Name the places."""
        self.addresses = Addresses.under(self.folder)
        self.postgres = Postgres(self.addresses, durable=True)
        self.valkey = Valkey(self.addresses, durable=False)
        self.temporary = self.folder / "tmp"
        self.var = self.folder / "var"
        self._keys = [base64.b64encode(os.urandom(48)).decode() for _ in range(2)]

    # ---- Servers

    def start_servers(self, shared: Servers) -> None:
        """Start the servers, with a migrated database in them."""
        adopt_orphans()
        for folder in (self.temporary, self.var):
            folder.mkdir(parents=True)
        self._bystanders = {child.pid for child in psutil.Process().children(recursive=True)}
        self.postgres_start()
        self.valkey_start()
        if self.postgres.database_ensure(TEMPLATE):
            template_ensure(shared)
            source = shared.addresses.database_url(TEMPLATE)
            target = self.addresses.database_url(TEMPLATE)
            dump = subprocess.run(
                [program_file("pg_dump"), "--no-owner", source], check=True, capture_output=True
            )
            subprocess.run(
                [program_file("psql"), "--quiet", "--set=ON_ERROR_STOP=1", target],
                input=dump.stdout, check=True, capture_output=True,
            )  # fmt: skip

    def stop_servers(self) -> None:
        """End the servers and forget their data."""
        self.stop_services()
        for name, server in self._servers.items():
            # PostgreSQL leaves shared memory behind when it is killed.
            server.stop(signal.SIGINT if name == "postgres" else signal.SIGTERM)
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.rmtree(self.addresses.sockets, ignore_errors=True)

    def servers_ensure(self) -> None:
        """Start again what a test that failed has left dead."""
        if not self._servers["postgres"].alive:
            self.postgres_start()
        if not self._servers["valkey"].alive:
            self.valkey_start()

    def postgres_start(self) -> None:
        """Start PostgreSQL, which repairs by itself what a sudden end left."""
        self.postgres.prepare()
        self._serve(self.postgres.program(), self.postgres.ready)

    def postgres_stop(self) -> None:
        """End PostgreSQL at once, as `pg_ctl stop -m immediate` does: without a word to anyone."""
        server = self._servers["postgres"]
        server.process.send_signal(signal.SIGQUIT)
        server.process.wait(30)

    def valkey_start(self) -> None:
        """Start an empty Valkey: it keeps nothing on disk."""
        self.valkey.prepare()
        self._serve(self.valkey.program(), self.valkey.ready)

    def valkey_kill(self) -> None:
        """End Valkey, which loses all that it held."""
        self._servers["valkey"].kill()

    def valkey_client(self) -> redis.Redis:
        """Give a client of the broker."""
        return redis.Redis.from_url(self.addresses.redis_url(0))

    def _serve(self, program: Program, ready: Callable[[], bool]) -> None:
        account = program.account
        log = self.folder / f"{program.name}.log"
        with log.open("ab") as stream:
            process = subprocess.Popen(
                list(program.command), cwd=program.folder, env=dict(program.environment),
                stdin=subprocess.DEVNULL, stdout=stream, stderr=stream, start_new_session=True,
                preexec_fn=ending_with_parent(program.stop_signal),
                user=account.uid if account else None, group=account.gid if account else None,
                extra_groups=[] if account else None,
            )  # fmt: skip
        self._servers[program.name] = Running(program.name, process, log)
        wait_for(ready, seconds=START_SECONDS, what=lambda: log.read_text(errors="replace"))

    # ---- Services: started when first asked for, and used by test after test until one is killed

    def workers(self, count: int = 1) -> list[Running]:
        """Have so many Celery workers that listen."""
        found = self._alive("worker")
        for worker in found[count:]:
            self._stop(worker)
        return found[:count] + [self.worker_start() for _ in range(count - len(found))]

    def worker_start(self, *, clock: int = 0, **environment: str) -> Running:
        """Start one more Celery worker, its clock so many seconds ahead, and wait until it listens."""
        worker = self._start(
            "worker",
            ["celery", "--app", "config", "worker", "--queues", QUEUES, "--concurrency", "1",
             "--loglevel", "INFO", "--hostname", f"worker{self._started}@%h"],
            environment,
            clock,
        )  # fmt: skip
        wait_for(
            lambda: " ready." in worker.output() or not worker.alive,
            seconds=START_SECONDS,
            what=worker.output,
        )
        assert worker.alive, worker.output()
        return worker

    def beat(self) -> Running:
        """Have a scheduler."""
        return next(iter(self._alive("beat")), None) or self.beat_start()

    def beat_start(self, *, clock: int = 0) -> Running:
        """Start one more scheduler, its clock so many seconds ahead."""
        words = ["celery", "--app", "config", "beat", "--pidfile="]
        return self._start("beat", words, clock=clock)

    def web(self) -> "Web":
        """Have a web server as the container runs it, which answers."""
        if self._web is None or not self._web.running.alive:
            self._web = self._web_start()
        return self._web

    def _web_start(self) -> "Web":
        port = _free_port()
        web = self._start(
            "web",
            ["gunicorn", "config.wsgi:application", "--bind", f"127.0.0.1:{port}", "--workers", "3",
             "--threads", "4", "--worker-tmp-dir", str(self.folder), "--no-control-socket"],
        )  # fmt: skip
        wait_for(
            lambda: answers(port, "/health/", host="127.0.0.1") or not web.alive,
            seconds=START_SECONDS,
            what=web.output,
        )
        assert web.alive, web.output()
        return Web(web, port)

    def announce(self, task: str, args: tuple[int, ...], queue: str) -> None:
        """Send a task to this installation's workers."""
        if self._is_mute:
            return
        with Celery(broker=broker_from_redis(self.addresses.redis_url(0))) as app:
            app.conf.broker_transport_options = settings.CELERY_BROKER_TRANSPORT_OPTIONS
            app.send_task(task, args=args, queue=queue, ignore_result=True)

    @contextmanager
    def mute(self) -> Iterator[None]:
        """Lose each hint of the block, as a broker does that is gone."""
        self._is_mute = True
        try:
            yield
        finally:
            self._is_mute = False

    def stop_services(self) -> None:
        """End every process but the servers."""
        for service in self.services:
            service.process.send_signal(signal.SIGTERM)
        for service in [*self.services]:
            self._stop(service)

    def _alive(self, name: str) -> list[Running]:
        self.services = [service for service in self.services if service.alive]
        return [service for service in self.services if service.name == name]

    def _stop(self, service: Running) -> None:
        service.stop()
        self.services.remove(service)

    def _start(
        self,
        name: str,
        words: list[str],
        environment: Mapping[str, str] | None = None,
        clock: int = 0,
    ) -> Running:
        self._started += 1
        if clock:
            words = ["tests.faults.wrong_clock", str(clock), *words]
        log = self.folder / f"{name}-{self._started}.log"
        with log.open("wb") as stream:
            process = subprocess.Popen(
                [sys.executable, "-m", *words],
                cwd=ROOT,
                env={**self._environment(), **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
                start_new_session=True,
                preexec_fn=ending_with_parent(signal.SIGKILL),
            )
        service = Running(name, process, log)
        self.services.append(service)
        return service

    def _environment(self) -> dict[str, str]:
        return {
            **os.environ,
            **PACE,
            "DJANGO_SETTINGS_MODULE": "config.settings.production",
            "DATABASE_URL": self.addresses.database_url(TEMPLATE),
            "DATABASE_POOL_SIZE": "8",
            "REDIS_URL": self.addresses.redis_url(0),
            "CACHE_URL": self.addresses.redis_url(1),
            "SECRET_KEY": self._keys[0],
            "JWT_SIGNING_KEY": self._keys[1],
            # What the test seals, these processes must open.
            "FIELD_ENCRYPTION_KEYS": ",".join(settings.FIELD_ENCRYPTION_KEYS),
            "ALLOWED_HOSTS": "127.0.0.1",
            "CSRF_TRUSTED_ORIGINS": "https://127.0.0.1",
            "SITE_URL": "https://127.0.0.1",
            "EMAIL_URL": "consolemail://",
            "BEHIND_TLS_PROXY": "1",
            "TRUSTED_PROXY_COUNT": "1",
            "PLUMBLINE_VAR": str(self.var),
            "PLUMBLINE_ALLOW_LOCAL_REPOSITORIES": "1",
            "TMPDIR": str(self.temporary),
        }

    # ---- What is left

    def bury(self) -> None:
        """Take leave of orphans that have ended; they became this process's children."""
        for child in psutil.Process().children():
            if child.pid not in self._known() and child.status() == psutil.STATUS_ZOMBIE:
                with suppress(ChildProcessError):
                    os.waitpid(child.pid, os.WNOHANG)

    def strays(self) -> list[str]:
        """Processes that belong to nobody any more."""
        self.bury()
        found = []
        for child in psutil.Process().children():
            with suppress(psutil.NoSuchProcess):
                if child.pid not in self._known():
                    found.append(f"{child.pid} {' '.join(_command(child))}")
        return found

    def litter(self) -> list[str]:
        """Temporary files that belong to nobody any more."""
        places = [*self.temporary.glob("plumbline*")]
        places += self.var.glob("mirrors/*/objects/**/tmp_*")
        places += self.var.glob("mirrors/**/*.lock")
        return sorted(str(path.relative_to(self.folder)) for path in places)

    def _known(self) -> set[int]:
        ours = [*self.services, *self._servers.values()]
        return self._bystanders | {running.pid for running in ours}


@dataclass(frozen=True)
class Web:
    """A web server that answers on a port of this machine."""

    running: Running
    port: int


def wait_for(
    condition: Callable[[], object],
    *,
    seconds: float,
    what: Callable[[], object] = lambda: "",
    pause: float = 0.05,
) -> float:
    """Wait until something holds, also while the database is away; the seconds that it took."""
    began = time.monotonic()
    while True:
        try:
            if condition():
                return time.monotonic() - began
        except (OperationalError, InterfaceError):
            connection.close()
        if time.monotonic() - began > seconds:
            raise AssertionError(f"still not after {seconds} s: {what()}")
        time.sleep(pause)


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
