"""What can be said of a setting's value without running the program: plain Python with marks for what is not known."""

from __future__ import annotations

from typing import Any, Final

import msgspec


class _Unknown:
    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = _Unknown()
"""A value, or a part of a list or dict, that only running the program could tell."""


_LARGE = 1 << 64

type Plain = Any
"""A value in plain Python, which may be any."""


class Symbol(msgspec.Struct, frozen=True):
    """A name from outside the settings, such as an enum member: ``django.utils.csp.CSP.SELF``."""

    name: str


class Perhaps(msgspec.Struct, frozen=True):
    """A list item that is there in some runs only: it was added or removed under a condition."""

    value: Any


class Effort:
    """How many parts of values may still be put together; settings that would double for ever count as unknown."""

    def __init__(self, parts: int = 1_000_000, *, at_once: int = 100_000) -> None:
        self._left = parts
        self._at_once = at_once

    def affords(self, value: Plain) -> bool:
        """Whether a value is small enough to be kept; its parts are paid for."""
        count, pending = 1, [value]
        limit = min(self._left, self._at_once)
        while pending and count <= limit:
            item = pending.pop()
            if isinstance(item, Perhaps):
                item = item.value
            if isinstance(item, list | dict):
                count += len(item)
                parts = item if isinstance(item, list) else item.values()
                pending += [part for part in parts if isinstance(part, list | dict | Perhaps)]
        self._left = max(0, self._left - count)
        return count <= limit


def is_known(value: Plain) -> bool:
    """Whether no part of a value is unknown."""
    if value is UNKNOWN or isinstance(value, Perhaps):
        return False
    if isinstance(value, list):
        return all(is_known(item) for item in value)
    if isinstance(value, dict):
        return all(is_known(key) and is_known(item) for key, item in value.items())
    return True


def perhaps(item: Plain) -> Plain:
    """A list item that may be missing."""
    return item if item is UNKNOWN or isinstance(item, Perhaps) else Perhaps(item)


def either(first: Plain, second: Plain) -> Plain:
    """What can be said when one of two values holds; what both agree on stays known."""
    if first is second or (type(first) is type(second) and first == second):
        return first
    if isinstance(first, list) and isinstance(second, list):
        return _either_list(first, second)
    if isinstance(first, dict) and isinstance(second, dict):
        both = {key: either(first[key], item) for key, item in second.items() if key in first}
        return both if len(both) == len(first) == len(second) else {**both, UNKNOWN: UNKNOWN}
    for known in (first, second):
        if isinstance(known, list):
            return [*map(perhaps, known), UNKNOWN]
        if isinstance(known, dict):
            return {UNKNOWN: UNKNOWN}
    return UNKNOWN


def _either_list(first: list[Any], second: list[Any]) -> list[Any]:
    """Both lists in one, in order; what is in one of them only may be missing."""
    merged: list[Any] = []
    start = 0
    for item in second:
        plain = item.value if isinstance(item, Perhaps) else item
        place = next(
            (
                index
                for index in range(start, len(first))
                if plain == (it.value if isinstance(it := first[index], Perhaps) else it)
            ),
            None,
        )
        if place is None:
            merged.append(perhaps(item))
            continue
        merged += map(perhaps, first[start:place])
        merged.append(perhaps(item) if isinstance(first[place], Perhaps) else item)
        start = place + 1
    return [*merged, *map(perhaps, first[start:])]


def changed(old: Plain, operator: str, value: Plain) -> Plain:
    """What a statement such as ``+=`` or ``append`` makes of a value; ``value`` is the list of a call's arguments."""
    arguments = value if isinstance(value, list) else []
    if operator in ("+=", "extend", "append", "add", "insert", "remove"):
        if old is UNKNOWN and (operator != "+=" or isinstance(value, list)):
            old = [UNKNOWN]
        return _changed_list(old, operator, value, arguments) if isinstance(old, list) else UNKNOWN
    if operator in ("update", "|=", "[]=", "setdefault"):
        if old is UNKNOWN:
            old = {UNKNOWN: UNKNOWN}
        return _changed_dict(old, operator, value, arguments) if isinstance(old, dict) else UNKNOWN
    return UNKNOWN


