"""From files to families."""

import pytest

from plumbline.linting.blobs import BlobLint
from plumbline.linting.profile import FAMILIES
from plumbline.linting.results import CodeCount, FileCount, NotLinted
from plumbline.linting.summary import NAMED, WORST, summarise


def family(lint, name):
    return next(found for found in lint.families if found.family == name)


def test_a_family_counts_clean_files_codes_and_the_worst_files():
    lint = summarise(
        [
            ("a.py", "source", BlobLint({"E402": 2, "E711": 1, "F401": 1})),
            ("b.py", "source", BlobLint({"E402": 1})),
            ("c.py", "source", BlobLint({})),
        ],
        ruff="1.2.3",
    )
    assert (lint.ruff, lint.files, lint.unlinted) == ("1.2.3", 3, 0)
    assert [found.family for found in lint.families] == list(FAMILIES)
    found = family(lint, "E")
    assert (found.files, found.clean, found.count) == (3, 1, 4)
    assert found.share == pytest.approx(1 / 3)
    assert found.codes == [CodeCount("E402", 3, 2), CodeCount("E711", 1, 1)]
    assert found.worst == [FileCount("a.py", 3), FileCount("b.py", 1)]
    assert lint.worst == [FileCount("a.py", 4), FileCount("b.py", 1)]
    assert family(lint, "D").share == 1


def test_a_family_is_not_asked_where_the_guide_exempts_files_from_it():
    lint = summarise(
        [
            ("0001_initial.py", "migration", BlobLint({})),
            ("test_a.py", "test package", BlobLint({"D104": 1})),
        ],
        ruff="",
    )
    assert (family(lint, "D").files, family(lint, "D").clean) == (1, 0)
    assert family(lint, "ANN").files == 1
    assert family(lint, "F").files == 2


def test_without_files_there_is_no_share():
    lint = summarise([], ruff="")
    assert {found.share for found in lint.families} == {None}


def test_a_file_that_was_not_linted_is_named_and_counts_nowhere():
    lint = summarise(
        [("a.py", "source", BlobLint({}, {}, "crashed")), ("b.py", "source", BlobLint({}))],
        ruff="",
    )
    assert (lint.files, lint.unlinted) == (1, 1)
    assert lint.not_linted == [NotLinted("a.py", "crashed")]
    many = [(f"{n:04}.py", "source", BlobLint({}, {}, "crashed")) for n in range(NAMED + 5)]
    lint = summarise(many, ruff="")
    assert (lint.unlinted, len(lint.not_linted)) == (NAMED + 5, NAMED)


def test_only_the_worst_files_are_named():
    files = [(f"{n:03}.py", "source", BlobLint({"E402": n})) for n in range(1, 30)]
    worst = family(summarise(files, ruff=""), "E").worst
    assert [file.count for file in worst] == list(range(29, 29 - WORST, -1))


def test_codes_of_no_family_are_left_out():
    lint = summarise([("a.py", "source", BlobLint({"PLR0913": 4}))], ruff="")
    assert sum(found.count for found in lint.families) == 0
    assert lint.worst == []
