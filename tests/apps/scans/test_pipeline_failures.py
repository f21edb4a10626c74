"""Every way in which a scan can fail ends in a row that says so."""

import pytest

from django.db import OperationalError

from apps.findings.models import Finding
from apps.repositories.services import credential_set, repository_register, repository_update
from apps.scans.models import RuleResult, Scan, ScanState
from apps.scans.pipeline import scan_run
from apps.scans.services import scan_request
from plumbline.sandbox import SandboxError
from tests.apps.scans.running import scan
from tests.apps.source import Source

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("local_repositories_allowed", "own_mirrors"),
]


def test_a_missing_branch_fails_with_a_remedy(shop):
    repository_update(repository=shop, branch="gone")
    failed = scan(shop)
    assert (failed.state, failed.error_code) == ("failed", "branch_missing")
    assert "gone" in failed.error_text
    assert failed.error_remedy
    shop.refresh_from_db()
    assert shop.last_error_code == "branch_missing"


def test_success_clears_the_last_error(shop):
    repository_update(repository=shop, branch="gone")
    scan(shop)
    repository_update(repository=shop, branch="main")
    scan(shop)
    shop.refresh_from_db()
    assert shop.last_error_code == ""


def test_an_empty_repository_fails_with_a_remedy(user, tmp_path):
    empty = Source(tmp_path / "empty")
    failed = scan(repository_register(url=empty.url, actor=user))
    assert (failed.state, failed.error_code) == ("failed", "repository_empty")
    assert "commit" in failed.error_text


def test_a_removed_remote_fails_with_a_remedy(shop, source):
    source.bare.rename(source.bare.with_name("moved.git"))
    failed = scan(shop)
    assert (failed.state, failed.error_code) == ("failed", "repository_not_found")
    assert failed.error_remedy


def test_a_local_path_is_not_read_by_a_worker_that_may_not(shop, settings):
    settings.PLUMBLINE_ALLOW_LOCAL_REPOSITORIES = False
    failed = scan(shop)
    assert (failed.state, failed.error_code) == ("failed", "local_path_refused")


@pytest.mark.parametrize("error", [MemoryError, RecursionError, ValueError, KeyError])
def test_no_foreign_error_leaves_the_worker(shop, monkeypatch, error):
    def crash(*_args, **_kwargs):
        raise error("secret detail")

    monkeypatch.setattr("apps.scans.pipeline.judge.select", crash)
    failed = scan(shop)
    assert (failed.state, failed.error_code) == ("failed", "internal")
    assert "secret" not in failed.error_text + failed.error_remedy


def test_a_scan_whose_time_is_up_says_so(shop, monkeypatch):
    class TimeUp(Exception):
        pass

    def late(*_args, **_kwargs):
        raise TimeUp

    monkeypatch.setattr("apps.scans.pipeline.judge.select", late)
    wanted = scan_request(repository=shop, trigger="manual")
    scan_run(wanted.pk, interruptions=(TimeUp,))
    wanted.refresh_from_db()
    assert (wanted.state, wanted.error_code) == ("failed", "interrupted")


def test_a_scan_that_is_cancelled_meanwhile_writes_nothing(shop, monkeypatch):
    from apps.scans.pipeline import judge
    from apps.scans.services import scan_cancel

    original = judge.select

    def cancelled(entries):
        scan_cancel(scan=Scan.objects.get(state=ScanState.RUNNING))
        return original(entries)

    monkeypatch.setattr(judge, "select", cancelled)
    ended = scan(shop)
    assert ended.state == "cancelled"
    assert not RuleResult.objects.exists()
    assert not Finding.objects.exists()


def test_a_broken_credential_is_a_clear_failure(shop, user, settings):
    credential_set(repository=shop, username="bot", secret="t0psecret", actor=user)
    settings.FIELD_ENCRYPTION_KEYS = ["YW5vdGhlci1rZXktb2YtMzItYnl0ZXMtMDEyMzQ1Njc="]
    failed = scan(shop)
    assert (failed.state, failed.error_code) == ("failed", "secret_unreadable")


def test_what_is_not_queued_is_not_run(shop):
    wanted = scan_request(repository=shop, trigger="manual")
    scan_run(wanted.pk)
    assert not scan_run(wanted.pk)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (SandboxError("out_of_memory", "the evaluation needs more memory"), "out_of_memory"),
        (b"no report", "engine_failed"),
    ],
)
def test_an_engine_that_fails_says_so(shop, monkeypatch, answer, code):
    def result(_evaluation):
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr("plumbline.sandbox.Evaluation.result", result)
    failed = scan(shop)
    assert (failed.state, failed.error_code) == ("failed", code)
    assert failed.error_remedy


def test_while_the_database_is_away_a_scan_is_left_to_the_reconciler(shop, monkeypatch):
    def away(*_args, **_kwargs):
        raise OperationalError

    monkeypatch.setattr("apps.scans.pipeline.judge.scan_record", away)
    wanted = scan_request(repository=shop, trigger="manual")
    assert scan_run(wanted.pk)
    wanted.refresh_from_db()
    assert (wanted.state, wanted.error_code) == ("running", "")
