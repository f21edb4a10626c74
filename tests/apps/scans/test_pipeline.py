"""The pipeline on real git repositories, in this process; test_worker.py adds the real worker."""

import pytest

from django.db import OperationalError

from apps.findings.models import Finding
from apps.repositories.services import credential_set, repository_register, repository_update
from apps.scans.models import Outline, RuleResult, Scan, ScanState, UnreadableFile
from apps.scans.pipeline import scan_run
from apps.scans.services import scan_request
from apps.scorecards.models import Snapshot
from plumbline.sandbox import Casualty, Sandbox, SandboxError
from tests.apps.source import SHOP, SHOP_BETTER, Source

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("local_repositories_allowed")]


@pytest.fixture(autouse=True)
def _own_mirrors(settings, tmp_path):
    settings.PLUMBLINE_VAR = tmp_path / "var"


@pytest.fixture
def shop(source, user):
    return repository_register(url=source.url, actor=user)


def scan(repository, ref: str = "") -> Scan:
    """Ask for a scan, run it, and give how it ended."""
    wanted = scan_request(repository=repository, trigger="manual", ref=ref)
    assert scan_run(wanted.pk)
    wanted.refresh_from_db()
    return wanted


def test_a_scan_ends_with_score_results_findings_and_snapshot(shop, source):
    done = scan(shop)
    assert (done.state, done.phase, done.error_text) == ("done", "done", "")
    assert done.commit == source._git("rev-parse", "HEAD").strip()
    assert done.score is not None
    assert done.standing == "off"
    assert 0 < done.evaluated <= done.applicable
    assert done.files_read == done.files_total == done.files_done > 5
    assert set(done.timings) == {"fetch", "list", "read", "extract", "evaluate", "record"}
    result = RuleResult.objects.get(scan=done, code="MOD08")
    assert (result.state, result.subjects, result.violations) == ("fail", 1, 1)
    snapshot = Snapshot.objects.get(scan=done)
    assert (snapshot.score, snapshot.must_open) == (
        done.score,
        Finding.objects.filter(state="open", level="MUST", preview=False).count(),
    )


def test_a_finding_carries_the_code_around_it(shop):
    done = scan(shop)
    finding = Finding.objects.get(repository=shop, code="MOD08")
    lines = finding.snippet.split("\n")
    assert finding.path == "apps/orders/models.py"
    assert 'related_name="order"' in finding.snippet
    source_lines = SHOP["apps/orders/models.py"].split("\n")
    assert lines[0] == source_lines[finding.snippet_start - 1]
    assert finding.snippet_start == finding.line - 3
    assert (finding.first_seen_scan, finding.last_seen_scan) == (done, done)


def test_a_push_that_repairs_changes_score_finding_and_trend(shop, source):
    before = scan(shop)
    source.push(SHOP_BETTER)
    after = scan(shop)
    assert after.score > before.score
    finding = Finding.objects.get(code="MOD08")
    assert (finding.state, finding.last_seen_scan) == ("fixed", before)
    assert Snapshot.objects.filter(repository=shop).count() == 2


def test_what_comes_back_is_reopened_and_keeps_its_beginning(shop, source):
    first = scan(shop)
    source.push(SHOP_BETTER)
    scan(shop)
    source.push({"apps/orders/models.py": "\n" + SHOP["apps/orders/models.py"]})
    scan(shop)
    finding = Finding.objects.get(code="MOD08")
    assert (finding.state, finding.first_seen_scan) == ("open", first)
    assert finding.reopened_at
    assert finding.fixed_at is None


def test_the_same_commit_again_is_no_work(shop, source, monkeypatch):
    first = scan(shop)
    monkeypatch.setattr("apps.scans.pipeline.judge.Mirror.fetch", None)
    again = scan(shop)
    assert (again.state, again.same_as, again.score) == ("done", first, first.score)
    assert Snapshot.objects.count() == 1
    assert not RuleResult.objects.filter(scan=again).exists()


def test_a_revert_moves_findings_and_trend_back(shop, source):
    first = scan(shop)
    source.push(SHOP_BETTER)
    scan(shop)
    source._git("reset", "--quiet", "--hard", first.commit)
    source._git("push", "--quiet", "--force", "origin", "main")
    back = scan(shop)
    assert (back.commit, back.same_as, back.score) == (first.commit, first, first.score)
    assert Finding.objects.get(code="MOD08").state == "open"
    assert Snapshot.objects.count() == 3


def test_a_second_scan_reads_only_what_changed(shop, source):
    scan(shop)
    known = set(Outline.objects.values_list("blob", flat=True))
    source.push({"apps/orders/extra.py": "x = 1\n"})
    scan(shop)
    assert len(set(Outline.objects.values_list("blob", flat=True)) - known) == 1


def test_outlines_are_shared_between_repositories(shop, source, user, tmp_path):
    scan(shop)
    known = Outline.objects.count()
    other = Source(tmp_path / "other")
    other.push(SHOP)
    scan(repository_register(url=other.url, actor=user))
    assert Outline.objects.count() == known


def test_another_branch_leaves_findings_and_trend_alone(shop, source):
    scan(shop)
    source.push(SHOP_BETTER, branch="feature/plural")
    feature = scan(shop, ref="feature/plural")
    assert feature.state == "done"
    assert RuleResult.objects.get(scan=feature, code="MOD08").state == "pass"
    assert Finding.objects.get(code="MOD08").state == "open"
    assert Snapshot.objects.count() == 1


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


