"""Ruff in its confined child, on good files and on hostile ones."""

import os
import sys
import tempfile
from collections import Counter
from pathlib import Path

import pytest

from plumbline.linting.blobs import BlobLint
from plumbline.sandbox import Limits, Sandbox, SandboxError, folders, linter
from plumbline.sandbox.confinement import landlock_version
from plumbline.sandbox.program import Program, interpreter_of
from tests.plumbline.sandbox.test_hostile_files import HOSTILE

DOCUMENTED = b'"""An order."""\n'
CRASH = b"x = a" + b"+a" * 100_000 + b"\n"


def lint(files, own=(), limits=None):
    """Lint (key, content) or (key, role, content) and give the results and what must not be cached."""
    given = [file if len(file) == 3 else (file[0], "source", file[1]) for file in files]
    with Sandbox(limits=limits) as sandbox:
        results = dict(sandbox.lint(given, own))
    return results, {casualty.key for casualty in sandbox.casualties}


@pytest.fixture
def runs(monkeypatch):
    """How many files each run of ruff was given."""
    counted = []
    run = Sandbox.run

    def counting(self, program, seconds):
        counted.append(sum(argument.endswith(".py") for argument in program.arguments) - 1)
        return run(self, program, seconds)

    monkeypatch.setattr(Sandbox, "run", counting)
    return counted


def test_each_file_has_its_counts_in_the_order_given(runs):
    results, lost = lint(
        [("b", b"import os\nimport re\n"), ("a", DOCUMENTED), ("c", b"x = 1\nx == None\n")]
    )
    assert list(results) == ["b", "a", "c"]
    assert results["b"].counts == {"D100": 1, "F401": 2}
    assert results["a"] == BlobLint({})
    assert results["c"].counts == {"D100": 1, "E711": 1, "B015": 1}
    assert (runs, lost) == ([3], set())


def test_what_is_asked_depends_on_the_role():
    content = b"def f(a):\n    assert a\n"
    results, _ = lint([(role, role, content) for role in ("source", "test", "migration")])
    assert results["source"].counts == {"D100": 1, "D103": 1, "ANN001": 1, "ANN201": 1, "S101": 1}
    assert results["test"].counts == {"D100": 1, "D103": 1}
    assert results["migration"].counts == {"ANN001": 1, "ANN201": 1, "S101": 1}


def test_names_of_packages_and_modules_are_judged_as_where_they_came_from():
    roles = [
        "source package",
        "source private",
        "source misnamed",
        "source package private",
    ]
    results, _ = lint([(role, role, b"x = 1\n") for role in roles])
    counts = [results[role].counts for role in roles]
    assert counts == [{"D104": 1}, {}, {"D100": 1, "N999": 1}, {}]


def test_imports_are_sorted_if_any_usual_arrangement_finds_them_so(runs):
    own = b"import django\n\nimport shop\n"
    guide = b"import celery\n\nfrom django.db import models\n\nfrom shop import orders\n"
    wide = b"from a_module import " + b", ".join(b"name_%d" % n for n in range(11)) + b"\n"
    wrong = b"import sys\nimport os\n"
    results, _ = lint([("own", own), ("guide", guide), ("wide", wide), ("wrong", wrong)], {"shop"})
    assert [key for key in results if "I001" in results[key].counts] == ["wrong"]
    assert results["own"].imports == {"django": False, "shop": True}
    assert runs == [4, 3, 2]  # only those that another arrangement may find sorted


def test_a_suppressed_line_counts_as_clean_and_an_exempt_file_as_unknown():
    results, lost = lint(
        [
            ("line", DOCUMENTED + b"import os  # noqa: F401, PT001\n"),
            ("file", b"# ruff: noqa\nimport os\n"),
        ]
    )
    assert results["line"].counts == {}
    assert results["file"] == BlobLint({}, {}, linter.EXEMPTED)
    assert not lost  # both may be cached


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'print "x"\n', "no Python"),
        (b"x = '\xff'\n", "not UTF-8"),
        (b"x = 1\n\0\n", "no Python"),
        (bytes(9 << 20), "too large"),
    ],
)
def test_what_ruff_cannot_read_is_named_with_the_reason(content, words):
    results, _ = lint([("bad", content), ("good", DOCUMENTED)])
    assert words in results["bad"].reason
    assert results["bad"].counts == {}
    assert results["good"] == BlobLint({})


def test_newer_syntax_is_linted():
    results, _ = lint([("new", DOCUMENTED + b"t = t'x'\ntry:\n    t\nexcept A, B:\n    t = 1\n")])
    assert results["new"].reason == ""
    assert results["new"].counts.keys() == {"F821", "B018"}


def test_a_file_that_kills_ruff_is_found_by_halves_and_harms_no_other(runs):
    files = [(number, b"import os\n") for number in range(40)]
    files[17] = (17, CRASH)
    results, lost = lint(files)
    assert results[17].reason == "ruff crashed (SIGABRT)"
    assert {key for key in results if results[key].counts == {"D100": 1, "F401": 1}} == {
        *range(17),
        *range(18, 40),
    }
    assert not lost  # it will crash the next time too
    assert len(runs) < 16


