"""The pipeline on real git repositories, in this process; test_worker.py adds the real worker."""

from datetime import timedelta

import pytest

from django.utils import timezone

from apps.accounts.models import AuditEvent
from apps.accounts.services import team_create
from apps.findings.models import Finding, Judgement
from apps.repositories.models import CodeOwnership
from apps.repositories.selectors import team_suggestions
from apps.repositories.services import repository_register, team_suggestion_accept
from apps.scans.models import Outline, RuleResult, UnreadableFile
from apps.scans.pipeline import scan_run
from apps.scans.services import scan_request
from apps.scorecards.models import Snapshot
from core.exceptions import Invalid
from plumbline.sandbox import Casualty, Sandbox
from plumbline.version import rule_versions
from tests.apps.scans.running import scan
from tests.apps.source import SHOP, SHOP_BETTER, Source

WORSE = (
    "\n\nclass Parcel(models.Model):\n"
    '    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="parcel")\n'
)
WORSE_STILL = (
    "\n\nclass Stamp(models.Model):\n"
    '    parcel = models.ForeignKey(Parcel, on_delete=models.CASCADE, related_name="stamp")\n'
)
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("local_repositories_allowed", "own_mirrors"),
]


def test_a_scan_ends_with_score_results_findings_and_snapshot(shop, source):
    done = scan(shop)
    assert (done.state, done.phase, done.error_text) == ("done", "done", "")
    assert done.commit == source._git("rev-parse", "HEAD").strip()
    assert done.score is not None
    assert done.standing == "leaning"
    assert 0 < done.evaluated <= done.applicable
    assert done.files_read == done.files_total == done.files_done > 5
    phases = {"fetch", "list", "read", "extract", "evaluate", "lint", "sql", "record"}
    assert set(done.timings) == phases
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
    assert (finding.first_seen_scan, finding.first_seen_commit) == (done, done.commit)
    assert finding.last_seen_at is None


def test_a_push_that_repairs_changes_score_finding_and_trend(shop, source):
    before = scan(shop)
    source.push(SHOP_BETTER)
    after = scan(shop)
    assert after.score > before.score
    finding = Finding.objects.get(code="MOD08")
    assert (finding.state, finding.last_seen_commit) == ("fixed", before.commit)
    assert Snapshot.objects.filter(repository=shop).count() == 2


def test_while_somebody_waits_a_known_repository_is_fetched_without_asking_first(
    shop, source, monkeypatch
):
    first = scan(shop)
    monkeypatch.setattr("apps.repositories.git.mirror.remote_head", None)
    commit = source.push(SHOP_BETTER)
    second = scan(shop)
    assert (second.state, second.commit) == ("done", commit)
    assert second.score > first.score
    third = scan(shop)
    assert (third.same_as, third.commit) == (second, commit)


def test_a_nightly_scan_asks_first_and_fetches_nothing_where_nothing_changed(shop, monkeypatch):
    first = scan(shop)
    monkeypatch.setattr("apps.repositories.mirrors.Mirror.fetch", None)
    monkeypatch.setattr("apps.repositories.mirrors.Mirror.fetch_newest", None)
    wanted = scan_request(repository=shop, trigger="schedule")
    assert scan_run(wanted.pk)
    wanted.refresh_from_db()
    assert (wanted.state, wanted.same_as) == ("done", first)


def test_a_branch_that_is_gone_is_named_although_nobody_asked_first(source, user):
    source.push({}, branch="topic")
    repository = repository_register(url=source.url, branch="topic", actor=user)
    assert scan(repository).state == "done"
    source._git("push", "--quiet", "origin", ":topic")
    gone = scan(repository)
    assert (gone.state, gone.error_code) == ("failed", "branch_missing")


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


