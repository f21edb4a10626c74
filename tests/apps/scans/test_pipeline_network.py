"""The pipeline against a git server with bad habits, over HTTP on the loopback."""

from datetime import timedelta

import pytest

from django.db import connection
from django.utils import timezone

from apps.repositories.models import Repository
from apps.repositories.services import credential_set, endpoint_create
from apps.scans.models import Scan
from apps.scans.pipeline import scan_run
from apps.scans.services import scan_request
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
    ],
)
def test_each_lasting_failure_ends_the_scan_with_its_code_and_never_the_servers_words(
    forge, habit, code
):
    failed = scan(repository_at(forge.url(habit)))
    assert (failed.state, failed.error_code, failed.attempt) == ("failed", code, 1)
    assert failed.error_text
    assert failed.error_remedy
    assert "canary" not in failed.error_text + failed.error_remedy


@pytest.mark.parametrize(
    ("habit", "code"),
    [("broken/shop.git", "server_failed"), ("hang/shop.git", "timeout")],
)
def test_a_failure_of_the_server_is_shown_while_the_scan_waits_for_another_attempt(
    forge, habit, code
):
    waiting = scan(repository_at(forge.url(habit)))
    assert (waiting.state, waiting.is_postponed, waiting.error_code) == ("queued", True, code)
    assert waiting.error_text
    assert waiting.error_remedy
    assert "canary" not in waiting.error_text + waiting.error_remedy


def test_nobody_at_the_address_is_said_so_at_last():
    repository = repository_at("http://127.0.0.1:9/shop.git")
    wanted = scan_request(repository=repository, trigger="manual")
    waits = []
    for _ in range(3):
        Scan.objects.update(available_at=timezone.now())
        assert scan_run(wanted.pk)
        wanted.refresh_from_db()
        waits.append(wanted.available_at - timezone.now())
    assert (wanted.state, wanted.error_code, wanted.attempt) == ("failed", "unreachable", 3)
    assert wanted.error_remedy
    assert timedelta(seconds=20) < waits[0] < timedelta(seconds=40)
    assert waits[1] > 2 * waits[0]
    kinds = wanted.log_entries.exclude(kind="phase").values_list("kind", flat=True)
    assert list(kinds) == ["requested", *["claimed", "retried"] * 2, "claimed", "failed"]
    repository.refresh_from_db()
    assert repository.last_error_code == "unreachable"


def test_a_server_that_comes_back_is_judged_without_anybody_asking(forge):
    repository = repository_at(forge.url("broken/shop.git"))
    wanted = scan(repository)
    Repository.objects.filter(pk=repository.pk).update(url=forge.url("git/shop.git"))
    Scan.objects.update(available_at=timezone.now())
    assert scan_run(wanted.pk)
    wanted.refresh_from_db()
    assert (wanted.state, wanted.attempt, wanted.error_code) == ("done", 2, "")


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
