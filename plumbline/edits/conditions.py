"""Edits of the conditions of ``if`` and ``while``."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from plumbline.edits import CompareWithNone, NotAsExpected
from plumbline.edits.splices import Splice
from plumbline.edits.syntax import PythonFile


def compare_with_none(file: PythonFile, edit: CompareWithNone) -> list[Splice]:
    """Write ``x is not None`` for ``x`` and ``x is None`` for ``not x``."""
    branches: list[cst.If | cst.While] = [*file.nodes(cst.If), *file.nodes(cst.While)]
    found: list[Splice] = []
    for branch in branches:
        for node in _truths(branch.test):
            is_negated = isinstance(node, cst.UnaryOperation)
            name = node.expression if isinstance(node, cst.UnaryOperation) else node
            if not isinstance(name, cst.Name) or name.value != edit.name:
                continue
            if file.line_of(file.span(name)[0]) == edit.line:
                comparison = "is None" if is_negated else "is not None"
                found.append(Splice(*file.span(node), f"{edit.name} {comparison}".encode()))
    if len(found) != 1:
        raise NotAsExpected(f"the truth of `{edit.name}` does not decide line {edit.line} once")
    return found


def _truths(test: cst.BaseExpression) -> Iterator[cst.BaseExpression]:
    """The parts of a condition whose truth decides it: names, and names behind ``not``."""
    if isinstance(test, cst.BooleanOperation):
        yield from _truths(test.left)
        yield from _truths(test.right)
    elif isinstance(test, cst.UnaryOperation) and isinstance(test.operator, cst.Not):
        if isinstance(test.expression, cst.Name):
            yield test
        else:
            yield from _truths(test.expression)
    elif isinstance(test, cst.Name):
        yield test