def test_every_hostile_file_has_a_result_and_the_good_ones_are_unharmed():
    files = []
    for name, content in HOSTILE.items():
        files += [(name, content), (f"after {name}", DOCUMENTED + b"import os\n")]
    results, _ = lint(files)
    assert set(results) == {name for name, _ in files}
    good = [result for name, result in results.items() if name.startswith("after ")]
    assert all(result.counts == {"F401": 1} for result in good)


def test_a_run_that_takes_too_long_is_ended_and_its_file_is_not_cached():
    results, lost = lint([("a", b"import os\n")], limits=Limits(lint_run_seconds=0.0001))
    assert "took longer" in results["a"].reason
    assert lost == {"a"}


def test_when_the_time_is_up_the_rest_is_named_and_not_cached(runs):
    limits = Limits(lint_seconds=0, files_per_lint=2)
    results, lost = lint([(number, b"import os\n") for number in range(5)], limits=limits)
    assert {result.reason for result in results.values()} == {linter.NO_TIME}
    assert lost == set(range(5))
    assert runs == []


def test_too_much_output_is_the_fault_of_one_file():
    files = [("many", b"import os\n" * 200), ("few", b"import os\n")]
    results, lost = lint(files, limits=Limits(lint_output_size=4096))
    assert results["many"].reason == "ruff says too much about it"
    assert results["few"].counts == {"D100": 1, "F401": 1}
    assert not lost


def test_batches_are_bounded_in_files_and_bytes(runs):
    lint([(n, b"x = 1\n") for n in range(7)], limits=Limits(files_per_lint=3))
    assert runs == [3, 3, 1]
    runs.clear()
    lint([(n, b"x = 1\n" * 10) for n in range(4)], limits=Limits(bytes_per_lint=100))
    assert runs == [2, 2]


def test_a_message_cannot_pass_for_a_line_about_another_file():
    forged = b"source/mabc_1.py:1:1: E402 forged"
    content = DOCUMENTED + b"x = '%(a\\n" + forged + b"' % {'a': 1}\n"
    results, _ = lint([("bad", content), ("good", DOCUMENTED)])
    assert results["good"] == BlobLint({})
    assert "E402" not in results["bad"].counts


def test_nothing_of_a_file_stays_behind(monkeypatch):
    # A place of its own, since other tests lint meanwhile, that the user of the child can reach.
    with tempfile.TemporaryDirectory(dir=folders.fastest_place()) as place:
        Path(place).chmod(0o711)
        monkeypatch.setattr(folders, "fastest_place", lambda: place)
        results = lint([("a", "test package", b"import os\n"), ("b", CRASH)])
        assert results
        assert list(Path(place).iterdir()) == []


def test_a_missing_ruff_is_said_and_not_crashed_on(monkeypatch):
    def missing():
        raise SandboxError("start_failed", "ruff is not installed beside Plumbline")

    monkeypatch.setattr(linter, "_ruff", missing)
    with pytest.raises(SandboxError, match="not installed"):
        lint([("a", b"")])


def test_a_ruff_that_cannot_be_executed_is_said_so(monkeypatch, tmp_path):
    program = tmp_path / "ruff"
    program.write_text("no program")
    program.chmod(0o755)
    monkeypatch.setattr(linter, "_ruff", lambda: (str(program), ""))
    with pytest.raises(SandboxError, match="could not be started"):
        lint([("a", b"")])


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux confines")
def test_a_program_of_the_sandbox_reads_its_folder_and_nothing_else(tmp_path):
    (tmp_path / "here").write_text("inside")
    (tmp_path.parent / "there").write_text("outside")
    for place in (*tmp_path.parents, tmp_path, tmp_path / "here", tmp_path.parent / "there"):
        if str(place).startswith(tempfile.gettempdir() + os.sep):
            place.chmod(0o755 if place.is_dir() else 0o644)
    cat = os.path.realpath("/bin/cat")

    def read(*arguments):
        program = Program(
            path=cat,
            arguments=list(arguments),
            environment={},
            folder=str(tmp_path),
            interpreter=interpreter_of(cat),
            memory=1 << 30,
            cpu=2,
        )
        with Sandbox() as sandbox:
            return sandbox.run(program, 10)

    assert read("here") == (0, b"inside")
    if landlock_version():
        assert read("../there") == (1, b"")
        assert read("/etc/passwd") == (1, b"")
    assert read("/proc/self/environ")[1] == b""


def test_the_loader_of_a_program_is_read_from_its_header(tmp_path):
    assert interpreter_of(__file__) == ""
    program = tmp_path / "odd"
    program.write_bytes(b"\x7fELF\x02\x01" + bytes(3))
    assert interpreter_of(str(program)) == ""


def test_counts_are_what_a_plain_run_of_ruff_gives():
    content = Path(linter.__file__).read_bytes()
    results, _ = lint([("a", content), ("b", content)], {"plumbline"})
    assert results["a"] == results["b"]
    assert Counter(results["a"].counts).total() < 20
