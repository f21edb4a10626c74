"""Edits of the lists and dicts that assignments give."""

import ast
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plumbline.edits import (
    AddItem,
    Fix,
    MoveItem,
    NotAsExpected,
    RemoveItem,
    ReplaceStatement,
    ReplaceString,
    ReplaceTag,
    SetEntry,
)
from plumbline.edits.draft import Draft


def edited(source, *edits):
    content = source.encode()
    draft = Draft({"a.py": content})
    draft.add(Fix(list(edits)))
    return draft.changed().get("a.py", content).decode()


def add(line=1, item='"n"', **options):
    return AddItem("a.py", line, item, **options)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("X = []\n", 'X = ["n"]\n'),
        ("X = ()\n", 'X = ("n",)\n'),
        ("X = [\n]\n", 'X = ["n"]\n'),
        ("X = ['a']\n", "X = ['a', 'n']\n"),
        ("X = ('a',)\n", "X = ('a', 'n',)\n"),
        ("X = {'a'}\n", "X = {'a', 'n'}\n"),
        ("X: list[str] = ['a']\n", "X: list[str] = ['a', 'n']\n"),
        ("X += ['a']\n", "X += ['a', 'n']\n"),
        ("X = A + ['a']\n", "X = A + ['a', 'n']\n"),
        ("X = ['b'] + A + ['a']  # y\n", "X = ['b'] + A + ['a', 'n']  # y\n"),
        ("X = [*A, 'a']\n", "X = [*A, 'a', 'n']\n"),
        ("X = [\n    'a',\n]\n", "X = [\n    'a',\n    'n',\n]\n"),
        ("X = [\n    'a',  # one\n]\n", "X = [\n    'a',  # one\n    'n',\n]\n"),
        ("X = [\n    'a'\n]\n", "X = [\n    'a',\n    'n'\n]\n"),
        ("X = [\n    'a',\n    # 'b',\n]\n", "X = [\n    'a',\n    'n',\n    # 'b',\n]\n"),
        ("X = (\r\n    'a',\r\n)\r\n", "X = (\r\n    'a',\r\n    'n',\r\n)\r\n"),
        ("if D:\n    X += ['a']\n", "if D:\n    X += ['a', 'n']\n"),
    ],
)
def test_an_item_is_added_at_the_end_in_the_layout_of_the_list(before, after):
    assert edited(before, add(2 if before.startswith("if") else 1)) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("X = ['a', 'b']\n", "X = ['a', 'n', 'b']\n"),
        ("X = [\n    'a',\n    'b',\n]\n", "X = [\n    'a',\n    'n',\n    'b',\n]\n"),
        (
            "X = [\n    'a',  # one\n    # two\n    'b',\n]\n",
            "X = [\n    'a',  # one\n    'n',\n    # two\n    'b',\n]\n",
        ),
        ("X = A + ['a', 'b'] + ['c']\n", "X = A + ['a', 'n', 'b'] + ['c']\n"),
    ],
)
def test_an_item_goes_before_or_after_another(before, after):
    assert edited(before, add(before="b")) == after
    assert edited(before, add(after="a")) == after


def test_an_item_goes_behind_the_last_one():
    assert edited("X = ['a']\n", add(after="a")) == "X = ['a', 'n']\n"


def test_an_item_goes_to_the_top_of_a_list_above_its_first_comment():
    before = "X = [\n    # one\n    'a',\n]\n"
    after = "X = [\n    'n',\n    # one\n    'a',\n]\n"
    assert edited(before, add(before="a")) == after


def test_keys_lead_to_an_inner_list():
    before = (
        "T = [\n    {\n        'OPTIONS': {\n            'processors': [\n                'a',\n"
        "            ],\n        },\n    },\n]\n"
    )
    after = before.replace("'a',\n", "'a',\n                'n',\n")
    assert edited(before, add(within=("OPTIONS", "processors"))) == after


