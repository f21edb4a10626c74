"""``check --fix`` and ``--show-fixes`` as a shell runs them."""

import json
import os
import stat
import subprocess
import sys

import pytest

MODELS = """\
from django.db import models


class Order(models.Model):
    number = models.IntegerField()

    def save(self, **kwargs):
        super().save(**kwargs)

    # how it reads
    def __str__(self):
        return str(self.number)

    class Meta:
        ordering = ["number"]
"""
FIXED = """\
from django.db import models


class Order(models.Model):
    number = models.IntegerField()

    class Meta:
        ordering = ["number"]

    # how it reads
    def __str__(self):
        return str(self.number)

    def save(self, **kwargs):
        super().save(**kwargs)
"""
PROJECT = """\
[project]
name = "shop"
dependencies = ["django"]

[tool.ruff.lint]
select = ["E"]  # a start
"""


@pytest.fixture
def shop(tmp_path):
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/models.py").write_text(MODELS)
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    return tmp_path


def plumbline(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "plumbline", "check", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
    )


def git(folder, *arguments):
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
    done = subprocess.run(
        ["git", *identity, "-C", folder, *arguments], check=True, capture_output=True, text=True
    )
    return done.stdout


@pytest.fixture
def repository(shop):
    git(shop, "init", "-q", "-b", "main")
    git(shop, "add", "-A")
    git(shop, "commit", "-qm", "one")
    return shop


def test_safe_fixes_are_written_round_by_round_and_the_rest_is_reported(shop):
    done = plumbline(shop, "--select", "MOD05", "--fix")
    assert (shop / "shop/models.py").read_text() == FIXED
    assert done.returncode == 0, done.stdout
    assert "fixed 2 findings in 1 file" in done.stderr
    assert "[fix]" not in done.stdout
    assert "1 in order" in done.stdout


def test_what_is_left_decides_the_exit_status(shop):
    done = plumbline(shop, "--select", "RUF02", "--fix")
    assert done.returncode == 1
    assert "fixed 0 findings" in done.stderr
    assert "[unsafe fix]" in done.stdout
    assert (shop / "pyproject.toml").read_text() == PROJECT


def test_unsafe_fixes_are_written_only_when_asked_for(shop):
    done = plumbline(shop, "--select", "RUF02", "--fix", "--unsafe-fixes")
    assert done.returncode == 0, done.stdout
    assert '"RUF", "DJ"]  # a start\n' in (shop / "pyproject.toml").read_text()


def test_only_selected_rules_are_fixed(shop):
    plumbline(shop, "--select", "RUF01", "--fix")
    assert (shop / "shop/models.py").read_text() == MODELS
    assert 'select = ["E", "DJ"]  # a start' in (shop / "pyproject.toml").read_text()


def test_a_suppressed_finding_is_not_fixed(shop):
    marked = MODELS.replace(
        "class Meta:", "class Meta:  # plumbline: ignore[MOD05] kept for the diff"
    ).replace("__str__(self):", "__str__(self):  # plumbline: ignore[MOD05] kept for the diff")
    (shop / "shop/models.py").write_text(marked)
    plumbline(shop, "--select", "MOD05", "--fix")
    assert (shop / "shop/models.py").read_text() == marked


def test_shown_fixes_are_a_diff_that_git_applies(repository):
    done = plumbline(repository, "--select", "MOD05", "--show-fixes")
    assert done.returncode == 1
    assert "would fix 2 findings in 1 file" in done.stderr
    assert (repository / "shop/models.py").read_text() == MODELS
    subprocess.run(
        ["git", "-C", repository, "apply", "-"], input=done.stdout, text=True, check=True
    )
    assert (repository / "shop/models.py").read_text() == FIXED


def test_as_json_each_finding_has_a_verified_patch_of_its_own(shop):
    done = plumbline(shop, "--select", "MOD05,RUF01", "--show-fixes", "--format", "json")
    report = json.loads(done.stdout)
    assert {finding["fix"] for finding in report["findings"]} == {"safe"}
    patches = {patch["fingerprint"]: patch for patch in report["patches"]}
    assert patches.keys() == {finding["fingerprint"] for finding in report["findings"]}
    assert all(patch["is_verified"] for patch in patches.values())
    assert all("\n+++ b/" in patch["diff"] for patch in patches.values())
    assert "fixes" not in report


def test_a_report_without_fixes_asked_for_carries_none(shop):
    report = json.loads(plumbline(shop, "--format", "json").stdout)
    assert "patches" not in report
    assert "fixes" not in report


def test_text_says_what_can_be_fixed_and_how(shop):
    done = plumbline(shop, "--select", "MOD05,RUF02")
    assert "move it above [fix]" in done.stdout
    assert (
        "can be fixed: 2 findings with --fix, 13 findings with --fix --unsafe-fixes" in done.stdout
    )


def test_a_bare_repository_is_shown_but_not_written(repository, tmp_path):
    git(repository, "clone", "-q", "--bare", ".", str(tmp_path / "bare.git"))
    done = plumbline(tmp_path / "bare.git", "--fix")
    assert done.returncode == 2
    assert "bare repository" in done.stderr
    assert done.stdout == ""
    shown = plumbline(tmp_path / "bare.git", "--select", "MOD05", "--show-fixes")
    assert "+++ b/shop/models.py" in shown.stdout


def test_with_a_base_only_new_findings_are_fixed(repository):
    second = MODELS.partition("\n\n\n")[2].replace("Order", "Invoice")
    (repository / "shop/models.py").write_text(f"{MODELS}\n\n{second}")
    plumbline(repository, "--select", "MOD05", "--fix", "--diff", "HEAD")
    expected = FIXED.partition("\n\n\n")[2].replace("Order", "Invoice")
    assert (repository / "shop/models.py").read_text() == f"{MODELS}\n\n{expected}"


def test_modes_survive_and_no_draft_is_left(shop):
    file = shop / "shop/models.py"
    file.chmod(0o750)
    plumbline(shop, "--select", "MOD05", "--fix")
    assert stat.S_IMODE(file.stat().st_mode) == 0o750
    assert os.listdir(shop / "shop") == ["models.py"]


def test_no_symbolic_link_is_followed(shop, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside")
    (outside / "models.py").write_text(MODELS)
    (shop / "linked").symlink_to(outside)
    (shop / "shop/models.py").unlink()
    (shop / "shop/models.py").symlink_to(outside / "models.py")
    plumbline(shop, "--select", "MOD05", "--fix")
    assert (outside / "models.py").read_text() == MODELS
    assert (shop / "shop/models.py").is_symlink()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--unsafe-fixes",), "goes with --fix"),
        (("--fix", "--show-fixes"), "not allowed"),
        (("--show-fixes", "--format", "sarif"), "text or JSON"),
    ],
)
def test_options_that_make_no_sense_are_refused(shop, options, words):
    done = plumbline(shop, *options)
    assert done.returncode == 2
    assert words in done.stderr
