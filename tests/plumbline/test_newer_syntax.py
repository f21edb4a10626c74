"""Syntax of Python 3.14 is read on 3.13, every line where it was, and the outline says so."""

import ast
import sys

import pytest

from plumbline import outline as o
from plumbline.extract import read_outline
from plumbline.extract.newer_syntax import rewritten
from tests.plumbline.outlines import python

IS_OLD = sys.version_info < (3, 14)
BARE = "try:\n    a()\nexcept A, B:\n    b()\nc()\n"


def lines_of(text):
    return {call.name: call.line for call in python(text).calls}


@pytest.mark.parametrize(
    "text",
    [
        BARE,
        "try:\n    a()\nexcept A, B, C:\n    b()\nc()\n",
        "try:\n    a()\nexcept* A, B:\n    b()\nc()\n",
        "try:\n    a()\nexcept m.A, f(1, 2):\n    b()\nc()\n",
        "try:\n    a()\nexcept A, {1: 2}[x, y]:\n    b()\nc()\n",
        "try:\n    a()\nexcept A, B,:\n    b()\nc()\n",
    ],
)
def test_exceptions_without_parentheses_are_read(text):
    assert {"a": 2, "b": 4, "c": 5}.items() <= lines_of(text).items()
    assert python(text).newer_syntax is IS_OLD


@pytest.mark.parametrize(
    "text",
    [
        "x = t'a {y()} b'\nz()\n",
        "x = T'a {y()} b'\nz()\n",
        'x = t"""\n{y()}\n"""\nz()\n',
        "x = rt'\\d {y()}'\nz()\n",
        "x = tr'\\d {y()}'\nz()\n",
        "x = Rt'{y()}'\nz()\n",
        "x = f(t'{y()}', 1)\nz()\n",
    ],
)
def test_template_strings_are_read(text):
    found = lines_of(text)
    last = text.count("\n")
    assert found["z"] == last
    assert "y" in found
    assert python(text).newer_syntax is IS_OLD


def test_both_in_one_file_keep_every_line():
    text = (
        "import a\n\n\ndef f():\n    try:\n        g(t'{h()}')\n    except A, B:\n        i()\n"
        "    except C as e:\n        j()\n"
        "\n\nclass D:\n    x = 1\n"
    )
    found = python(text)
    assert {call.name: call.line for call in found.calls} == {"g": 6, "h": 6, "i": 8, "j": 10}
    assert (found.classes[0].line, found.functions[0].end_line, found.lines) == (13, 10, 15)


def test_a_form_feed_ends_no_line():
    found = lines_of("x = 1\n\x0c\n" + BARE + "y = t'{d()}'\n")
    assert found == {"a": 4, "b": 6, "c": 7, "d": 8}


def test_a_name_that_looks_like_a_prefix_keeps_its_name():
    found = python("y = t'{d()}'\ng(t)\nt")
    assert [call.args for call in found.calls if call.name == "g"] == [[o.Ref("t")]]


def test_columns_before_the_change_stay_where_they_are():
    (call,) = [call for call in python(BARE).calls if call.name == "b"]
    assert call.column == 4


@pytest.mark.parametrize(
    "text",
    [
        "try:\n    pass\nexcept (A, B):\n    pass\n",
        "try:\n    pass\nexcept (A, B) as e:\n    pass\n",
        "try:\n    pass\nexcept:\n    pass\n",
        "at'a' if 0 else 1\n",
        "x = {'t': 't'}\n",
        "x = 'except A, B:'\n",
        "# except A, B: t'x'\n",
        "x = f't{y}'\n",
    ],
)
def test_older_syntax_is_left_as_it_is(text):
    try:
        ast.parse(text)
    except SyntaxError:
        assert isinstance(read_outline("python", text.encode()), o.Unreadable)
    else:
        assert not python(text).newer_syntax


def test_a_string_that_speaks_of_newer_syntax_is_not_harmed():
    text = "x = \"say t'hello' twice\"\n" + BARE
    found = python(text)
    assert found.assignments[0].value == "say t'hello' twice"


@pytest.mark.parametrize(
    "text",
    [
        'print "x"\n',
        "try:\n    pass\nexcept A, e:\n    raise E, e\n",
        "exec 'x' in y\n",
        "x = 0777\n",
        "except A, B:\n",
        "x = t'\n",
        "def f(:\n",
    ],
)
def test_what_no_python_3_reads_is_unreadable_with_the_line(text):
    found = read_outline("python", text.encode())
    assert isinstance(found, o.Unreadable)
    assert "not valid Python 3" in found.reason
    assert "line" in found.reason


def test_a_text_without_newer_syntax_is_not_rewritten():
    assert rewritten("x = 1\n") is None
    assert rewritten("try:\n    pass\nexcept A as e:\n    pass\n") is None
