"""Things between commas, of calls and displays alike: where another one goes, and how it is laid out there."""

from __future__ import annotations

import libcst as cst

from plumbline.edits.splices import Splice
from plumbline.edits.syntax import PythonFile

type Part = cst.Arg | cst.BaseElement | cst.BaseDictElement


def comma_of(part: Part) -> cst.Comma | None:
    """The comma behind a part, if there is one."""
    return part.comma if isinstance(part.comma, cst.Comma) else None


def appended(file: PythonFile, last: Part, close: int, text: bytes) -> list[Splice]:
    """What puts ``text`` behind the last part, in the layout that it has; ``close`` is where the bracket closes."""
    end = file.span(last)[1]
    comma = comma_of(last)
    if file.line_of(end) == file.line_of(close):
        if comma is not None:
            after = file.span(comma)[1]
            return [Splice(after, after, b" " + text + b",")]
        return [Splice(end, end, b", " + text)]
    behind = file.span(comma)[1] if comma is not None else end
    line_end = file.line_end(behind)
    new_line = file.newline + file.indentation(file.span(last)[0]) + text
    if comma is not None:
        return [Splice(line_end, line_end, new_line + b",")]
    if line_end == end:
        return [Splice(end, end, b"," + new_line)]
    return [Splice(end, end, b","), Splice(line_end, line_end, new_line)]
