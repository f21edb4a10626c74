"""The command as a shell runs it: exit statuses, formats, what it reads."""

import json
import os
import subprocess
import sys

import pytest

MODELS = """\
from django.db import models


class Order(models.Model):
    user = models.ForeignKey("auth.User", models.CASCADE, related_name="order")

    def __str__(self):
        return "order"
"""
PROJECT = '[project]\nname = "shop"\ndependencies = ["django"]\n'


@pytest.fixture
def shop(tmp_path):
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/models.py").write_text(MODELS)
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    return tmp_path


def plumbline(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "plumbline", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | environment,
    )


def git(folder, *arguments):
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
    done = subprocess.run(
        ["git", *identity, "-C", folder, *arguments], check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture
def repository(shop):
    git(shop, "init", "-q", "-b", "main")
    git(shop, "add", "-A")
    git(shop, "commit", "-qm", "one")
    return shop


def check_json(*arguments):
    done = plumbline("check", *arguments, "--format", "json")
    assert done.returncode in (0, 1), done.stderr
    return done.returncode, json.loads(done.stdout)


def test_a_violated_must_is_exit_status_one_and_one_json_object(shop):
    status, report = check_json(shop, "--select", "MOD08")
    assert status == 1
    assert {
        "schema",
        "engine",
        "ruleset",
        "path",
        "commit",
        "score",
        "standing",
        "evaluated",
        "applicable",
    } <= set(report)
    assert report["schema"] == 1
    assert report["ruleset"].startswith("sha256:")
    assert report["commit"] is None
    assert report["standing"] == "off"
    assert report["files"] == {"read": 2, "excluded": 0, "unreadable": []}
    assert set(report["timings"]) == {"read", "extract", "evaluate", "total"}
    (rule,) = report["rules"]
    assert {
        "code": "MOD08",
        "statement": "MOD-08",
        "level": "MUST",
        "preview": False,
        "state": "fail",
    }.items() <= rule.items()
    assert (rule["subjects"], rule["violations"]) == (1, 1)
    (finding,) = report["findings"]
    assert (finding["path"], finding["line"], finding["column"]) == ("shop/models.py", 5, 5)
    assert finding["symbol"] == "shop.models.Order.user"
    assert finding["suppressed"] is None


def test_no_violated_must_is_exit_status_zero(shop):
    (shop / "shop/models.py").write_text(MODELS.replace('"order")', '"orders")'))
    status, report = check_json(shop, "--select", "MOD08")
    assert (status, report["standing"], report["score"]) == (0, "plumb", 100.0)


def test_a_suppressed_violation_does_not_fail_the_command(shop):
    marked = MODELS.replace(
        '"order")', '"order")  # plumbline: ignore[MOD08] public API since 2019'
    )
    (shop / "shop/models.py").write_text(marked)
    status, report = check_json(shop, "--select", "MOD08")
    assert status == 0
    assert report["findings"][0]["suppressed"] == "public API since 2019"
    assert report["rules"][0]["state"] == "waived"


@pytest.mark.parametrize(
    ("path", "words"),
    [("nowhere", "does not exist"), ("pyproject.toml", "not a folder"), ("empty", "holds no file")],
)
def test_a_path_that_cannot_be_judged_is_exit_status_two_with_a_message(shop, path, words):
    (shop / "empty").mkdir()
    done = plumbline("check", shop / path)
    assert done.returncode == 2
    assert words in done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


def test_a_folder_without_django_is_judged_as_such(tmp_path):
    (tmp_path / "a.py").write_text("x = 1\n")
    status, report = check_json(tmp_path)
    assert (status, report["score"], report["standing"]) == (0, None, None)
    assert {rule["state"] for rule in report["rules"]} == {"not_applicable"}


def test_an_unknown_code_is_refused(shop):
    done = plumbline("check", shop, "--select", "XYZ99")
    assert done.returncode == 2
    assert "XYZ99" in done.stderr


def test_a_bare_repository_gives_what_its_work_tree_gives(repository, tmp_path):
    git(repository, "clone", "-q", "--bare", ".", str(tmp_path / "bare.git"))
    _, on_disk = check_json(repository)
    _, bare = check_json(tmp_path / "bare.git")
    assert on_disk["findings"] == bare["findings"]
    assert on_disk["rules"] == bare["rules"]
    assert on_disk["commit"] == bare["commit"] == git(repository, "rev-parse", "HEAD")


def test_a_blob_that_is_missing_from_the_store_is_unreadable(repository, tmp_path):
    blob = git(repository, "rev-parse", "HEAD:shop/models.py")
    git(repository, "clone", "-q", "--bare", ".", str(tmp_path / "bare.git"))
    (tmp_path / "bare.git/objects" / blob[:2] / blob[2:]).unlink()
    _, report = check_json(tmp_path / "bare.git")
    assert [file["path"] for file in report["files"]["unreadable"]] == ["shop/models.py"]


def test_what_git_ignores_is_not_read(repository):
    (repository / ".gitignore").write_text("build/\n")
    (repository / "build").mkdir()
    (repository / "build/models.py").write_text(MODELS)
    report = check_json(repository)[1]
    assert {finding["path"] for finding in report["findings"] if finding["code"] == "MOD08"} == {
        "shop/models.py"
    }
    assert not any(finding["path"].startswith("build/") for finding in report["findings"])


def test_diff_reports_only_what_the_base_lacks(repository):
    second = (
        MODELS.replace("class Order", "\n\nclass Invoice")
        .replace('"order"', '"invoice"')
        .partition("models\n")[2]
    )
    (repository / "shop/models.py").write_text(f"# a line above\n{MODELS}{second}")
    status, report = check_json(repository, "--select", "MOD08", "--diff", "HEAD")
    assert status == 1
    assert [finding["symbol"] for finding in report["findings"]] == ["shop.models.Invoice.user"]
    assert report["standing"] == "off"


def test_diff_with_only_old_violations_leans_and_passes(repository):
    (repository / "shop/models.py").write_text(f"# a line above\n{MODELS}")
    status, report = check_json(repository, "--select", "MOD08", "--diff", "HEAD")
    assert (status, report["findings"], report["standing"]) == (0, [], "leaning")


def test_a_revision_that_is_not_there_is_said(repository):
    done = plumbline("check", repository, "--diff", "nosuch")
    assert done.returncode == 2
    assert "nosuch" in done.stderr


def test_text_for_people_has_score_findings_and_no_escape_codes_in_a_pipe(shop):
    done = plumbline("check", shop, "--timings")
    assert "shop/models.py:5: `Order.user` names its reverse side `order`" in done.stdout
    assert "rules evaluated" in done.stdout
    assert "slowest rules" in done.stdout
    assert "\x1b" not in done.stdout


def test_a_hostile_file_name_cannot_steer_the_terminal(shop):
    (shop / "shop/evil\x1b[2J.py").write_text("x = 1\n")
    done = plumbline("check", shop)
    assert "\x1b" not in done.stdout
    assert r"evil\x1b[2J.py" in done.stdout


def test_a_rule_is_explained_and_all_are_listed():
    one = plumbline("rule", "mod-08")
    assert one.returncode == 0
    assert "singular-reverse-name" in one.stdout
    assert "How to fix it" in one.stdout
    every = plumbline("rule")
    assert "MOD08" in every.stdout
    assert plumbline("rule", "NOPE01").returncode == 2


def test_sarif_names_rules_places_and_suppressions(shop):
    marked = MODELS.replace('"order")', '"order")  # plumbline: ignore[MOD08] public API')
    (shop / "shop/models.py").write_text(marked)
    done = plumbline("check", shop, "--select", "MOD08", "--format", "sarif")
    log = json.loads(done.stdout)
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    (result,) = run["results"]
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"] == "MOD08"
    assert result["locations"][0]["physicalLocation"]["region"]["startLine"] == 5
    assert result["suppressions"] == [{"kind": "inSource", "justification": "public API"}]


def test_ruff_is_a_section_of_its_own_that_changes_no_verdict(shop):
    status, plain = check_json(shop)
    assert "lint" not in plain
    (shop / "shop/orders.py").write_text("import os\nimport re\n")
    same, report = check_json(shop, "--ruff")
    families = {family["family"]: family for family in report["lint"]["families"]}
    assert len(families) == 14
    assert families["F"]["codes"] == [{"code": "F401", "count": 2, "files": 1}]
    assert (families["F"]["files"], families["F"]["clean"]) == (2, 1)
    assert (same, report["score"], report["findings"]) == (
        status,
        plain["score"],
        plain["findings"],
    )


def test_the_section_of_ruff_stands_before_the_scorecard_and_names_what_it_left_out(shop):
    (shop / "shop/broken.py").write_text("x = a" + "+a" * 100_000)
    text = plumbline("check", shop, "--ruff").stdout
    section, _, scorecard = text.partition("Ruff 0.")[2].partition("\n\n")
    assert "F   Pyflakes" in section
    assert "not linted: 1 file" in section
    assert "shop/broken.py: ruff crashed" in section
    assert "rules evaluated" in scorecard
    assert "Ruff 0." not in plumbline("check", shop).stdout


def test_ruff_has_no_section_in_sarif(shop):
    done = plumbline("check", shop, "--ruff", "--format", "sarif")
    assert done.returncode == 2
    assert "--ruff" in done.stderr


def test_rules_that_do_not_score_give_no_score_and_say_why(shop):
    done = plumbline("check", shop, "--select", "CSP")
    assert done.returncode == 0
    assert "no score: none of the rules that score applies here" in done.stdout
