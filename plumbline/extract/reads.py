"""Which chains of attributes an outline keeps when they are only read."""

from __future__ import annotations

import ast

from plumbline.extract.values import dotted

WATCHED = frozenset(
    "user session scope resolver_match queries is_open is_closed is_half_open is_authenticated is_anonymous "
    "limited current_state fail_counter".split()
)
"""Attributes whose reading tells something by itself: of a request (and whether it is over a rate limit), a
consumer, a connection, a circuit breaker.

To keep every chain would double an outline; a rule that needs another attribute adds it here.
"""
_KEYED = ("scope", "connections")
_LIMIT = 40


def is_keyed(node: ast.expr) -> bool:
    """Whether an expression is the scope of an ASGI connection, or Django's database connections, by its name."""
    if isinstance(node, ast.Attribute):
        return node.attr in _KEYED
    return isinstance(node, ast.Name) and node.id in _KEYED


def root_of(node: ast.expr) -> ast.expr:
    """What lies under the subscripts of an expression."""
    while type(node) is ast.Subscript:
        node = node.value
    return node


def chain(node: ast.expr) -> str:
    """A chain as ``dotted`` gives it, with the keys that are text: ``self.scope["user"].email``."""
    name = dotted(node)
    if "[]" not in name or "(" in name or "?" in name:
        return name
    keys: list[str] = []
    inner: ast.expr = node
    while isinstance(inner, ast.Attribute | ast.Subscript):
        if isinstance(inner, ast.Subscript):
            key = inner.slice
            keys.append(
                f'["{key.value[:_LIMIT]}"]'
                if isinstance(key, ast.Constant) and isinstance(key.value, str)
                else "[]"
            )
        inner = inner.value
    parts = name.split("[]")
    return "".join(part + key for part, key in zip(parts, [*reversed(keys), ""], strict=True))
