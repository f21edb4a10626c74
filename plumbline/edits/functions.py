"""Edits of functions: parameters and statements."""

from __future__ import annotations

from collections.abc import Iterator
from typing import override

import libcst as cst

from plumbline.edits import (
    AddDecorator,
    AddParameter,
    AddStatement,
    NotAsExpected,
    RenameParameter,
    RequireKeywords,
)
from plumbline.edits.splices import Splice
from plumbline.edits.syntax import PythonFile

_REFLECTION = frozenset(("locals", "vars", "eval", "exec", "dir", "globals"))


def rename_parameter(file: PythonFile, edit: RenameParameter) -> list[Splice]:
    """Rename a parameter and every use of it; refused where a name might mean something else somewhere in it."""
    function = file.function(edit.line, edit.column)
    params = list(_parameters(function.params))
    named = [param.name for param in params if param.name.value == edit.old]
    if len(named) != 1:
        raise NotAsExpected(f"it has no parameter `{edit.old}`")
    if any(param.name.value == edit.new for param in params):
        raise NotAsExpected(f"it has a parameter `{edit.new}` already")
    seen = _Variables()
    function.body.visit(seen)
    values = {name.value for name in seen.names}
    if edit.new in values:
        raise NotAsExpected(f"it uses the name `{edit.new}` for something else")
    if not _REFLECTION.isdisjoint(values):
        raise NotAsExpected("it looks at its own names while it runs")
    uses = [name for name in seen.names if name.value == edit.old]
    if set(uses) != file.uses_of(named[0]):
        raise NotAsExpected(f"another scope in it has a `{edit.old}` of its own")
    return [Splice(*file.span(name), edit.new.encode()) for name in [*named, *uses]]


def require_keywords(file: PythonFile, edit: RequireKeywords) -> list[Splice]:
    """Put ``*`` before the first parameter, or move it there from further on."""
    params = file.function(edit.line, edit.column).params
    if params.posonly_params or isinstance(params.star_arg, cst.Param) or not params.params:
        raise NotAsExpected("its parameters cannot all be given by keyword")
    start = file.span(params.params[0])[0]
    splices = [Splice(start, start, b"*, ")]
    if isinstance(params.star_arg, cst.ParamStar):
        star, end = file.span(params.star_arg)[0], file.span(params.kwonly_params[0])[0]
        if b"#" in file.code[star:end]:
            raise NotAsExpected("a comment stands beside its `*`")
        splices.append(Splice(star, end, b""))
    return splices


def add_parameter(file: PythonFile, edit: AddParameter) -> list[Splice]:
    """Put a parameter behind the last one, in the layout of the list; refused where there is none or it is there."""
    params = file.function(edit.line, edit.column).params
    named = list(_parameters(params))
    if not named or isinstance(params.star_kwarg, cst.Param):
        raise NotAsExpected("it takes nothing yet, or any keyword already")
    last = named[-1]
    start, end = file.span(last)
    first_line = file.line_of(file.span(named[0])[0])
    comma = last.comma if isinstance(last.comma, cst.Comma) else None
    behind = file.span(comma)[1] if comma is not None else end
    rest = file.code[behind : file.line_end(behind)].strip()
    parameter = edit.parameter.encode()
    if rest.startswith(b"#"):
        raise NotAsExpected("a comment stands behind its last parameter")
    if rest or first_line == edit.line:
        gap = b" " if comma is not None else b", "
        return [Splice(behind, behind, gap + parameter)]
    gap = b"" if comma is not None else b","
    new_line = gap + file.newline + file.indentation(start) + parameter
    return [Splice(behind, behind, new_line + (b"," if comma is not None else b""))]


def add_decorator(file: PythonFile, edit: AddDecorator) -> list[Splice]:
    """Put a decorator on a line of its own below those that the function has; refused where it has it."""
    function = file.function(edit.line, edit.column)
    decorator = edit.decorator.encode()
    for item in function.decorators:
        start, end = file.span(item.decorator)
        if file.code[start:end] == decorator:
            raise NotAsExpected(f"it is decorated by `{edit.decorator}` already")
    start = file.offset(edit.line, edit.column)
    line = b"@" + decorator + file.newline + file.indentation(start)
    return [Splice(start, start, line)]


def _parameters(params: cst.Parameters) -> Iterator[cst.Param]:
    yield from (*params.posonly_params, *params.params, *params.kwonly_params)
    for star in (params.star_arg, params.star_kwarg):
        if isinstance(star, cst.Param):
            yield star


class _Variables(cst.CSTVisitor):
    """Gathers names that stand for variables: not those of attributes, keywords and imported things."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[cst.Name] = []

    @override
    def visit_Name(self, node: cst.Name) -> None:
        self.names.append(node)

    @override
    def visit_Attribute(self, node: cst.Attribute) -> bool:
        node.value.visit(self)
        return False

    @override
    def visit_Arg(self, node: cst.Arg) -> bool:
        node.value.visit(self)
        return False


def add_statement(file: PythonFile, edit: AddStatement) -> list[Splice]:
    """Add a statement at the end of a function, above a last ``return`` or ``raise``, in place of a lone ``pass``."""
    function = file.function(edit.line, edit.column)
    statement = edit.statement.encode()
    body = function.body
    if isinstance(body, cst.SimpleStatementSuite):
        if len(body.body) != 1 or not isinstance(body.body[0], cst.Pass):
            raise NotAsExpected("its body stands on the line of its `def`")
        start, end = file.span(body.body[0])
        colon = file.code.rindex(b":", 0, start) + 1
        inner = file.indentation(file.span(function)[0]) + file.indent
        return [Splice(colon, end, file.newline + inner + statement)]
    last = body.body[-1]
    ending = last.body[-1] if isinstance(last, cst.SimpleStatementLine) else None
    start, end = file.span(last)
    if isinstance(last, cst.SimpleStatementLine) and [*map(type, last.body)] == [cst.Pass]:
        return [Splice(start, end, statement)]
    if isinstance(ending, cst.Return | cst.Raise):
        return [Splice(start, start, statement + file.newline + file.indentation(start))]
    after = file.line_end(end)
    indent = file.indentation(file.span(body.body[0])[0])
    return [Splice(after, after, file.newline + indent + statement)]
