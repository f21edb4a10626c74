"""Migrations beside the verdict: linted once for each set of them, and never the end of a scan."""

from datetime import timedelta

import pytest
from rest_framework.test import APIClient

from django.utils import timezone

from apps.findings.migration_sql.confined import MigrationsNotLinted, confined_lint
from apps.scans.models import MigrationLint, MigrationReport, MigrationState
from apps.scans.pipeline import migrating
from apps.scans.selectors import migrations_of
from apps.scans.services import (
    MigrationOutcome,
    migration_lint_store,
    migration_lints_evict,
    migrations_record,
)
from tests.apps.factories import ScanFactory
from tests.apps.scans.running import scan

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("local_repositories_allowed", "own_mirrors"),
]
HEAD = "from django.db import migrations, models\n\n\nclass Migration(migrations.Migration):\n"
SETTINGS = (
    'INSTALLED_APPS = ["apps.orders"]\nROOT_URLCONF = "config.urls"\n'
    'DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql"}}\n'
)
FIRST = (
    HEAD + "    initial = True\n    operations = [\n"
    '        migrations.CreateModel("Order", [\n'
    '            ("id", models.BigAutoField(primary_key=True)),\n'
    '            ("number", models.IntegerField()),\n'
    "        ]),\n    ]\n"
)
SECOND = (
    HEAD + '    dependencies = [("orders", "0001_initial")]\n    operations = [\n'
    '        migrations.AlterField("order", "number", models.BigIntegerField()),\n'
    '        migrations.AlterField("order", "number", Odd()),\n    ]\n'
)
FOLDER = "apps/orders/migrations"
PATH = f"{FOLDER}/0002_wider.py"


@pytest.fixture
def migrated(shop, source):
    """A shop on PostgreSQL with two migrations."""
    source.push(
        {
            "config/settings.py": SETTINGS,
            f"{FOLDER}/__init__.py": "",
            f"{FOLDER}/0001_initial.py": FIRST,
            PATH: SECOND,
        }
    )
    return shop


@pytest.fixture
def made(monkeypatch):
    """How many parts each set of migrations had of which SQL was made."""
    sizes = []

    def counting(parts, *others):
        sizes.append(len(parts.digests))
        return confined_lint(parts, *others)

    monkeypatch.setattr(migrating, "confined_lint", counting)
    return sizes


def test_a_scan_says_what_squawk_finds_and_what_is_opaque(migrated):
    done = scan(migrated)
    report = migrations_of(done)
    assert (report.scan, report.state, report.reason) == (done, "linted", "")
    found = report.result
    assert (found.migrations, found.linted, found.rebuilt, found.opaque) == (2, 1, 2, 1)
    assert [(row.rule, row.count) for row in found.rules] == [("changing-column-type", 1)]
    (finding,) = found.findings
    assert (finding.path, finding.line, finding.operation) == (PATH, 7, "AlterField")
    assert [row.path for row in found.worst] == [PATH]
    assert [(row.count, row.kinds) for row in found.reasons] == [(1, ["AlterField"])]
    assert "Odd" in found.reasons[0].reason
    assert "sql" in done.timings


def test_a_push_that_touches_no_migration_makes_nothing(migrated, source, made):
    first = scan(migrated)
    assert len(made) == 1
    source.push(
        {"README.md": "new", "apps/orders/views.py": "x = 1\n", "aaa/__init__.py": "", "zzz.py": ""}
    )
    second = scan(migrated)
    assert second.same_as is None
    assert len(made) == 1
    assert migrations_of(second).lint == migrations_of(first).lint
    assert MigrationLint.objects.count() == 1
    assert MigrationReport.objects.count() == 2


@pytest.mark.parametrize(
    "change",
    [
        {
            PATH: SECOND.replace("0001_initial", "0001_initial").replace(
                "Odd()", "models.TextField()"
            )
        },
        {f"{FOLDER}/0003_more.py": SECOND.replace("0001_initial", "0002_wider")},
        {PATH: None},
    ],
)
def test_a_push_that_touches_a_migration_makes_its_sql_again(migrated, source, made, change):
    scan(migrated)
    source.push(change)
    scan(migrated)
    assert len(made) == 2


def test_the_user_model_decides_with_the_migrations(migrated, source, made):
    text = SECOND.replace("Odd()", "models.ForeignKey(settings.AUTH_USER_MODEL)")
    source.push({PATH: "from django.conf import settings\n" + text})
    scan(migrated)
    source.push({"config/settings.py": SETTINGS + 'AUTH_USER_MODEL = "people.Person"\n'})
    scan(migrated)
    assert len(made) == 2


def test_a_repeat_shares_what_was_found(migrated, made):
    first = scan(migrated)
    again = scan(migrated)
    assert again.same_as == first
    assert migrations_of(again) == migrations_of(first)
    assert len(made) == 1


def test_a_newer_squawk_looks_again_at_a_commit_that_is_judged_already(migrated, made, monkeypatch):
    first = scan(migrated)
    monkeypatch.setattr("apps.scans.pipeline.judge.checker_version", lambda: "newer")
    monkeypatch.setattr(migrating, "checker_version", lambda: "newer")
    monkeypatch.setattr(migrating, "scripts_digest", lambda scripts: "newer")
    again = scan(migrated)
    assert again.same_as == first
    assert len(made) == 2
    report = MigrationReport.objects.get()
    assert (report.scan, report.checker, report.lint.digest) == (first, "newer", "newer")