def test_a_renamed_app_keeps_its_findings(shop, source):
    scan(shop)
    before = dict(Finding.objects.filter(code="MOD08").values_list("pk", "state"))
    models = SHOP["apps/orders/models.py"]
    source.push(
        {
            "apps/orders/models.py": None,
            "apps/orders/__init__.py": None,
            "apps/sales/__init__.py": "",
            "apps/sales/models.py": models.replace("number", "order_number"),
            "config/settings.py": 'INSTALLED_APPS = ["apps.sales"]\nROOT_URLCONF = "config.urls"\n',
        }
    )
    scan(shop)
    assert dict(Finding.objects.filter(code="MOD08").values_list("pk", "state")) == before
    finding = Finding.objects.get(code="MOD08")
    assert finding.path == "apps/sales/models.py"
    assert finding.events.last().was["path"] == "apps/orders/models.py"
    assert set(finding.events.values_list("kind", flat=True)) == {"new", "moved"}


def test_who_pushed_one_commit_is_named_beside_what_came_with_it(shop, source):
    scan(shop)
    source.push({"apps/orders/models.py": SHOP["apps/orders/models.py"] + WORSE})
    scan(shop)
    known = Finding.objects.get(code="MOD08", symbol__endswith="Parcel.order")
    assert known.introduced_by == "Test"
    source.push({"README.md": "one\n"})
    source.push({"apps/orders/models.py": SHOP["apps/orders/models.py"] + WORSE + WORSE_STILL})
    scan(shop)
    unknown = Finding.objects.get(code="MOD08", symbol__endswith="Stamp.parcel")
    assert unknown.introduced_by == ""


def test_results_name_the_version_of_their_rule(shop):
    done = scan(shop)
    assert dict(done.results.values_list("code", "version")) == dict(rule_versions())


def test_the_same_commit_again_is_no_work(shop, source, monkeypatch):
    first = scan(shop)
    monkeypatch.setattr("apps.repositories.mirrors.Mirror.fetch", None)
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


def test_a_scan_counts_what_it_needed_and_what_of_it_was_unseen(shop, source):
    first = scan(shop).counts
    assert first["outlines_wanted"] == first["outlines_parsed"] > 5
    assert first["lints_wanted"] == first["lints_run"] > 3
    assert first["bytes_parsed"] > 500
    assert first["mirror_bytes"] >= first["bytes_fetched"] > 0
    source.push({"apps/orders/extra.py": "x = 1\n"})
    second = scan(shop).counts
    assert second == {
        "outlines_wanted": first["outlines_wanted"] + 1,
        "outlines_parsed": 1,
        "bytes_parsed": len("x = 1\n"),
        "lints_wanted": first["lints_wanted"] + 1,
        "lints_run": 1,
        "children_lost": 0,
        "mirror_bytes": second["mirror_bytes"],
        "bytes_fetched": second["bytes_fetched"],
    }
    # The stock of outlines, which the first scan put beside its copy, was not fetched.
    assert 0 < second["bytes_fetched"] < second["mirror_bytes"] - first["mirror_bytes"]


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


def test_a_suppression_that_has_ended_brings_its_finding_back_without_a_push(shop, source):
    tomorrow = timezone.now().date() + timedelta(days=1)
    models = SHOP["apps/orders/models.py"].replace(
        "    customer = models.ForeignKey(\n",
        f"    customer = models.ForeignKey(  # plumbline: ignore[MOD08] until={tomorrow} renamed next\n",
    )
    source.push({"apps/orders/models.py": models})
    first = scan(shop)
    assert first.valid_until == tomorrow
    assert scan(shop).same_as == first
    # As if two days had gone by: the first scan's verdict held until yesterday.
    yesterday = timezone.now().date() - timedelta(days=1)
    type(first).objects.update(valid_until=yesterday)
    again = scan(shop)
    assert (again.state, again.same_as, again.valid_until) == ("done", None, tomorrow)


