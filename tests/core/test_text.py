"""Text that others wrote, as pages show it."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.text import code_lines, prose_blocks, text_visible


@given(st.text())
def test_no_invisible_character_is_left_in_shown_text(text):
    shown = text_visible(text)
    assert not any(unicodedata.category(one) in {"Cc", "Cf", "Zl", "Zp", "Cs"} for one in shown)


@given(st.text(alphabet=st.characters(codec="ascii", categories=["L", "N", "P", "S"])))
def test_plain_text_stays_as_it_is(text):
    assert text_visible(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\u202eb", "a\\u202eb"),
        ("\x1b[31m", "\\x1b[31m"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
        ("tag\U000e0041", "tag\\U000e0041"),
        ("größe/日本.py", "größe/日本.py"),
    ],
)
def test_characters_that_deceive_are_spelled_out(text, shown):
    assert text_visible(text) == shown


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=300))
def test_colouring_code_loses_nothing_of_it(row):
    lines = code_lines(row)
    shown = "\n".join("".join(token.text for token in line.tokens) for line in lines)
    normal = row.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n")
    assert shown == text_visible(normal, keep="\t\n")


def test_code_is_numbered_from_where_it_was_cut_and_its_lines_are_marked():
    lines = code_lines("a\nb\nc\n", start=10, marked=range(11, 12))
    assert [(line.number, line.marked) for line in lines] == [(10, False), (11, True), (12, False)]


def test_words_of_the_language_are_coloured_only_as_words():
    kinds = [(token.kind, token.text) for token in code_lines("def default(): # for x")[0].tokens]
    assert kinds == [("keyword", "def"), ("", " default(): "), ("comment", "# for x")]


def test_a_line_of_a_megabyte_is_cut_and_shown_plainly():
    (line,) = code_lines("x = 1; " * 150_000)
    (token,) = line.tokens
    assert len(token.text) < 1100
    assert token.text.endswith("…")


def test_prose_knows_paragraphs_bullets_code_and_names():
    text = "One `name`\nparagraph.\n\n- first\n  goes on\n- second\n\n    x = 1\n"
    paragraph, bullets, sample = prose_blocks(text)
    assert [(span.kind, span.text) for span in paragraph.items[0]] == [
        ("", "One "),
        ("code", "name"),
        ("", " paragraph."),
    ]
    assert [item[0].text for item in bullets.items] == ["first goes on", "second"]
    assert (sample.kind, sample.text.strip()) == ("code", "x = 1")