def test_a_repository_on_another_database_is_not_asked(migrated, source, made):
    source.push({"config/settings.py": SETTINGS.replace("postgresql", "sqlite3")})
    done = scan(migrated)
    assert migrations_of(done).state == MigrationState.OTHER
    assert made == []


def test_a_repository_without_migrations_is_not_asked(shop, source, made):
    source.push({"config/settings.py": SETTINGS})
    assert migrations_of(scan(shop)).state == MigrationState.NONE
    assert made == []


def test_a_failure_that_may_pass_fails_no_scan_and_is_tried_again(migrated, monkeypatch):
    def broken(*_):
        raise MigrationsNotLinted("Squawk could not be started")

    with monkeypatch.context() as patch:
        patch.setattr(migrating, "confined_lint", broken)
        done = scan(migrated)
    assert (done.state, done.error_text) == ("done", "")
    assert done.score is not None
    report = migrations_of(done)
    assert (report.state, report.reason) == ("failed", "Squawk could not be started.")
    assert not MigrationLint.objects.exists()
    again = scan(migrated)
    assert again.same_as == done
    assert migrations_of(again).state == "linted"


def test_a_failure_that_lasts_is_kept_with_the_migrations(migrated, source, monkeypatch):
    tried = []

    def hopeless(parts, *_):
        tried.append(parts)
        raise MigrationsNotLinted("It takes too long", lasting=True)

    monkeypatch.setattr(migrating, "confined_lint", hopeless)
    first = scan(migrated)
    assert migrations_of(first).reason == "It takes too long."
    source.push({"README.md": "x"})
    second = scan(migrated)
    report = migrations_of(second)
    assert (report.state, report.reason, report.result) == ("failed", "It takes too long.", None)
    assert scan(migrated).same_as == second
    assert len(tried) == 1


def test_migrations_that_hold_names_of_names_without_end_fail_nothing(migrated, source):
    names = "\n".join(f"a{n} = [a{n + 1}, a{n + 1}, a{n + 1}, a{n + 1}]" for n in range(38))
    text = SECOND.replace("Odd()", "models.CharField(choices=a0)")
    source.push({PATH: names + "\na38 = ['x' * 3]\n" + text})
    done = scan(migrated)
    assert done.state == "done"
    assert migrations_of(done).state == "linted"


def test_a_problem_does_not_replace_an_earlier_result():
    done = ScanFactory(finished=True)
    lint = migration_lint_store(digest="a", summary=None, problem="none")
    migrations_record(scan=done, outcome=MigrationOutcome("v1", MigrationState.LINTED, lint))
    failed = MigrationOutcome("v2", MigrationState.FAILED, problem="no memory")
    migrations_record(scan=done, outcome=failed)
    report = migrations_of(done)
    assert (report.checker, report.state, report.reason) == ("v1", "failed", "none")


def test_a_result_that_no_scan_shows_is_forgotten():
    long_ago = timezone.localdate() - timedelta(days=61)
    done = ScanFactory(finished=True)
    for digest in ("shown", "idle", "new"):
        lint = migration_lint_store(digest=digest, summary=None)
        if digest != "new":
            MigrationLint.objects.filter(pk=lint.pk).update(last_used_on=long_ago)
        if digest == "shown":
            outcome = MigrationOutcome("v1", MigrationState.LINTED, lint)
            migrations_record(scan=done, outcome=outcome)
    assert migration_lints_evict() == 1
    assert set(MigrationLint.objects.values_list("digest", flat=True)) == {"shown", "new"}


def test_the_api_gives_rules_findings_and_reasons(migrated, user):
    client = APIClient()
    client.force_authenticate(user)
    url = f"/api/v1/repositories/{migrated.slug}/migrations/"
    assert client.get(url).json()["code"] == "no_scan"
    done = scan(migrated)
    body = client.get(url).json()
    assert (body["commit"], body["state"], body["problem"]) == (done.commit, "linted", "")
    assert (body["migrations"], body["linted"], body["rebuilt"], body["opaque"]) == (2, 1, 2, 1)
    assert body["rules"] == [{"rule": "changing-column-type", "count": 1, "migrations": 1}]
    assert body["findings"][0]["path"] == PATH
    assert body["worst"] == [{"path": PATH, "count": 1}]
    assert body["reasons"][0]["kinds"] == ["AlterField"]
    assert client.get(f"/api/v1/scans/{done.public_id}/migrations/").json() == body


def test_the_api_says_when_there_is_nothing(shop, user):
    client = APIClient()
    client.force_authenticate(user)
    done = scan(shop)
    url = f"/api/v1/scans/{done.public_id}/migrations/"
    body = client.get(url).json()
    assert (body["state"], body["findings"], body["squawk"]) == ("other", [], "")
    assert APIClient().get(url).status_code == 401
    MigrationReport.objects.all().delete()
    assert client.get(url).json()["code"] == "no_lint"
