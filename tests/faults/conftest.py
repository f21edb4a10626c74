"""An installation that a test may break, with the test's own database connection on it."""

import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from django.db import connection, connections

from apps.repositories.models import Repository
from apps.repositories.services import repository_delete
from apps.scans.models import Scan
from tests.apps.source import SHOP, Source
from tests.faults.extent import LIMIT_SECONDS
from tests.faults.installation import Installation
from tests.servers import TEMPLATE, Servers, run_folder

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what lies here."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.faults)
            item.add_marker(pytest.mark.slow)


@pytest.fixture(autouse=True)
def _bounded_in_time() -> Iterator[None]:
    """End a test that hangs, whatever it waits for."""

    def end(_number, _frame):
        pytest.fail(f"not done after {LIMIT_SECONDS} s")

    previous = signal.signal(signal.SIGALRM, end)
    signal.alarm(LIMIT_SECONDS)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, previous)


@pytest.fixture(scope="session")
def private_servers(
    servers: Servers, django_db_setup: None, django_db_blocker, worker_id: str
) -> Iterator[Installation]:
    """Servers that belong to this test process alone."""
    made = Installation(run_folder() / f"faults-{worker_id}")
    try:
        with django_db_blocker.unblock():
            made.start_servers(servers)
        yield made
    finally:
        made.stop_servers()


@pytest.fixture
def installation(
    private_servers: Installation, django_db_blocker, monkeypatch
) -> Iterator[Installation]:
    """An installation on whose database this test's own connection is.

    When the test is over, every scan has ended by itself, and no process or file is left over.
    """
    monkeypatch.setattr("core.queue.announce", private_servers.announce)
    with django_db_blocker.unblock(), _connected_to(private_servers):
        private_servers.servers_ensure()
        for repository in Repository.objects.all():
            repository_delete(repository=repository)
        yield private_servers
        assert list(Scan.objects.filter(finished_at__isnull=True)) == []
    assert private_servers.strays() == []
    assert private_servers.litter() == []


@contextmanager
def _connected_to(installation: Installation) -> Iterator[None]:
    own = {key: connection.settings_dict[key] for key in ("NAME", "HOST")}
    connections.close_all()
    connection.settings_dict |= {
        "NAME": TEMPLATE,
        "HOST": str(installation.addresses.postgres_sockets),
    }
    try:
        yield
    finally:
        connections.close_all()
        connection.settings_dict |= own


@pytest.fixture
def source(tmp_path) -> Iterator[Source]:
    """A git repository on this machine with a small Django project in it."""
    made = Source(tmp_path / "source")
    made.push(SHOP)
    yield made
    shutil.rmtree(made.bare.parent, ignore_errors=True)