def _changed_list(old: list[Any], operator: str, value: Plain, arguments: list[Any]) -> list[Any]:
    if operator in ("+=", "extend"):
        added = value if operator == "+=" else (arguments or [UNKNOWN])[0]
        return [*old, *added] if isinstance(added, list) else [*old, UNKNOWN]
    if operator == "remove":
        if UNKNOWN in arguments:
            return [perhaps(item) for item in old]
        gone = [*arguments, *map(Perhaps, arguments)]
        return [item for item in old if item not in gone]
    if operator == "insert" and len(arguments) > 1:
        place, item = arguments[:2]
        if type(place) is not int:
            return [*old, perhaps(item)]  # held for certain, but at a place that is not known
        return [*old[:place], item, *old[place:]]
    return [*old, *arguments[:1]]


def _changed_dict(
    old: dict[Any, Any], operator: str, value: Plain, arguments: list[Any]
) -> dict[Any, Any]:
    if operator == "setdefault":
        key, default = [*arguments, None, None][:2]
        if not isinstance(key, str | int) or UNKNOWN in old:
            return {**old, UNKNOWN: UNKNOWN}
        return old if key in old else {**old, key: default}
    added = (arguments or [UNKNOWN])[0] if operator == "update" else value
    return {**old, **added} if isinstance(added, dict) else {**old, UNKNOWN: UNKNOWN}


def changed_within(old: Plain, depth: int, operator: str, value: Plain) -> Plain:
    """What ``NAME[…][…].append(…)`` makes of a value when only the number of subscripts is known.

    The one place that fits is taken; of several that fit each may have changed.
    """
    if depth == 0:
        return changed(old, operator, value)
    if not isinstance(old, list | dict):
        return UNKNOWN
    places = list(enumerate(old)) if isinstance(old, list) else list(old.items())
    fitting = [(key, item) for key, item in places if _fits(item, depth - 1, operator)]
    if not fitting:
        return [*old, UNKNOWN] if isinstance(old, list) else {**old, UNKNOWN: UNKNOWN}
    result: Any = list(old) if isinstance(old, list) else dict(old)
    is_certain = len(fitting) == 1 and UNKNOWN not in old
    for key, item in fitting:
        new = changed_within(item, depth - 1, operator, value)
        result[key] = new if is_certain else either(item, new)
    return result


def _fits(item: Plain, depth: int, operator: str) -> bool:
    if depth:
        inner = item if isinstance(item, list) else item.values() if isinstance(item, dict) else ()
        return any(_fits(part, depth - 1, operator) for part in inner)
    return isinstance(item, dict if operator in ("update", "|=", "[]=", "setdefault") else list)


def _is_small(value: Plain) -> bool:
    """Whether a value is a number with which one can count without end to memory or time."""
    return type(value) in (int, float) and -_LARGE < value < _LARGE


def arithmetic(operator: str, left: Plain, right: Plain) -> Plain:
    """The result of a binary operation, as far as both sides are known."""
    if operator == "+" and (isinstance(left, list) or isinstance(right, list)):
        return [
            *(left if isinstance(left, list) else [UNKNOWN]),
            *(right if isinstance(right, list) else [UNKNOWN]),
        ]
    if operator == "|" and isinstance(left, dict) and isinstance(right, dict):
        return {**left, **right}
    if operator == "+" and isinstance(left, str) and isinstance(right, str):
        return (left + right)[:4_000]
    if _is_small(left) and _is_small(right):
        if operator == "+":
            return left + right
        if operator == "-":
            return left - right
        if operator == "*":
            return left * right
        if operator == "/" and right:
            return left / right
        if operator == "//" and right:
            return left // right
    return UNKNOWN
