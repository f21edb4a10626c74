"""The order of members in a class body."""

from __future__ import annotations

from collections.abc import Sequence
from typing import override

import libcst as cst
import libcst.matchers as m

from plumbline.edits import MoveMember, NotAsExpected
from plumbline.edits.splices import Splice
from plumbline.edits.syntax import PythonFile


def move_member(file: PythonFile, edit: MoveMember) -> list[Splice]:
    """Move members with their comments and decorators above another; blank lines go where they belong."""
    members = _members(file, edit.line)
    moved = _member_at(file, members, edit.line)
    target = _member_at(file, members, edit.before)
    last = _member_at(file, members, edit.last) if edit.last else moved
    block = members[members.index(moved) : members.index(last) + 1]
    if not block or members.index(target) >= members.index(moved):
        raise NotAsExpected("it stands above already")
    passed = members[members.index(target) : members.index(moved)]
    bound = _Bound()
    for item in passed:
        item.visit(bound)
    for item in block:
        if not isinstance(item, cst.FunctionDef | cst.ClassDef):
            raise NotAsExpected("what would move is not a class or function")
        if not bound.names.isdisjoint({item.name.value, *_needed(item)}):
            raise NotAsExpected(f"`{item.name.value}` depends on what it would move above")
    start, end = territory(file, moved)[0], territory(file, last)[1]
    chunk = file.code[start:end]
    if not chunk.endswith((b"\n", b"\r")):
        chunk += file.newline
    gap = start
    while file.code[:gap].endswith((b"\n", b"\r")) and is_blank(
        file, before := previous(file, gap)
    ):
        gap = before
    place, _ = territory(file, target)
    needs_gap = members[0] is not target and not is_blank(file, previous(file, place))
    inserted = (file.newline if needs_gap else b"") + chunk + file.newline
    return [Splice(place, place, inserted), Splice(gap, end, b"")]


class _Bound(cst.CSTVisitor):
    """Gathers the names that statements of a class body bind, under a condition or not."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    @override
    def visit_FunctionDef(self, node: cst.FunctionDef) -> bool:
        self.names.add(node.name.value)
        return False

    @override
    def visit_ClassDef(self, node: cst.ClassDef) -> bool:
        self.names.add(node.name.value)
        return False

    @override
    def visit_AssignTarget(self, node: cst.AssignTarget) -> None:
        self._take(node.target)

    @override
    def visit_AnnAssign(self, node: cst.AnnAssign) -> None:
        self._take(node.target)

    def _take(self, target: cst.BaseExpression) -> None:
        if isinstance(target, cst.Name):
            self.names.add(target.value)
        elif isinstance(target, cst.Tuple | cst.List):
            for element in target.elements:
                self._take(element.value)


def _needed(moved: cst.FunctionDef | cst.ClassDef) -> set[str]:
    """The names that are looked up where a definition stands: in decorators, defaults, annotations and bases."""
    parts: list[cst.CSTNode | None] = [*moved.decorators]
    if isinstance(moved, cst.FunctionDef):
        parts.append(moved.returns)
        for param in m.findall(moved.params, m.Param()):
            if isinstance(param, cst.Param):
                parts += [param.default, param.annotation]
    else:
        parts += [*moved.bases, *moved.keywords]
    names = (name for part in parts if part is not None for name in m.findall(part, m.Name()))
    return {name.value for name in names if isinstance(name, cst.Name)}


def _members(file: PythonFile, line: int) -> Sequence[cst.BaseStatement]:
    """The statements of the innermost class body that has one at ``line``."""
    for cls in file.nodes(cst.ClassDef):
        body = cls.body
        if isinstance(body, cst.IndentedBlock) and any(
            _first_line(file, item) <= line <= file.line_of(file.span(item)[0])
            for item in body.body
        ):
            return body.body
    raise NotAsExpected(f"line {line} begins no member of a class")


def _member_at(
    file: PythonFile, members: Sequence[cst.BaseStatement], line: int
) -> cst.BaseStatement:
    for item in members:
        if _first_line(file, item) <= line <= file.line_of(file.span(item)[0]):
            return item
    raise NotAsExpected(f"line {line} begins no member of the same class")


def _first_line(file: PythonFile, item: cst.BaseStatement) -> int:
    """The line on which a statement begins, its decorators included."""
    decorators = item.decorators if isinstance(item, cst.FunctionDef | cst.ClassDef) else ()
    return file.line_of(file.span(decorators[0] if decorators else item)[0])


def territory(file: PythonFile, item: cst.BaseStatement) -> tuple[int, int]:
    """The whole lines of a statement: the comments right above it, decorators, body, comments at the body's end."""
    first = file.line_starts[_first_line(file, item) - 1]
    indent = file.indentation(first)
    if file.code[first : first + len(indent)].strip() or (
        file.span(item)[0] != file.line_starts[file.line_of(file.span(item)[0]) - 1] + len(indent)
    ):
        raise NotAsExpected("it shares its line with something else")
    while first > 0 and file.code[(above := previous(file, first)) : first].lstrip(
        b" \t"
    ).startswith(b"#"):
        if file.indentation(above) != indent:
            break
        first = above
    end = file.next_line(file.span(item)[1])
    reach = end
    while reach < len(file.code):
        line = file.code[reach : file.next_line(reach)]
        text = line.strip()
        if text and not (text.startswith(b"#") and len(file.indentation(reach)) > len(indent)):
            break
        reach = file.next_line(reach)
        if text:
            end = reach
        if reach == len(file.code):
            break
    return first, end


def previous(file: PythonFile, offset: int) -> int:
    """The start of the line above the one that begins at ``offset``."""
    return file.line_starts[max(0, file.line_of(offset) - 2)]


def is_blank(file: PythonFile, start: int) -> bool:
    """Whether the line that begins at ``start`` holds nothing but white space."""
    return not file.code[start : file.line_end(start)].strip()