@pytest.mark.parametrize(
    ("source", "options"),
    [
        ("X = f(['a'])\n", {}),
        ("X = 'a', 'b'\n", {}),
        ('X = ["n"]\n', {}),
        ("X = ['a']\n", {"before": "b"}),
        ("X = ['a', 'a']\n", {"before": "a"}),
        ("X = ['a'] + ['a']\n", {"after": "a"}),
        ("X = [  # none\n]\n", {}),
        ("X = [{'k': []}, {'k': []}]\n", {"within": ("k",)}),
        ("X = {'k': []}\n", {"within": ("j",)}),
        ("f(['a'])\n", {}),
        ("\nX = ['a']\n", {}),
    ],
)
def test_no_item_is_added_where_its_place_is_not_certain(source, options):
    with pytest.raises(NotAsExpected):
        edited(source, add(**options))


def move(item, **options):
    return MoveItem("a.py", 1, item, **options)


@pytest.mark.parametrize(
    ("before", "edit", "after"),
    [
        ("X = ['a', 'b', 'c']\n", move("c", before="a"), "X = ['c', 'a', 'b']\n"),
        ("X = ['a', 'b', 'c']\n", move("a", after="c"), "X = ['b', 'c', 'a']\n"),
        ("X = ('a', 'b', 'c',)\n", move("a", after="b"), "X = ('b', 'a', 'c',)\n"),
        (
            "X = [\n    'a',  # one\n    'b'\n]\n",
            move("b", before="a"),
            "X = [\n    'b',\n    'a',  # one\n]\n",
        ),
        (
            "X = [\n    'a',  # one\n    'b'\n]\n",
            move("a", after="b"),
            "X = [\n    'b',\n    'a',  # one\n]\n",
        ),
        (
            "X = [\n    # of a\n    'a',\n    'b',\n    'c',\n]\n",
            move("c", before="a"),
            "X = [\n    'c',\n    # of a\n    'a',\n    'b',\n]\n",
        ),
    ],
)
def test_an_item_moves_with_its_line(before, edit, after):
    assert edited(before, edit) == after


@pytest.mark.parametrize(
    ("source", "edit"),
    [
        ("X = ['a', 'b']\n", move("a", before="b")),
        ("X = ['a', 'b']\n", move("b", after="a")),
        ("X = ['a', 'b']\n", move("c", before="a")),
        ("X = [\n    'a',\n    # of b\n    'b',\n]\n", move("b", before="a")),
        ("X = ['a',\n    'b',\n]\n", move("b", before="a")),
    ],
)
def test_an_item_stays_where_moving_it_is_needless_or_not_certain(source, edit):
    with pytest.raises(NotAsExpected):
        edited(source, edit)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("X = {}\n", 'X = {"k": 1}\n'),
        ("X = {'a': 2}\n", "X = {'a': 2, 'k': 1}\n"),
        ("X = {'k': (2), 'a': 2}\n", "X = {'k': 1, 'a': 2}\n"),
        ("X = {\n    'a': 2,\n}\n", "X = {\n    'a': 2,\n    'k': 1,\n}\n"),
        ("X = {**A}\n", 'X = {**A, "k": 1}\n'),
    ],
)
def test_a_key_is_set(before, after):
    assert edited(before, SetEntry("a.py", 1, "k", "1")) == after


def test_a_key_is_set_in_an_inner_dict():
    edit = SetEntry("a.py", 1, "k", "1", ("a",))
    assert edited("X = {'a': {'k': 2}, 'k': 3}\n", edit) == "X = {'a': {'k': 1}, 'k': 3}\n"


@pytest.mark.parametrize("source", ["X = dict(k=2)\n", "X = []\n", "X = {  # none\n}\n"])
def test_no_key_is_set_where_there_is_no_dict(source):
    with pytest.raises(NotAsExpected):
        edited(source, SetEntry("a.py", 1, "k", "1"))


def test_a_statement_is_replaced_with_all_its_lines():
    before = "A = 1\nB = [\n    2,\n]  # two\nC = 3\n"
    assert edited(before, ReplaceStatement("a.py", 2, "B = 4")) == "A = 1\nB = 4  # two\nC = 3\n"


@pytest.mark.parametrize("source", ["A = 1; B = 2\n", "if A:\n    B = 1\n", "\nA = 1\n"])
def test_a_statement_that_is_not_alone_on_its_line_stays(source):
    with pytest.raises(NotAsExpected):
        edited(source, ReplaceStatement("a.py", 1, "C = 3"))


