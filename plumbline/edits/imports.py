"""Edits of the import statements at the top of a module."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import libcst as cst

from plumbline.edits import GroupImports, NotAsExpected, RemoveImport
from plumbline.edits.members import is_blank, previous, territory
from plumbline.edits.splices import Splice
from plumbline.edits.syntax import PythonFile, chain_of


def group_imports(file: PythonFile, edit: GroupImports) -> list[Splice]:
    """Sort the import statements at the top into groups, one blank line between them; each keeps its comments."""
    groups = dict(edit.groups)
    renames = {line: (old, new) for line, old, new in edit.renames}
    block: list[tuple[int, cst.SimpleStatementLine]] = []
    for item in file.module.body:
        if not isinstance(item, cst.SimpleStatementLine) or not _imports(item):
            if block:
                break
            continue
        line = file.line_of(file.span(item)[0])
        if line not in groups:
            raise NotAsExpected(f"the import on line {line} is not known")
        if len(item.body) != 1:
            raise NotAsExpected(f"line {line} holds more than one statement")
        block.append((groups[line], item))
    if not block:
        raise NotAsExpected("no import stands at the top")
    lines = [file.line_of(file.span(item)[0]) for _, item in block]
    if not renames.keys() <= set(lines):
        raise NotAsExpected("an import to rewrite stands below other code")
    start = end = file.line_starts[lines[0] - 1]
    chunks: dict[int, list[_Chunk]] = {}
    for place, ((group, item), line) in enumerate(zip(block, lines, strict=True)):
        first, last = territory(file, item)
        # A comment that stands apart above a statement goes where that goes.
        above, chunk = file.code[end : max(first, start)], file.code[max(first, start) : last]
        if line in renames:
            old, new = (f"from {module} import".encode() for module in renames[line])
            if chunk.count(old) != 1:
                raise NotAsExpected(f"line {line} is not written as expected")
            chunk = chunk.replace(old, new)
        is_apart = bool(above) and is_blank(file, end)
        end = last
        if above.strip():
            chunk = above.lstrip() + chunk
        if b"isort:" in chunk:
            raise NotAsExpected("a comment asks to leave the order alone")
        if not chunk.endswith((b"\n", b"\r")):
            chunk += file.newline
        chunks.setdefault(group, []).append(_Chunk(place, is_apart, chunk))
    text = file.newline.join(_joined(chunks[group], file.newline) for group in sorted(chunks))
    return [Splice(start, end, text)]


class _Chunk(NamedTuple):
    """An import statement with its comments: where it stood, and whether a blank line was above it."""

    place: int
    is_apart: bool
    text: bytes


def _joined(chunks: list[_Chunk], newline: bytes) -> bytes:
    """The statements of a group; blank lines between those that stood together before stay."""
    text = chunks[0].text
    for before, chunk in pairwise(chunks):
        is_apart = chunk.is_apart and chunk.place == before.place + 1
        text += (newline if is_apart else b"") + chunk.text
    return text


def _imports(item: cst.SimpleStatementLine) -> bool:
    return all(isinstance(part, cst.Import | cst.ImportFrom) for part in item.body)


def remove_import(file: PythonFile, edit: RemoveImport) -> list[Splice]:
    """Take out ``from module import name``, with the line if nothing else is imported there."""
    for item in file.module.body:
        if not isinstance(item, cst.SimpleStatementLine) or not _imports(item):
            continue
        if file.line_of(file.span(item)[0]) != edit.line:
            continue
        part = item.body[0]
        if (
            len(item.body) != 1
            or not isinstance(part, cst.ImportFrom)
            or isinstance(part.names, cst.ImportStar)
            or part.module is None
            or chain_of(part.module) != edit.module
            or [chain_of(alias.name) for alias in part.names] != [edit.name]
        ):
            raise NotAsExpected(f"line {edit.line} does not import `{edit.name}` alone")
        start, end = territory(file, item)
        start = file.line_starts[edit.line - 1]
        at_top = start == 0 or is_blank(file, previous(file, start))
        while at_top and end < len(file.code) and is_blank(file, end):
            end = file.next_line(end)
        return [Splice(start, end, b"")]
    raise NotAsExpected(f"line {edit.line} begins no import")
