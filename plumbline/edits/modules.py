"""Edits at the top level of a module: imports and bindings."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from plumbline.edits import (
    AddImport,
    Assign,
    NotAsExpected,
    RemoveStatement,
    ReplaceStatement,
    SetValue,
)
from plumbline.edits.members import is_blank, previous, territory
from plumbline.edits.splices import Splice
from plumbline.edits.syntax import PythonFile, chain_of


def add_import(file: PythonFile, edit: AddImport) -> list[Splice]:
    """Import a name among the other imports at the top of the file."""
    last: cst.BaseStatement | None = None
    place: cst.BaseStatement | None = None
    for index, item in enumerate(file.module.body):
        parts = item.body if isinstance(item, cst.SimpleStatementLine) else ()
        if parts and all(isinstance(part, cst.Import | cst.ImportFrom) for part in parts):
            last = item
            if any(_imports(part, edit) for part in parts):
                return []
            line = file.line_of(file.span(item)[0])
            if place is None and (edit.after in (0, line) or edit.before == line):
                place = item
        elif not (index == 0 and _is_docstring(item)):
            break
        else:
            last = item
    origin = f"from {edit.module} " if edit.module else ""
    statement = f"{origin}import {edit.name}".encode()
    if place is not None and edit.after == 0:
        start = file.line_starts[file.line_of(file.span(place)[0]) - 1]
        return [Splice(start, start, statement + file.newline * 2)]
    if place is not None and edit.before:
        start = file.line_starts[edit.before - 1]
        if not file.code[previous(file, start) : start].lstrip().startswith(b"#"):
            return [Splice(start, start, statement + file.newline)]
    last = place or last
    if last is None:
        start = file.span(file.module.body[0])[0] if file.module.body else len(file.code)
        start = file.line_starts[file.line_of(start) - 1]
        return [Splice(start, start, statement + file.newline * 2)]
    end = file.line_end(file.span(last)[1])
    is_apart = _is_docstring(last) or (place is not None and edit.is_apart)
    gap = file.newline * (2 if is_apart else 1)
    return [Splice(end, end, gap + statement)]


def _imports(part: cst.CSTNode, edit: AddImport) -> bool:
    if isinstance(part, cst.Import):
        return not edit.module and any(
            chain_of(alias.name) == edit.name and alias.asname is None for alias in part.names
        )
    if not isinstance(part, cst.ImportFrom) or isinstance(part.names, cst.ImportStar):
        return False
    module = "." * len(part.relative) + (chain_of(part.module) if part.module else "")
    return module == edit.module and any(
        chain_of(alias.name) == edit.name and alias.asname is None for alias in part.names
    )


def _is_docstring(item: cst.CSTNode) -> bool:
    return (
        isinstance(item, cst.SimpleStatementLine)
        and isinstance(item.body[0], cst.Expr)
        and isinstance(item.body[0].value, cst.SimpleString | cst.ConcatenatedString)
    )


def set_value(file: PythonFile, edit: SetValue) -> list[Splice]:
    """Replace the value of an assignment."""
    for node in file.nodes(cst.Assign):
        if file.line_of(file.span(node)[0]) == edit.line:
            return [Splice(*file.outer_span(node.value), edit.value.encode())]
    raise NotAsExpected(f"line {edit.line} begins no assignment")


def replace_statement(file: PythonFile, edit: ReplaceStatement) -> list[Splice]:
    """Replace a statement of the module's top level that is alone on its line."""
    for item in file.module.body:
        if not isinstance(item, cst.SimpleStatementLine):
            continue
        start, end = file.span(item)
        if file.line_of(start) != edit.line:
            continue
        if len(item.body) != 1:
            raise NotAsExpected(f"line {edit.line} holds more than one statement")
        return [Splice(start, end, edit.statement.encode())]
    raise NotAsExpected(f"line {edit.line} begins no statement of the module")


def remove_statement(file: PythonFile, edit: RemoveStatement) -> list[Splice]:
    """Take out a simple statement, and the blank lines that only set it apart; a block is left with ``pass``."""
    blocks: list[Sequence[cst.BaseStatement]] = [
        file.module.body,
        *(block.body for block in file.nodes(cst.IndentedBlock)),
    ]
    for body in blocks:
        for item in body:
            if (
                isinstance(item, cst.SimpleStatementLine)
                and file.line_of(file.span(item)[0]) == edit.line
            ):
                return _without(file, body, item)
    raise NotAsExpected(f"line {edit.line} begins no statement")


def _without(
    file: PythonFile, body: Sequence[cst.BaseStatement], item: cst.SimpleStatementLine
) -> list[Splice]:
    if len(item.body) != 1 or not isinstance(item.body[0], cst.Assign | cst.AnnAssign):
        raise NotAsExpected("it shares its line, or is no assignment")
    if len(body) == 1 and body is not file.module.body:
        return [Splice(*file.span(item), b"pass")]
    start, end = territory(file, item)
    if body[-1] is item:
        while start > 0 and is_blank(file, previous(file, start)):
            start = previous(file, start)
    elif body[0] is item or is_blank(file, previous(file, start)):
        while is_blank(file, end):
            end = file.next_line(end)
    return [Splice(start, end, b"")]


def assign(file: PythonFile, edit: Assign) -> list[Splice]:
    """Bind a name in a new line below the last names of its family, or at the end."""
    family = edit.name.partition("_")[0] + "_"
    last: cst.CSTNode | None = None
    for item in file.module.body:
        for part in item.body if isinstance(item, cst.SimpleStatementLine) else ():
            if isinstance(part, cst.Assign):
                name = chain_of(part.targets[0].target)
                if name == edit.name:
                    raise NotAsExpected(f"`{edit.name}` is bound already")
                if name.startswith(family):
                    last = item
    statement = f"{edit.name} = {edit.value}".encode()
    if last is not None:
        end = file.line_end(file.span(last)[1])
        return [Splice(end, end, file.newline + statement)]
    end = len(file.code)
    gap = b"" if not file.code or file.code.endswith((b"\n", b"\r")) else file.newline
    return [Splice(end, end, gap + statement + file.newline)]