def test_a_string_is_replaced_in_one_value_alone():
    before = "X = {'a': ['s', \"s\", 'st']}\nY = 's'\n"
    after = "X = {'a': [S, S, 'st']}\nY = 's'\n"
    assert edited(before, ReplaceString("a.py", 1, "s", "S")) == after


@pytest.mark.parametrize("source", ["X = ['t']\n", "X = ['s' 't']\n", "f('s')\n"])
def test_a_string_that_is_not_there_by_itself_is_not_replaced(source):
    with pytest.raises(NotAsExpected):
        edited(source, ReplaceString("a.py", 1, "s", "S"))


def test_a_tag_that_is_taken_out_takes_its_line_along_where_it_stands_alone():
    edit = ReplaceTag("a.py", 2, "load", "x", "")
    assert edited("<p>\n  {% load x %}\r\n</p>\n", edit) == "<p>\n</p>\n"
    assert edited("<p>\n{% load x %}", edit) == "<p>\n"
    assert edited("<p>\n{% load x %}<b>\n", edit) == "<p>\n<b>\n"


ITEMS = st.lists(
    st.sampled_from(["'a'", '"b"', "*C", "('d')", "e.f", "'g' 'h'", "[1,\n2]"]),
    min_size=1,
    max_size=5,
    unique=True,
)
SEPARATORS = st.sampled_from([", ", ",", " , ", ",\n    ", ",  # é\n    ", ",\n    # é\n\n    "])
BRACKETS = st.sampled_from(["[]", "()", "{}"])


@settings(max_examples=80, deadline=None)
@given(ITEMS, SEPARATORS, BRACKETS, st.sampled_from(["", "\n", "\n    # end\n"]), st.data())
def test_an_added_or_moved_item_changes_nothing_else(items, separator, brackets, end, data):
    inner = separator.join(items) + ","
    source = f"y = 1\nX = {brackets[0]}{end}{inner}{end}{brackets[1]}  # é\nz = 2\n"
    tree = ast.parse(source)
    elements = tree.body[1].value.elts
    strings = [node for node in elements if isinstance(node, ast.Constant)]
    options = {}
    place = len(elements)
    if strings:
        anchor = data.draw(st.sampled_from(strings))
        side = data.draw(st.sampled_from(["before", "after"]))
        options = {side: anchor.value}
        place = elements.index(anchor) + (side == "after")
    after = edited(source, AddItem("a.py", 2, "'n'", **options))
    elements.insert(place, ast.Constant("n"))
    assert ast.dump(ast.parse(after)) == ast.dump(tree)
    assert _told(after.replace("'n'", "", 1)) == _told(source)


def _told(text):
    """A text without the commas and spaces between its words."""
    return re.sub(r"[\s,]", "", text)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("X = ['a', 'b', 'c']\n", "X = ['a', 'c']\n"),
        ("X = ['a', 'b']\n", "X = ['a']\n"),
        ("X = ['b']\n", "X = []\n"),
        ("X = ['b',]\n", "X = []\n"),
        (
            "X = [\n    'a',\n    'b',  # gone\n    # of c\n    'c',\n]\n",
            "X = [\n    'a',\n    # of c\n    'c',\n]\n",
        ),
        ("X = [\n    'a',\n    'b'\n]\n", "X = [\n    'a',\n]\n"),
        ("X = Y + ['b', 'c']\n", "X = Y + ['c']\n"),
    ],
)
def test_an_item_is_taken_out_with_its_line(before, after):
    assert edited(before, RemoveItem("a.py", 1, "b")) == after


@pytest.mark.parametrize(
    "source",
    ["X = ['a']\n", "X = ['b', 'b']\n", "X = [\n    'a',\n    # why\n    'b',\n]\n", "X = f()\n"],
)
def test_an_item_that_is_not_there_once_or_has_a_comment_stays(source):
    with pytest.raises(NotAsExpected):
        edited(source, RemoveItem("a.py", 1, "b"))
