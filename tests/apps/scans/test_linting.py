"""Ruff beside the verdict: cached by blob, one row a scan, and never the end of one."""

from datetime import timedelta

import pytest
from rest_framework.test import APIClient

from django.utils import timezone

from apps.scans.models import LintedBlob, LintReport
from apps.scans.selectors import lint_load, lint_of
from apps.scans.services import LintOutcome, lint_evict, lint_record, lint_store, lint_touch
from plumbline.linting.blobs import BlobLint, decode
from plumbline.linting.summary import summarise
from plumbline.sandbox import Casualty, Sandbox, SandboxError
from tests.apps.factories import ScanFactory
from tests.apps.scans.running import scan
from tests.apps.source import SHOP

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("local_repositories_allowed", "own_mirrors"),
]
PYTHON = sum(path.endswith(".py") for path in SHOP)


@pytest.fixture
def linted(monkeypatch):
    """How many blobs each scan gave to ruff."""
    counts = []
    lint = Sandbox.lint

    def counting(self, files, own_names):
        files = list(files)
        counts.append(len(files))
        return lint(self, files, own_names)

    monkeypatch.setattr(Sandbox, "lint", counting)
    return counts


def families(done):
    return {family.family: family for family in lint_of(done).result.families}


def test_a_scan_says_by_family_how_many_files_are_clean(shop):
    done = scan(shop)
    report = lint_of(done)
    assert (report.scan, report.problem) == (done, "")
    assert report.result.files == PYTHON
    assert report.result.ruff
    found = families(done)
    assert len(found) == 14
    assert (found["F"].files, found["F"].clean) == (PYTHON, PYTHON)
    assert [(row.code, row.count) for row in found["ANN"].codes] == [("ANN204", 2)]
    assert [file.path for file in found["ANN"].worst] == ["apps/orders/models.py"]
    assert found["D"].clean < found["D"].files


def test_a_push_lints_only_what_it_changed(shop, source, linted):
    scan(shop)
    # Two empty `__init__.py` are one blob in one role, three are no more.
    seen = LintedBlob.objects.count()
    assert linted == [seen]
    source.push({"apps/orders/models.py": "import os\n" + SHOP["apps/orders/models.py"]})
    done = scan(shop)
    assert linted == [seen, 1]
    assert families(done)["F"].clean == PYTHON - 1


def test_what_is_known_is_not_linted_again_but_counted(shop, source, linted):
    first = scan(shop)
    source.push({"README.md": "nothing to lint"})
    second = scan(shop)
    assert second.same_as is None
    assert len(linted) == 1
    assert lint_of(second).data == lint_of(first).data


def test_the_same_blob_in_another_role_is_linted_by_that_role_s_lights(shop, source, linted):
    scan(shop)
    source.push({"tests/test_models.py": SHOP["apps/orders/models.py"]})
    done = scan(shop)
    assert linted[1:] == [1]
    assert families(done)["ANN"].files == PYTHON  # nobody asks tests for annotations


def test_when_a_name_becomes_the_repository_s_own_its_importers_are_linted_again(
    shop, source, linted
):
    source.push({"a.py": '"""A."""\n\nimport django\nimport prices\n\nprint(django, prices)\n'})
    first = scan(shop)
    assert families(first)["I"].count == 0
    source.push({"prices/__init__.py": '"""Prices."""\n'})
    second = scan(shop)
    assert linted[1:] == [2]  # the new file and its importer
    assert [file.path for file in families(second)["I"].worst] == ["a.py"]


@pytest.fixture
def loaded(monkeypatch):
    """For how many blobs each scan asked the database."""
    counts = []

    def counting(*, linter, blobs):
        counts.append(len(blobs))
        return lint_load(linter=linter, blobs=blobs)

    monkeypatch.setattr("apps.scans.pipeline.linting.lint_load", counting)
    return counts


def lints(settings, shop):
    return settings.PLUMBLINE_VAR / "mirrors" / str(shop.pk) / "plumbline-lints"


def test_a_push_asks_the_database_only_for_what_it_changed(shop, source, loaded):
    first = scan(shop)
    source.push({"apps/orders/more.py": "import os\n"})
    scan(shop)
    assert loaded[1:] == [1]
    source.push({"apps/orders/more.py": None})
    assert lint_of(scan(shop)).data == lint_of(first).data
    assert loaded[2:] == [0]


def test_a_damaged_stock_of_results_is_read_from_the_database(shop, source, settings, loaded):
    scan(shop)
    content = bytearray(lints(settings, shop).read_bytes())
    content[-1] ^= 0xFF
    lints(settings, shop).write_bytes(content)
    source.push({"apps/orders/more.py": "import os\n"})
    assert families(scan(shop))["F"].count == 1
    assert loaded[1] == loaded[0] + 1
    assert lints(settings, shop).exists()


def test_results_that_lie_in_the_stock_are_noted_as_used_once_a_day(
    shop, source, loaded, monkeypatch
):
    scan(shop)
    LintedBlob.objects.update(last_used_on="2020-01-01")
    monkeypatch.setattr("apps.scans.pipeline.stocking.Stock.noted_on", "2020-01-01")
    source.push({"README.md": "another day"})
    scan(shop)
    assert loaded[1] == loaded[0]
    assert lint_evict() == 0


def test_a_result_that_does_not_hold_any_more_is_replaced_in_the_stock(shop, source, linted):
    source.push({"a.py": '"""A."""\n\nimport django\nimport prices\n\nprint(django, prices)\n'})
    scan(shop)
    source.push({"prices/__init__.py": '"""Prices."""\n'})
    scan(shop)
    source.push({"README.md": "once more"})
    scan(shop)
    assert linted[1:] == [2]


