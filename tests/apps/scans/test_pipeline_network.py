"""The pipeline against a git server with bad habits, over HTTP on the loopback."""

import pytest

from django.db import connection

from apps.repositories.models import Repository
from apps.repositories.services import credential_set, endpoint_create
from tests.apps.factories import RepositoryFactory
from tests.apps.repositories.git.forge import (
    POLICY,
    SECRET,
    USERNAME,
    forge_running,
    repository_make,
)
from tests.apps.scans.running import scan
from tests.apps.source import SHOP

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def forge(tmp_path_factory):
    with forge_running(tmp_path_factory.mktemp("forge")) as running:
        files = {path: text.encode() for path, text in SHOP.items()}
        repository_make(running.root / "shop.git", files)
        yield running


@pytest.fixture(autouse=True)
def _loopback_allowed(monkeypatch, settings, tmp_path):
    """Let the loopback count as a public host, which no setting does."""
    settings.PLUMBLINE_VAR = tmp_path / "var"
    settings.PLUMBLINE_GIT_TIMEOUT = 5
    for module in ("address", "remote"):
        monkeypatch.setattr(f"apps.repositories.git.{module}.policy_configured", lambda: POLICY)


def repository_at(url: str) -> Repository:
    repository = RepositoryFactory(url=url)
    endpoint_create(repository=repository)
    return repository


def test_a_public_repository_is_judged(forge):
    assert scan(repository_at(forge.url("git/shop.git"))).state == "done"


def test_a_private_repository_without_a_credential_asks_for_one(forge):
    failed = scan(repository_at(forge.url("private/shop.git")))
    assert (failed.state, failed.error_code) == ("failed", "auth_required")
    assert "token" in failed.error_remedy


def test_a_wrong_credential_is_said_to_be_wrong(forge):
    repository = repository_at(forge.url("private/shop.git"))
    credential_set(repository=repository, username=USERNAME, secret="wr0ng-canary")
    failed = scan(repository)
    assert (failed.state, failed.error_code) == ("failed", "auth_failed")


def test_the_right_credential_works_and_leaves_no_trace(forge, caplog):
    repository = repository_at(forge.url("private/shop.git"))
    credential_set(repository=repository, username=USERNAME, secret=SECRET)
    assert scan(repository).state == "done"
    assert forge.leaked == []
    assert SECRET not in caplog.text
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(
                f'SELECT count(*) FROM "{table}" t WHERE t::text LIKE %s',  # noqa: S608
                [f"%{SECRET}%"],
            )
            assert cursor.fetchone() == (0,), table


@pytest.mark.parametrize(
    ("habit", "code"),
    [
        ("missing/shop.git", "repository_not_found"),
        ("moved/shop.git", "redirect"),
        ("broken/shop.git", "server_failed"),
        ("hang/shop.git", "timeout"),
    ],
)
def test_each_way_of_failing_has_its_code_and_never_the_servers_words(forge, habit, code):
    failed = scan(repository_at(forge.url(habit)))
    assert (failed.state, failed.error_code) == ("failed", code)
    assert failed.error_text
    assert failed.error_remedy
    assert "canary" not in failed.error_text + failed.error_remedy


def test_nobody_at_the_address_is_said_so():
    failed = scan(repository_at("http://127.0.0.1:9/shop.git"))
    assert (failed.state, failed.error_code) == ("failed", "unreachable")


def test_a_private_address_is_refused_at_the_time_of_the_scan(forge, monkeypatch):
    from apps.repositories.git.address import AddressPolicy

    repository = repository_at(forge.url("git/shop.git").replace("http:", "https:"))
    for module in ("address", "remote"):
        monkeypatch.setattr(
            f"apps.repositories.git.{module}.policy_configured", lambda: AddressPolicy()
        )
    failed = scan(repository)
    assert failed.state == "failed"
    assert failed.error_code in {"private_address", "port_refused"}
