"""How one commit came from another, asked of a real repository."""

import subprocess

import pytest

from apps.repositories.git.descent import Lineage, lineage, renames
from tests.apps.source import Source

BODY = "".join(f"line {number}\n" for number in range(40))


@pytest.fixture
def history(tmp_path):
    """Two commits, between which files were renamed, one of them with an edit, and one was added."""
    source = Source(tmp_path)
    first = source.push({"a.py": BODY, "b/c.py": "x = 1\n" * 20, "same.py": "y\n"})
    second = source.push(
        {
            "a.py": None,
            "b/c.py": None,
            "d.py": BODY.replace("line 7\n", "line seven\n"),
            "e/\u00e9 f.py": "x = 1\n" * 20,
            "new.py": "z\n",
        }
    )
    return source, first, second


def test_renamed_files_are_told_whatever_their_names(history):
    source, first, second = history
    assert renames(source.bare, first, second) == {"a.py": "d.py", "b/c.py": "e/\u00e9 f.py"}


def test_a_copy_that_lacks_the_older_commit_tells_nothing(history):
    source, _, second = history
    assert renames(source.bare, "0" * 40, second) == {}


def test_a_commit_names_its_parent_and_author(history):
    source, first, second = history
    assert lineage(source.bare, second) == Lineage((first,), "Test")
    assert lineage(source.bare, first) == Lineage((), "Test")
    assert lineage(source.bare, "0" * 40) == Lineage()


def test_a_copy_without_history_names_the_parent_that_it_lacks(history, tmp_path):
    source, first, second = history
    shallow = tmp_path / "shallow.git"
    command = ["git", "clone", "--quiet", "--bare", "--depth=1", source.url, str(shallow)]
    subprocess.run(command, check=True)
    assert lineage(shallow, second).parents == (first,)
    assert renames(shallow, first, second) == {}
