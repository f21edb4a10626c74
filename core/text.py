"""Text that others wrote, made fit to be looked at."""

import keyword
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field

# Control, formatting (bidi, zero width), line and paragraph separators, lone surrogates.
_INVISIBLE = frozenset({"Cc", "Cf", "Zl", "Zp", "Cs"})
_TOKEN = re.compile(
    r"""
    (?P<comment>\#.*)
    |(?P<string>[rbfutRBFUT]{0,2}(?:"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?))
    |(?P<decorator>(?<![\w)\]\s])@[\w.]+|^\s*@[\w.]+)
    |(?P<number>\b\d[\w.]*)
    |(?P<word>[^\W\d]\w*)
    """,
    re.VERBOSE,
)
_KEYWORDS = frozenset(keyword.kwlist)
# Longer lines are shown without colours: nobody reads them, and a page of them would be slow.
_COLOURED_LENGTH = 400
_SHOWN_LENGTH = 1000


def text_visible(text: str, *, keep: str = "") -> str:
    """Spell out characters that a reader would not see or that reorder what he sees.

    Characters in `keep` (a tab in code, say) stay as they are.
    """
    probe = text
    for character in keep:
        probe = probe.replace(character, "")
    if probe.isascii() and probe.isprintable():
        return text
    return "".join(
        character
        if character in keep or unicodedata.category(character) not in _INVISIBLE
        else _escape(character)
        for character in text
    )


def _escape(character: str) -> str:
    point = ord(character)
    if point <= 0xFF:
        return f"\\x{point:02x}"
    return f"\\u{point:04x}" if point <= 0xFFFF else f"\\U{point:08x}"


@dataclass(frozen=True, slots=True)
class Token:
    """A stretch of a line of code and what it is; `kind` is blank for plain text."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of code as a page shows it."""

    number: int
    tokens: list[Token]
    marked: bool = False


def code_lines(
    text: str, *, start: int = 1, marked: range | frozenset[int] = frozenset()
) -> list[Line]:
    """Split code into numbered, coloured lines; `marked` holds the numbers to highlight."""
    # Not splitlines(): form feeds and U+2028 are no line ends to Python, and numbers must match.
    rows = text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n").split("\n")
    return [
        Line(number, list(_tokens(_shortened(row))), number in marked)
        for number, row in enumerate(rows, start)
    ]


def _shortened(row: str) -> str:
    if len(row) > _SHOWN_LENGTH:
        row = f"{row[:_SHOWN_LENGTH]}…"
    return text_visible(row, keep="\t")


def _tokens(row: str) -> Iterator[Token]:
    if len(row) > _COLOURED_LENGTH:
        yield Token("", row)
        return
    end = 0
    for match in _TOKEN.finditer(row):
        kind = match.lastgroup or ""
        if kind == "word":
            if match.group() not in _KEYWORDS:
                continue
            kind = "keyword"
        if match.start() > end:
            yield Token("", row[end : match.start()])
        yield Token(kind, match.group())
        end = match.end()
    if end < len(row):
        yield Token("", row[end:])


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, list or code sample of prose; spans alternate between text and `code`."""

    kind: str
    items: list[list[Token]] = field(default_factory=list)
    text: str = ""


_SPAN = re.compile(r"`([^`]+)`")
_BULLET = re.compile(r"\s*[-*] +")


def prose_blocks(text: str) -> list[Block]:
    """Read the little markup of rule documentation: paragraphs, bullets, indented code, `code`."""
    return [_block(part) for part in re.split(r"\n[ \t]*\n", text.strip("\n")) if part.strip()]


def _block(part: str) -> Block:
    lines = part.split("\n")
    if all(line.startswith("    ") for line in lines if line.strip()):
        return Block("code", text="\n".join(line[4:] for line in lines))
    if _BULLET.match(lines[0]):
        items: list[str] = []
        for line in lines:
            if bullet := _BULLET.match(line):
                items.append(line[bullet.end() :])
            else:
                items[-1] += f" {line.strip()}"
        return Block("list", [prose_spans(item) for item in items])
    return Block("paragraph", [prose_spans(" ".join(line.strip() for line in lines))])


def prose_spans(text: str) -> list[Token]:
    """Read one line of prose: text, and `code` between backticks."""
    spans = []
    for index, piece in enumerate(_SPAN.split(text)):
        if piece:
            spans.append(Token("code" if index % 2 else "", text_visible(piece)))
    return spans