def test_disabling_a_rule_in_the_repository_repairs_nothing(shop, source):
    scan(shop)
    disable = '[tool.plumbline.disable]\nMOD08 = "legacy names"\n'
    source.push({"pyproject.toml": SHOP["pyproject.toml"] + disable})
    done = scan(shop)
    assert RuleResult.objects.get(scan=done, code="MOD08").state == "not_evaluated"
    finding = Finding.objects.get(code="MOD08")
    assert finding.state == "removed_by_rule"
    assert finding.events.last().cause == "configuration"


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


def test_hostile_patterns_and_names_are_kept_as_what_a_reader_can_see(shop, source):
    exclude = '[tool.plumbline]\nexclude = ["a\\u0000b", "\\u202e"]\n'
    source.push(
        {
            "apps/\u202e/models.py": SHOP["apps/orders/models.py"],
            "apps/\x07broken.py": "def (:\n",
            "pyproject.toml": SHOP["pyproject.toml"] + exclude,
        }
    )
    assert scan(shop).state == "done"
    judgement = Judgement.objects.get(repository=shop)
    assert judgement.exclude == ["a\\x00b", "\\u202e"]
    assert judgement.unread == ["apps/\\u202e/models.py", "apps/\\x07broken.py"]


def test_the_copy_of_a_removed_repository_is_deleted(shop, monkeypatch):
    from apps.repositories.mirrors import mirror_store
    from apps.repositories.services import repository_delete
    from apps.repositories.tasks import mirror_forget

    sent = []
    monkeypatch.setattr(
        "apps.repositories.services.enqueue_on_commit", lambda *hint, queue: sent.append(hint)
    )
    scan(shop)
    copy = mirror_store().mirror(shop.pk).folder
    assert copy.exists()
    repository_id = shop.pk
    repository_delete(repository=shop)
    assert sent == [("repositories.mirror_forget", repository_id)]
    mirror_forget(repository_id)
    assert not copy.exists()


def test_the_outline_of_a_file_that_killed_its_child_is_not_kept(shop, monkeypatch):
    original = Sandbox.extract

    def extract(sandbox, files):
        for key, outline in original(sandbox, files):
            if key[1] == "toml":
                sandbox.casualties.append(Casualty(key, "killed"))
            yield key, outline

    monkeypatch.setattr(Sandbox, "extract", extract)
    done = scan(shop)
    assert (done.state, done.counts["children_lost"]) == ("done", 1)
    assert not Outline.objects.filter(kind="toml").exists()
    assert Outline.objects.filter(kind="python").exists()


def test_whom_codeowners_names_is_read_when_it_changes_and_suggests_a_team(
    shop, source, monkeypatch
):
    from apps.scans.pipeline import owning

    read = []
    parse = owning.owners_parse
    monkeypatch.setattr(owning, "owners_parse", lambda text: read.append(text) or parse(text))
    payments = team_create(name="Payments", handles=["shop/payments"])
    source.push({"docs/CODEOWNERS": "* @nobody\n", "CODEOWNERS": b"\xff\x00* @Shop/Payments\n"})
    scan(shop)
    known = CodeOwnership.objects.get(repository=shop)
    assert (known.path, known.owners) == ("CODEOWNERS", [["shop/payments", 1, False]])
    assert [item.team for item in team_suggestions(repository=shop)] == [payments]
    source.push({"README.md": "more"})
    scan(shop)
    assert len(read) == 1
    team_suggestion_accept(repository=shop, team=payments)
    shop.refresh_from_db()
    assert shop.team == payments
    assert AuditEvent.objects.filter(action="repository.team_accept").count() == 1
    (source.tree / "CODEOWNERS").unlink()
    (source.tree / "CODEOWNERS").symlink_to("/etc/passwd")
    source.push({"docs/CODEOWNERS": "x" * (300 << 10)})
    scan(shop)
    known.refresh_from_db()
    assert (known.path, known.owners) == ("docs/CODEOWNERS", [])
    with pytest.raises(Invalid):
        team_suggestion_accept(repository=shop, team=payments)
    source.push({"CODEOWNERS": None, "docs/CODEOWNERS": None})
    scan(shop)
    assert not CodeOwnership.objects.exists()
