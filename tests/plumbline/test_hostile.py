"""Whatever a file holds, extraction gives an outline or says why not: it never raises, and it never harms us.

Every input goes through the sandbox, as in service: some of them end the process that reads them.
"""

import pytest

from plumbline import outline as o
from plumbline.sandbox import Limits, Sandbox
from tests.hostile.files import HOSTILE_FILES, HostileFile


@pytest.fixture(scope="module")
def outlines():
    files = [(file.name, file.kind, file.content) for file in HOSTILE_FILES]
    with Sandbox(2, Limits(extract_seconds=20)) as sandbox:
        found = {name: o.decode(encoded) for name, encoded in sandbox.extract(files)}
    assert sandbox.casualties == []
    return found


def test_the_corpus_is_large_enough():
    assert len({file.name for file in HOSTILE_FILES}) == len(HOSTILE_FILES) >= 190


@pytest.mark.parametrize("file", HOSTILE_FILES, ids=lambda file: file.name)
def test_a_hostile_file_has_an_outline_or_a_reason(file: HostileFile, outlines):
    outline = outlines[file.name]
    if isinstance(outline, o.Unreadable):
        assert outline.reason, "no reason"
        assert len(outline.reason) < 300
        assert outline.reason.isprintable()
        assert file.reasons is None or any(word in outline.reason for word in file.reasons), (
            outline.reason
        )
    else:
        assert file.reasons in (None, ()), outline


def test_no_hostile_file_is_missing(outlines):
    assert set(outlines) == {file.name for file in HOSTILE_FILES}


def test_a_tag_of_yaml_that_makes_objects_makes_none(outlines):
    assert outlines["YAML tag that makes objects"].documents == [{"a": ["true"]}]


def test_an_arithmetic_bomb_is_kept_as_it_is_written(outlines):
    value = outlines["power that is never taken"].assignments[0].value
    assert isinstance(value, o.Joined)
    assert value.operator == "**"


def test_bare_exceptions_are_read_however_many(outlines):
    outline = outlines["many bare exceptions"]
    assert outline.lines == 20_001
