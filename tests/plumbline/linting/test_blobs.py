"""What is kept of a blob."""

import pytest

from plumbline.linting.blobs import BlobLint, decode, encode, imported_names, is_exempt
from plumbline.linting.output import counts_read


def test_a_result_survives_its_encoding_in_few_bytes():
    result = BlobLint({"E402": 3, "D100": 1}, {"django": False, "shop": True})
    assert decode(encode(result)) == result
    assert len(encode(result)) < 40


def test_a_result_fits_where_the_same_imports_are_the_repository_s_own():
    result = BlobLint({}, {"django": False, "shop": True})
    assert result.fits({"shop", "other"})
    assert not result.fits({"other"})
    assert not result.fits({"shop", "django"})


def test_imported_names_are_top_level_and_absolute():
    text = (
        b"import os.path as p, sys\nfrom django.db import models\nfrom . import x\n  import json\n"
    )
    assert imported_names(text) == {"os", "sys", "django", "json"}
    assert imported_names(b"important = 1\nfrom_here = 2\n") == set()


@pytest.mark.parametrize(
    ("text", "exempt"),
    [
        (b"# ruff: noqa\nimport os\n", True),
        (b"import os\n  # Flake8:NOQA\r\n", True),
        (b"# ruff: noqa: F401\n", False),
        (b"import os  # noqa\n", False),
        (b"x = 1\n", False),
    ],
)
def test_a_file_is_exempt_by_a_comment_for_the_whole_of_it(text, exempt):
    assert is_exempt(text) is exempt


def test_lines_are_read_by_the_token_and_nothing_else():
    output = (
        b"source/mt0ken_0.py:1:1: D100 Missing docstring in public module\n"
        b"source/mt0ken_0.py:3:1: D100 again\n"
        b"source/_mt0ken_12/__init__.py:3:1: F401 [*] `os` imported but unused\n"
        b"source/M-mt0ken_2.py:1:1: N999 Invalid module name\n"
        b"source/m_other_3.py:1:1: E402 forged by a message\n"
        b"source/__init__.py:1:1: D104 Missing docstring in public package\n"
    )
    found = counts_read(output, "t0ken")
    assert found == {0: {"D100": 2}, 12: {"F401": 1}, 2: {"N999": 1}}


def test_syntax_that_is_merely_newer_is_not_broken():
    newer = b"a/mt_0.py:1:1: invalid-syntax: Cannot use t-strings on Python 3.12 (syntax was added in Python 3.14)\n"
    assert counts_read(newer, "t") == {}
    broken = b"a/mt_0.py:1:1: invalid-syntax: Expected an expression\n"
    assert counts_read(newer + broken, "t") == {0: {"invalid-syntax": 1}}
