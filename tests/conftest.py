"""Fixtures for everybody: real servers, a real worker."""

import functools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import redis
from hypothesis import HealthCheck, settings

from django.db import connections

from core.runtime.stage import QUEUES
from tests.servers import ROOT, Servers, database_ensure, run_folder, servers_ensure

# A machine that is busy with other things is no reason to fail.
settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")

WORKER_START_SECONDS = 60
WORKER_STOP_SECONDS = 15


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors: a third of the time tests wait for servers and clocks."""
    return (os.process_cpu_count() or 1) + 1


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the tests that kill and flood: they wait more than they work, and one process has all of them."""
    items.sort(key=lambda item: "faults" not in item.path.parts)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the servers with the run's first process; their keeper also notices its death."""
    if hasattr(config, "workerinput"):
        return
    with suppress(OSError, ValueError):
        keeper = int((run_folder() / "keeper.pid").read_text())
        os.kill(keeper, signal.SIGTERM)
        with suppress(ChildProcessError):
            os.waitpid(keeper, 0)


@pytest.fixture(scope="session")
def servers() -> Servers:
    """The run's PostgreSQL and Valkey."""
    return servers_ensure()


@pytest.fixture(scope="session")
def django_db_setup(
    servers: Servers, django_test_environment: None, django_db_blocker: pytest.Item
) -> Iterator[None]:
    """Replace pytest-django's set-up: this worker's database is a copy of a migrated template."""
    with django_db_blocker.unblock():
        database_ensure(servers)
    yield
    with django_db_blocker.unblock():
        connections.close_all()


@pytest.fixture(autouse=True)
def _empty_valkey(request: pytest.FixtureRequest) -> None:
    """Begin each test that uses the servers without tasks, throttle counts and cached values."""
    if not {"django_db_setup", "servers"}.isdisjoint(request.fixturenames):
        request.getfixturevalue("servers")
        for url in (os.environ["REDIS_URL"], os.environ["CACHE_URL"]):
            _client(url).flushdb()


@functools.cache
def _client(url: str) -> redis.Redis:
    return redis.Redis.from_url(url)


class WorkerProcess:
    """A running `celery worker` on this test worker's database and broker."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self.process = process
        self.log = log

    def output(self) -> str:
        """What it has logged so far."""
        return self.log.read_text(errors="replace")


@contextmanager
def running_worker(
    log: Path, *, queues: str = QUEUES, **environment: str
) -> Iterator[WorkerProcess]:
    """Run a real Celery worker with one process while the block runs."""
    command = [
        sys.executable, "-m", "celery", "-A", "config", "worker",
        "--hostname", f"{log.stem}@%h", "--queues", queues, "--concurrency", "1",
        "--loglevel", "INFO", "--without-gossip", "--without-mingle",
    ]  # fmt: skip
    with log.open("wb") as stream:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            start_new_session=True,
        )
    worker = WorkerProcess(process, log)
    try:
        deadline = time.monotonic() + WORKER_START_SECONDS
        while " ready." not in worker.output():
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the worker did not start:\n{worker.output()}")
            time.sleep(0.1)
        yield worker
    finally:
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(WORKER_STOP_SECONDS)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture
def celery_worker_process(transactional_db: None, tmp_path: Path) -> Iterator[WorkerProcess]:
    """A real Celery worker that may read local repositories; stopped after the test."""
    with running_worker(tmp_path / "celery.log", PLUMBLINE_ALLOW_LOCAL_REPOSITORIES="1") as worker:
        yield worker


@pytest.fixture
def local_repositories_allowed(settings) -> None:
    """Let this test register file:// addresses, as `manage.py up` does."""
    settings.PLUMBLINE_ALLOW_LOCAL_REPOSITORIES = True


@pytest.fixture
def eventually() -> Callable[..., None]:
    """A function that waits until a condition holds and fails when it never does."""

    def wait(condition: Callable[[], object], *, seconds: float = 30, what: str = "") -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                pytest.fail(f"still not after {seconds} s: {what or condition}")
            time.sleep(0.1)

    return wait