def test_a_repeat_shares_what_ruff_said(shop, linted):
    first = scan(shop)
    again = scan(shop)
    assert again.same_as == first
    assert lint_of(again) == lint_of(first)
    assert len(linted) == 1


def test_a_newer_ruff_looks_again_at_a_commit_that_is_judged_already(shop, monkeypatch):
    first = scan(shop)
    for module in ("judge", "linting"):
        monkeypatch.setattr(f"apps.scans.pipeline.{module}.linter_version", lambda: "newer")
    again = scan(shop)
    assert again.same_as == first
    assert LintReport.objects.get().linter == "newer"
    assert LintReport.objects.get().scan == first


@pytest.mark.parametrize(
    "error",
    [SandboxError("start_failed", "ruff is not installed"), OSError(28, "No space left on device")],
)
def test_a_ruff_that_cannot_be_run_fails_no_scan_and_is_tried_again(shop, monkeypatch, error):
    def broken(self, files, own_names):
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(Sandbox, "lint", broken)
        done = scan(shop)
    assert (done.state, done.error_text) == ("done", "")
    assert done.score is not None
    report = lint_of(done)
    assert report.problem.startswith("Ruff could not be run")
    assert report.result is None
    again = scan(shop)
    assert again.same_as == done
    assert lint_of(again).problem == ""
    assert lint_of(again).result.files == PYTHON


def test_a_file_that_kills_ruff_is_named_and_costs_nothing_the_next_time(shop, source, linted):
    source.push({"deep.py": "x = a" + "+a" * 100_000 + "\n"})
    done = scan(shop)
    assert [file.path for file in lint_of(done).result.not_linted] == ["deep.py"]
    assert lint_of(done).result.files == PYTHON
    source.push({"README.md": "x"})
    scan(shop)
    assert len(linted) == 1


def test_what_may_pass_is_not_kept(shop, monkeypatch):
    def unlucky(self, files, own_names):
        for key, _, _ in files:
            self.casualties.append(Casualty(key, "ruff was killed"))
            yield key, BlobLint({}, {}, "ruff was killed")

    monkeypatch.setattr(Sandbox, "lint", unlucky)
    done = scan(shop)
    assert lint_of(done).result.unlinted == PYTHON
    assert not LintedBlob.objects.exists()


def test_results_are_loaded_in_few_queries_and_evicted_when_nobody_needs_them(
    django_assert_max_num_queries,
):
    results = [(f"{number:040x}", "source", b"\x81") for number in range(5000)]
    lint_store(linter="v1", results=results)
    with django_assert_max_num_queries(3):
        rows = lint_load(linter="v1", blobs=[blob for blob, _, _ in results])
    assert len(rows) == 5000
    assert lint_load(linter="v2", blobs=[results[0][0]]) == []
    today = timezone.localdate()
    LintedBlob.objects.update(last_used_on=today - timedelta(days=61))
    lint_touch(ids=[rows[0].pk], today=today)
    assert lint_evict() == 4999


def test_a_newer_result_replaces_an_older_one():
    for encoded in (b"old", b"new"):
        lint_store(linter="v1", results=[("a" * 40, "source", encoded)])
    (row,) = lint_load(linter="v1", blobs=["a" * 40])
    assert bytes(row.data) == b"new"


def test_a_result_is_small(shop):
    scan(shop)
    for row in LintedBlob.objects.all():
        assert decode(bytes(row.data)).reason == ""
        assert len(row.data) < 200


def test_a_problem_does_not_replace_an_earlier_result():
    done = ScanFactory(finished=True)
    lint = summarise([("a.py", "source", BlobLint({"F401": 1}))], ruff="1")
    lint_record(scan=done, outcome=LintOutcome("v1", lint))
    lint_record(scan=done, outcome=LintOutcome("v2", None, "no memory"))
    report = lint_of(done)
    assert (report.linter, report.problem, report.result) == ("v1", "", lint)


def test_the_api_gives_families_codes_and_files(shop, user):
    client = APIClient()
    client.force_authenticate(user)
    url = f"/api/v1/repositories/{shop.slug}/lint/"
    assert client.get(url).json()["code"] == "no_scan"
    done = scan(shop)
    body = client.get(url).json()
    assert (body["commit"], body["problem"], body["files"]) == (done.commit, "", PYTHON)
    family = next(row for row in body["families"] if row["family"] == "ANN")
    assert family["title"] == "flake8-annotations"
    assert family["share"] == (PYTHON - 1) / PYTHON
    assert family["codes"] == [
        {
            "code": "ANN204",
            "title": "Missing return type special method",
            "count": 2,
            "files": 1,
        }
    ]
    assert family["worst"] == [{"path": "apps/orders/models.py", "count": 2}]
    assert client.get(f"/api/v1/scans/{done.public_id}/lint/").json() == body


def test_the_api_says_when_ruff_said_nothing(shop, user):
    client = APIClient()
    client.force_authenticate(user)
    done = scan(shop)
    LintReport.objects.update(data={}, problem="Ruff could not be run: no memory.")
    body = client.get(f"/api/v1/scans/{done.public_id}/lint/").json()
    assert body["problem"] == "Ruff could not be run: no memory."
    assert (body["families"], body["files"], body["ruff"]) == ([], 0, "")
    LintReport.objects.all().delete()
    response = client.get(f"/api/v1/scans/{done.public_id}/lint/")
    assert (response.status_code, response.json()["code"]) == (404, "no_lint")


def test_what_ruff_said_is_for_whoever_signs_in(shop):
    done = scan(shop)
    assert APIClient().get(f"/api/v1/scans/{done.public_id}/lint/").status_code == 401