def test_a_repository_without_django_is_judged_empty_with_the_reason(user, tmp_path):
    library = Source(tmp_path / "library")
    library.push({"pyproject.toml": '[project]\nname = "x"\n', "x.py": "print(1)\n"})
    done = scan(repository_register(url=library.url, actor=user))
    assert (done.state, done.empty, done.score, done.standing) == ("done", True, None, "")
    assert "No Django" in done.empty_reason
    assert Snapshot.objects.get(scan=done).score is None


def test_a_commit_without_files_is_judged_empty(user, tmp_path):
    bare = Source(tmp_path / "bare")
    bare.push({})
    done = scan(repository_register(url=bare.url, actor=user))
    assert (done.state, done.empty) == ("done", True)
    assert "no file" in done.empty_reason


def test_a_removed_remote_fails_with_a_remedy(shop, source):
    source.bare.rename(source.bare.with_name("moved.git"))
    failed = scan(shop)
    assert (failed.state, failed.error_code) == ("failed", "repository_not_found")
    assert failed.error_remedy


def test_a_local_path_is_not_read_by_a_worker_that_may_not(shop, settings):
    settings.PLUMBLINE_ALLOW_LOCAL_REPOSITORIES = False
    failed = scan(shop)
    assert (failed.state, failed.error_code) == ("failed", "local_path_refused")


def test_an_unreadable_file_is_named_and_the_scan_goes_on(shop, source):
    source.push({"apps/orders/broken.py": "def (:\n", "apps/orders/huge.py": "#" * (2 << 20)})
    done = scan(shop)
    assert done.state == "done"
    reasons = dict(UnreadableFile.objects.filter(scan=done).values_list("path", "reason"))
    assert set(reasons) == {"apps/orders/broken.py", "apps/orders/huge.py"}
    assert "too large" in reasons["apps/orders/huge.py"]


def test_a_file_that_cannot_be_read_any_more_repairs_nothing(shop, source):
    scan(shop)
    source.push({"apps/orders/models.py": "class (:\n"})
    scan(shop)
    assert Finding.objects.get(code="MOD08").state == "open"


def test_a_suppressed_finding_is_kept_with_its_reason(shop, source):
    models = SHOP["apps/orders/models.py"].replace(
        "    customer = models.ForeignKey(\n",
        "    customer = models.ForeignKey(  # plumbline: ignore[MOD08] public API\n",
    )
    source.push({"apps/orders/models.py": models})
    scan(shop)
    finding = Finding.objects.get(code="MOD08")
    assert (finding.state, finding.suppressed_reason) == ("suppressed", "public API")


def test_disabling_a_rule_in_the_repository_repairs_nothing(shop, source):
    scan(shop)
    disable = '[tool.plumbline.disable]\nMOD08 = "legacy names"\n'
    source.push({"pyproject.toml": SHOP["pyproject.toml"] + disable})
    done = scan(shop)
    assert RuleResult.objects.get(scan=done, code="MOD08").state == "not_evaluated"
    finding = Finding.objects.get(code="MOD08")
    assert finding.state == "suppressed"
    assert "legacy names" in finding.suppressed_reason


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


def test_hostile_names_and_text_are_stored(shop, source):
    source.push({"apps/orders/\u202eevil.py": "from django.db import models\n"})
    source.push(
        {
            "apps/orders/more.py": (
                "from django.db import models\n\n\nclass Thing(models.Model):\n"
                "    # \u202e \x1b[31m\n"
                '    owner = models.ForeignKey("orders.Customer", models.CASCADE, '
                'related_name="thing")\n'
            )
        }
    )
    done = scan(shop)
    assert done.state == "done"
    snippet = Finding.objects.get(code="MOD08", path="apps/orders/more.py").snippet
    assert "\\u202e \\x1b[31m" in snippet


def test_the_copy_of_a_removed_repository_is_deleted(shop, monkeypatch):
    from apps.repositories.mirrors import mirror_of
    from apps.repositories.services import repository_delete
    from apps.repositories.tasks import mirror_forget

    sent = []
    monkeypatch.setattr(
        "apps.repositories.services.enqueue_on_commit", lambda *hint, queue: sent.append(hint)
    )
    scan(shop)
    copy = mirror_of(shop.pk).folder
    assert copy.exists()
    repository_id = shop.pk
    repository_delete(repository=shop)
    assert sent == [("repositories.mirror_forget", repository_id)]
    mirror_forget(repository_id)
    assert not copy.exists()


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (SandboxError("out_of_memory", "the evaluation needs more memory"), "out_of_memory"),
        (b"no report", "engine_failed"),
    ],
)
def test_an_engine_that_fails_says_so(shop, monkeypatch, answer, code):
    def evaluate(_sandbox, _job):
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr("plumbline.sandbox.Sandbox.evaluate", evaluate)
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


def test_the_outline_of_a_file_that_killed_its_child_is_not_kept(shop, monkeypatch):
    original = Sandbox.extract

    def extract(sandbox, files):
        for key, outline in original(sandbox, files):
            if key[1] == "toml":
                sandbox.casualties.append(Casualty(key, "killed"))
            yield key, outline

    monkeypatch.setattr(Sandbox, "extract", extract)
    assert scan(shop).state == "done"
    assert not Outline.objects.filter(kind="toml").exists()
    assert Outline.objects.filter(kind="python").exists()
