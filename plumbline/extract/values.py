"""Syntax tree expressions to ``Value``: literals, names and the shapes that settings and field arguments take."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable
from typing import Any

from plumbline.outline import Choice, Invocation, Joined, Many, Opaque, Ref, Table, Text, Value

DEEP = 12
"""How many levels of a settings value or field definition are kept."""
SHALLOW = 2
"""How many levels of an argument inside a function are kept."""

_TEXT_LIMIT = 1_000
_ITEM_LIMIT = 400
_INTEGER_LIMIT = 1 << 62
_CHAIN_LIMIT = 40
_OPERATORS = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%", ast.Pow: "**",
    ast.BitOr: "|", ast.BitAnd: "&",
}  # fmt: skip
_DISPLAYS = {ast.List: "list", ast.Tuple: "tuple", ast.Set: "set"}
_STRINGS: tuple[type, ...] = (ast.JoinedStr,)
if sys.version_info >= (3, 14):
    _STRINGS = (ast.JoinedStr, ast.TemplateStr)


def dotted(node: ast.expr) -> str:
    """The chain of an expression as written: ``Order.objects.filter().first``; ``?`` stands for an unnamed root."""
    kind: type = type(node)
    if kind is ast.Name:
        return node.id  # type: ignore[attr-defined, no-any-return]
    if kind is ast.Attribute and type(node.value) is ast.Name:  # type: ignore[attr-defined]
        return f"{node.value.id}.{node.attr}"  # type: ignore[attr-defined]
    parts: list[str] = []
    while True:
        kind = type(node)
        if kind is ast.Attribute:
            parts.append(node.attr)  # type: ignore[attr-defined]
            parts.append(".")
            node = node.value  # type: ignore[attr-defined]
        elif kind is ast.Name:
            parts.append(node.id)  # type: ignore[attr-defined]
            break
        elif kind is ast.Call:
            parts.append("()")
            node = node.func  # type: ignore[attr-defined]
        elif kind is ast.Subscript:
            parts.append("[]")
            node = node.value  # type: ignore[attr-defined]
        else:
            parts.append("?")
            break
        if len(parts) > _CHAIN_LIMIT:
            parts.append("?")
            break
    if len(parts) == 1:
        return parts[0]
    parts.reverse()
    return "".join(parts)


def value_of(node: ast.expr, depth: int) -> Value:
    """The ``Value`` of an expression, ``depth`` levels deep."""
    kind = type(node)
    if kind is ast.Constant:
        return _constant(node.value)  # type: ignore[attr-defined]
    if kind is ast.Name:
        return Ref(node.id)  # type: ignore[attr-defined]
    if kind is ast.Attribute:
        name = dotted(node)
        return Opaque("attribute") if "?" in name else Ref(name)
    reader = _READERS.get(kind)
    return Opaque(kind.__name__) if reader is None else reader(node, depth)


def _kept(text: str, limit: int) -> str:
    """A string literal, cut, and with lone surrogates escaped: Python may hold them, msgpack may not."""
    if not text.isascii():
        text = text.encode("utf-8", "backslashreplace").decode()
    return text if len(text) <= limit else text[:limit] + "…"


def _constant(value: object) -> Value:
    kind = type(value)
    if kind is str:
        return _kept(value, _TEXT_LIMIT)  # type: ignore[arg-type]
    if value is None or kind is bool or kind is float:
        return value  # type: ignore[return-value]
    if kind is int and abs(value) < _INTEGER_LIMIT:  # type: ignore[arg-type]
        return value  # type: ignore[return-value]
    return Opaque("..." if value is Ellipsis else kind.__name__)


def _call(node: ast.Call, depth: int) -> Value:
    if depth <= 0:
        return Invocation(dotted(node.func), [], [], node.lineno, node.end_lineno or node.lineno)
    return Invocation(
        dotted(node.func),
        [value_of(arg, depth - 1) for arg in node.args[:_ITEM_LIMIT]],
        [(keyword.arg or "**", value_of(keyword.value, depth - 1)) for keyword in node.keywords],
        node.lineno,
        node.end_lineno or node.lineno,
    )


def _display(node: ast.List | ast.Tuple | ast.Set, depth: int) -> Value:
    kind = _DISPLAYS[type(node)]
    if depth <= 0:
        return Opaque(kind)
    return Many(kind, [value_of(item, depth - 1) for item in node.elts[:_ITEM_LIMIT]])


def _dict(node: ast.Dict, depth: int) -> Value:
    if depth <= 0:
        return Opaque("dict")
    keys = [Opaque("**") if key is None else value_of(key, 1) for key in node.keys[:_ITEM_LIMIT]]
    return Table(keys, [value_of(value, depth - 1) for value in node.values[:_ITEM_LIMIT]])


def _binary(node: ast.BinOp, depth: int) -> Value:
    operator = _OPERATORS.get(type(node.op))
    if operator is None or depth <= 0:
        return Opaque("BinOp")
    return Joined(operator, value_of(node.left, depth - 1), value_of(node.right, depth - 1))


def _unary(node: ast.UnaryOp, depth: int) -> Value:
    value = value_of(node.operand, depth - 1) if depth > 0 else None
    if type(node.op) is ast.USub and type(value) in (int, float):
        return -value  # type: ignore[operator]
    if type(node.op) is ast.Not and isinstance(value, Ref):
        return Opaque(f"not {value.name}")
    return Opaque("UnaryOp")


def _conditional(node: ast.IfExp, depth: int) -> Value:
    if depth <= 0:
        return Opaque("IfExp")
    return Choice(
        value_of(node.test, 1), value_of(node.body, depth - 1), value_of(node.orelse, depth - 1)
    )


def _either(node: ast.BoolOp, depth: int) -> Value:
    if type(node.op) is not ast.Or or depth <= 0:
        return Opaque("BoolOp")
    return Choice(
        Opaque("or"), value_of(node.values[0], depth - 1), value_of(node.values[-1], depth - 1)
    )


def _interpolated(node: ast.JoinedStr, depth: int) -> Value:
    parts = [part.value if type(part) is ast.Constant else "{}" for part in node.values]
    fields = [dotted(part.value) for part in node.values if type(part) is not ast.Constant]  # type: ignore[attr-defined]
    return Text(_kept("".join(map(str, parts)), _TEXT_LIMIT), fields)


def _subscript(node: ast.Subscript, depth: int) -> Value:
    """``os.environ["X"]`` is an invocation named ``os.environ[]``; a generic base class looks the same."""
    keys = [value_of(node.slice, depth - 1)] if depth > 0 else []
    return Invocation(dotted(node), keys, [], node.lineno, node.end_lineno or node.lineno)


def _starred(node: ast.Starred, depth: int) -> Value:
    return Invocation(
        "*", [value_of(node.value, depth - 1)] if depth > 0 else [], [], node.lineno, node.lineno
    )


_READERS: dict[type, Callable[[Any, int], Value]] = {
    ast.Call: _call, ast.List: _display, ast.Tuple: _display, ast.Set: _display, ast.Dict: _dict, ast.BinOp: _binary,
    ast.UnaryOp: _unary, ast.IfExp: _conditional, ast.BoolOp: _either, ast.Starred: _starred, ast.Subscript: _subscript,
    **dict.fromkeys(_STRINGS, _interpolated),
}  # fmt: skip


def annotation_of(node: ast.expr | None, depth: int = 4) -> str:
    """An annotation as text: ``list[Order]``, ``Order | None``; empty if there is none."""
    if node is None:
        return ""
    kind = type(node)
    if kind is ast.Name:
        return node.id  # type: ignore[attr-defined, no-any-return]
    if kind is ast.Attribute:
        return dotted(node)
    if kind is ast.Constant:
        value = node.value  # type: ignore[attr-defined]
        return _kept(value, 200) if type(value) is str else str(value)[:40]
    if depth <= 0:
        return "?"
    if kind is ast.Subscript:
        return f"{annotation_of(node.value, depth - 1)}[{annotation_of(node.slice, depth - 1)}]"  # type: ignore[attr-defined]
    if kind is ast.Tuple or kind is ast.List:
        return ", ".join(annotation_of(item, depth - 1) for item in node.elts[:10])  # type: ignore[attr-defined]
    if kind is ast.BinOp:
        return f"{annotation_of(node.left, depth - 1)} | {annotation_of(node.right, depth - 1)}"  # type: ignore[attr-defined]
    return "?"
