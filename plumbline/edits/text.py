"""Edits of lines of text and of template tags."""

from __future__ import annotations

import re

import libcst as cst

from plumbline.edits import AddComment, NotAsExpected, ReplaceTag, ReplaceText
from plumbline.edits.splices import Splice
from plumbline.edits.syntax import PythonFile

_TAG = re.compile(rb"\{%[^\n]{0,5000}?%\}")


def replace_text(content: bytes, edit: ReplaceText) -> list[Splice]:
    """Replace a text that stands on its line once."""
    first, line = _line(content, edit.line)
    old = edit.old.encode()
    if line.count(old) != 1:
        raise NotAsExpected(f"line {edit.line} does not hold the old text exactly once")
    start = first + line.index(old)
    splices = [Splice(start, start + len(old), edit.new.encode())]
    if edit.is_apart and edit.line > 1:
        _, above = _line(content, edit.line - 1)
        if above.strip():
            splices.insert(0, Splice(first, first, b"\r\n" if above.endswith(b"\r") else b"\n"))
    return splices


def add_comment(file: PythonFile, edit: AddComment) -> list[Splice]:
    """Add a comment behind a statement that begins and ends on the line."""
    if not any(
        file.line_of(file.span(node)[0]) == edit.line == file.line_of(file.span(node)[1])
        for node in file.nodes(cst.SimpleStatementLine)
    ):
        raise NotAsExpected(f"line {edit.line} is no whole statement")
    start = file.line_starts[edit.line - 1]
    end = file.line_end(start)
    end = start + len(file.code[start:end].rstrip())
    return [Splice(end, end, b"  " + edit.comment.encode())]


def replace_tag(content: bytes, edit: ReplaceTag) -> list[Splice]:
    """Replace a template tag, however it is spaced; one of several that read the same is as good as another."""
    start, line = _line(content, edit.line)
    wanted = [edit.name.encode(), *edit.rest.encode().split()]
    for match in _TAG.finditer(line):
        if match[0][2:-2].split() == wanted:
            if not edit.new and line.strip() == match[0]:
                end = min(start + len(line) + 1, len(content))
                return [Splice(start, end, b"")]
            return [Splice(start + match.start(), start + match.end(), edit.new.encode())]
    raise NotAsExpected(f"line {edit.line} has no such tag")


def _line(content: bytes, number: int) -> tuple[int, bytes]:
    """The offset of a line (from 1) and its bytes."""
    lines = content.split(b"\n")
    if not 0 < number <= len(lines):
        raise NotAsExpected(f"there is no line {number}")
    return sum(len(line) + 1 for line in lines[: number - 1]), lines[number - 1]
