"""What the body of a function says as a whole: how it ends, what it documents, what its conditions test."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from plumbline import outline as o

_ARGUMENTS = re.compile(
    r"^\s*(Args|Arguments|Parameters|Params)\s*:?\s*$|^\s*:param\b", re.MULTILINE
)
_RETURN = re.compile(
    r"^\s*(Returns?|Yields?)\s*:?\s*$|^\s*:(returns?|rtype|yields?)\b", re.MULTILINE
)
_ERRORS = re.compile(r"^\s*(Raises|Exceptions)\s*:?\s*$|^\s*:(raises?|except)\b", re.MULTILINE)
_ENDLESS = (ast.Return, ast.Raise, ast.Continue, ast.Break)


def documented(body: Sequence[ast.stmt]) -> int:
    """Whether there is a docstring and which sections it has, as bits of ``Function.documented``."""
    first = body[0]
    if type(first) is not ast.Expr or type(first.value) is not ast.Constant:
        return 0
    text = first.value.value
    if type(text) is not str:
        return 0
    if "\n" not in text and ":" not in text:
        return o.HAS_DOCSTRING
    return (
        o.HAS_DOCSTRING
        | (o.DOCUMENTS_ARGUMENTS if _ARGUMENTS.search(text) else 0)
        | (o.DOCUMENTS_RETURN if _RETURN.search(text) else 0)
        | (o.DOCUMENTS_ERRORS if _ERRORS.search(text) else 0)
    )


def falls_through(body: Sequence[ast.stmt]) -> bool:
    """Whether the end of a block may be reached, as far as its last statement tells."""
    last = body[-1]
    if isinstance(last, _ENDLESS):
        return False
    if isinstance(last, ast.If):
        return not last.orelse or falls_through(last.body) or falls_through(last.orelse)
    if isinstance(last, ast.With | ast.AsyncWith):
        return falls_through(last.body)
    if isinstance(last, ast.While):
        endless = isinstance(last.test, ast.Constant) and bool(last.test.value)
        return not endless or _breaks(last.body)
    if isinstance(last, ast.Try | ast.TryStar):
        if last.finalbody and not falls_through(last.finalbody):
            return False
        ends = [last.orelse or last.body, *(handler.body for handler in last.handlers)]
        return any(falls_through(block) for block in ends)
    if isinstance(last, ast.Match):
        is_total = any(
            isinstance(case.pattern, ast.MatchAs)
            and case.pattern.pattern is None
            and case.guard is None
            for case in last.cases
        )
        return not is_total or any(falls_through(case.body) for case in last.cases)
    return True


def _breaks(body: Sequence[ast.stmt]) -> bool:
    """Whether a ``break`` of the loop itself stands in its body."""
    for statement in body:
        if isinstance(statement, ast.Break):
            return True
        if isinstance(
            statement, ast.For | ast.AsyncFor | ast.While | ast.FunctionDef | ast.ClassDef
        ):
            continue
        for name in ("body", "orelse", "finalbody"):
            if _breaks(getattr(statement, name, ())):
                return True
        for part in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
            if _breaks(part.body):
                return True
    return False


def tested_names(test: ast.expr) -> Iterator[tuple[str, int]]:
    """The plain names whose truth decides a condition, with their lines."""
    kind = type(test)
    if kind is ast.Name:
        yield test.id, test.lineno  # type: ignore[attr-defined]
    elif kind is ast.UnaryOp and type(test.op) is ast.Not:  # type: ignore[attr-defined]
        yield from tested_names(test.operand)  # type: ignore[attr-defined]
    elif kind is ast.BoolOp:
        for value in test.values:  # type: ignore[attr-defined]
            yield from tested_names(value)


def unbound_names(
    node: ast.Try | ast.TryStar,
    handler: ast.ExceptHandler,
    function: ast.FunctionDef | ast.AsyncFunctionDef,
) -> list[str]:
    """The names that a handler reads and that only the body of its ``try`` binds before it."""
    inside = _bound(node.body)
    if not inside:
        return []
    read: set[str] = set()
    kept: set[str] = {handler.name} if handler.name else set()
    for statement in handler.body:
        for part in _own_nodes(statement):
            if isinstance(part, ast.Name):
                if isinstance(part.ctx, ast.Load):
                    read.add(part.id)
                else:
                    kept.add(part.id)
    wanted = (read & inside) - kept
    if not wanted:
        return []
    arguments = function.args
    before = {item.arg for item in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}
    before |= {item.arg for item in (arguments.vararg, arguments.kwarg) if item is not None}
    for part in _own_nodes(function):
        if getattr(part, "lineno", node.lineno) < node.lineno:
            before |= _names_of(part)
    return sorted(wanted - before)


def _bound(body: Sequence[ast.stmt]) -> set[str]:
    return {
        name for statement in body for part in _own_nodes(statement) for name in _names_of(part)
    }


def _names_of(part: ast.AST) -> set[str]:
    """The names that a node binds."""
    if isinstance(part, ast.Name):
        return {part.id} if isinstance(part.ctx, ast.Store) else set()
    if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {part.name}
    if isinstance(part, ast.Import | ast.ImportFrom):
        return {(alias.asname or alias.name).partition(".")[0] for alias in part.names}
    if isinstance(part, ast.Global | ast.Nonlocal):
        return set(part.names)
    return set()


def _own_nodes(root: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a statement, those inside of nested functions and classes left out; the root itself is walked."""
    waiting: list[ast.AST] = [root]
    while waiting:
        node = waiting.pop()
        yield node
        if node is root or not isinstance(
            node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda
        ):
            waiting.extend(ast.iter_child_nodes(node))
