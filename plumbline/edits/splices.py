"""Replaced stretches of a file: what positional edits come down to, so that all else stays as it is by construction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Splice(NamedTuple):
    """Replace the bytes from ``start`` to ``end`` by ``text``."""

    start: int
    end: int
    text: bytes


def clash(taken: Sequence[Splice], wanted: Sequence[Splice]) -> bool:
    """Whether two sets of splices touch the same bytes or the same place; the very same splice does not count."""
    return any(
        one.start <= other.end and other.start <= one.end
        for one in wanted
        for other in taken
        if one != other
    )


def spliced(content: bytes, splices: Sequence[Splice]) -> bytes:
    """``content`` with all of ``splices`` made; those at one place follow each other as given."""
    parts: list[bytes] = []
    position = 0
    for splice in sorted(dict.fromkeys(splices), key=lambda splice: (splice.start, splice.end)):
        parts += (content[position : splice.start], splice.text)
        position = splice.end
    return b"".join([*parts, content[position:]])
