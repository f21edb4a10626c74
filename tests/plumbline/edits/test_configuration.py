"""Edits of TOML, INI, templates and other text."""

import pytest

from plumbline.edits import (
    AppendToArray,
    Fix,
    NotAsExpected,
    RemoveFromArray,
    ReplaceTag,
    ReplaceText,
    SetKey,
    SetOption,
)
from plumbline.edits.draft import Draft


def edited(source, *edits):
    path = edits[0].path
    draft = Draft({path: source.encode()})
    draft.add(Fix(list(edits)))
    return draft.changed().get(path, source.encode()).decode()


TOML = """\
[project]
name="x"  # tight

[tool.ruff.lint]
select = [
    "E",  # errors
    "F",
]

# about mypy
[tool.mypy]
strict = true

[tool.z]
a = 1
"""


def toml(kind, *arguments):
    return kind("pyproject.toml", *arguments)


def test_a_key_is_added_to_a_table_and_nothing_else_changes():
    edit = toml(SetKey, ("tool", "mypy"), "plugins", ("a", "b"))
    assert edited(TOML, edit) == TOML.replace(
        "strict = true\n", 'strict = true\nplugins = ["a", "b"]\n'
    )


def test_a_value_is_replaced():
    edit = toml(SetKey, ("tool", "mypy"), "strict", False)
    assert edited(TOML, edit) == TOML.replace("strict = true", "strict = false")


def test_a_table_that_is_not_there_is_made_at_the_end():
    edits = [
        toml(SetKey, ("tool", "django-stubs"), "module", "x"),
        toml(SetKey, ("tool", "django-stubs"), "other", 3),
    ]
    assert edited(TOML, *edits) == TOML + '\n[tool.django-stubs]\nmodule = "x"\nother = 3\n'
    assert edited("", edits[0]) == '[tool.django-stubs]\nmodule = "x"\n'


def test_items_are_added_in_the_layout_of_the_array():
    edit = toml(AppendToArray, ("tool", "ruff", "lint"), "select", ("F", "DJ"))
    assert edited(TOML, edit) == TOML.replace('    "F",\n', '    "F",\n    "DJ",\n')


def test_an_array_that_is_not_there_is_made():
    edit = toml(AppendToArray, ("tool", "z"), "b", ("x",))
    assert edited(TOML, edit) == TOML + 'b = ["x"]\n'


def test_an_item_is_taken_out():
    edit = toml(RemoveFromArray, ("tool", "ruff", "lint"), "select", ("F",))
    assert edited(TOML, edit) == TOML.replace('    "F",\n', "")


def test_dotted_keys_and_windows_line_ends_are_kept():
    source = '[tool.ruff]\r\nlint.select = ["E"]\r\n'
    edit = toml(AppendToArray, ("tool", "ruff", "lint"), "select", ("DJ",))
    assert edited(source, edit) == '[tool.ruff]\r\nlint.select = ["E", "DJ"]\r\n'
    edit = toml(SetKey, ("tool", "ruff"), "preview", True)
    assert "\n" not in edited(source, edit).replace("\r\n", "")


@pytest.mark.parametrize(
    ("source", "edit"),
    [
        ("a = 1\n", SetKey("a.toml", ("a",), "b", 1)),
        ("a = 1\n", AppendToArray("a.toml", (), "a", ("x",))),
        ("a = 1\n", RemoveFromArray("a.toml", (), "b", ("x",))),
        ('a = ["y"]\n', RemoveFromArray("a.toml", (), "a", ("x",))),
        ("a = \n", SetKey("a.toml", (), "b", 1)),
        ("a = 1\r\nb = 2\n", SetKey("a.toml", (), "c", 1)),
    ],
)
def test_a_toml_file_that_is_not_as_expected_is_left_alone(source, edit):
    with pytest.raises(NotAsExpected):
        edited(source, edit)


INI = "[mypy]\n# strict\nplugins = a\n\n[other]\nx: 1\ny =\n    2\n    3\n"


@pytest.mark.parametrize(
    ("section", "option", "value", "old", "new"),
    [
        ("mypy", "plugins", "a, b", "plugins = a\n", "plugins = a, b\n"),
        ("mypy", "strict", "1", "plugins = a\n", "plugins = a\nstrict = 1\n"),
        ("other", "x", "2", "x: 1\n", "x: 2\n"),
        ("other", "y", "4", "y =\n    2\n    3\n", "y = 4\n"),
        ("new", "k", "v", "    3\n", "    3\n\n[new]\nk = v\n"),
    ],
)
def test_an_option_is_set_on_its_own_line(section, option, value, old, new):
    assert edited(INI, SetOption("a.cfg", section, option, value)) == INI.replace(old, new)


def test_an_option_with_a_comment_is_left_alone():
    with pytest.raises(NotAsExpected):
        edited("[a]\nx = 1  # why\n", SetOption("a.cfg", "a", "x", "2"))


def test_text_is_replaced_where_it_stands_once():
    assert edited("a b\na c\n", ReplaceText("a.txt", 2, "a", "d")) == "a b\nd c\n"
    apart = ReplaceText("a.txt", 2, "a", "d", is_apart=True)
    assert edited("a b\na c\n", apart) == "a b\n\nd c\n"
    assert edited("a b\r\na c\r\n", apart) == "a b\r\n\r\nd c\r\n"
    assert edited("\na c\n", apart) == "\nd c\n"
    for line, old in ((1, "c"), (9, "a"), (1, " ")):
        edit = ReplaceText("a.txt", line, old, "x")
        with pytest.raises(NotAsExpected):
            edited("a  b\na c\n", edit)


def test_a_template_tag_is_found_however_it_is_spaced():
    source = "<p>{%partial  a with b=1 %}{% x %}</p>\n"
    edit = ReplaceTag("a.html", 1, "partial", "a with b=1", "{% y %}")
    assert edited(source, edit) == "<p>{% y %}{% x %}</p>\n"
    with pytest.raises(NotAsExpected):
        edited(source, ReplaceTag("a.html", 1, "partial", "a", "{% y %}"))
