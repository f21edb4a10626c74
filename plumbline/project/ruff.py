"""Which rule families a ruff configuration switches on."""

from __future__ import annotations

import re

import msgspec

RUFF_DEFAULT = ("E4", "E7", "E9", "F")
"""What ruff selects by itself, as far as all of its versions agree."""
_WHOLE = {
    "DJ0": "DJ",
    "DJ00": "DJ",
    "N8": "N",
    "UP0": "UP",
    "I0": "I",
    "I00": "I",
    "I001": "I",
    "C40": "C4",
}
"""Longer prefixes that select as much as a family's own: all of its rules start so."""
_LETTERS = re.compile(r"[A-Z]+")


class RuffConfig(msgspec.Struct, frozen=True):
    """A ruff configuration: where it is and which rule prefixes it switches on and off, whatever the key's age.

    ``extends`` says that it builds on a file that cannot be read here.
    """

    path: str
    select: tuple[str, ...]
    ignore: tuple[str, ...]
    extends: bool

    def coverage(self, family: str) -> str:
        """How much of a rule family is on: ``all``, ``part`` or ``none``. The longer prefix wins, as in ruff."""
        chosen = max((_reach(prefix, family) for prefix in self.select), default=-1)
        dropped = max((_reach(prefix, family) for prefix in self.ignore), default=-1)
        if chosen > dropped:
            return "all"
        inside = re.compile(rf"{re.escape(family)}\d+")
        return "part" if any(inside.fullmatch(prefix) for prefix in self.select) else "none"


def _reach(prefix: str, family: str) -> int:
    """How closely a selector names a whole family: 0 for ``ALL``, else its length; -1 if it does not."""
    if prefix == "ALL":
        return 0
    prefix = _WHOLE.get(prefix, prefix)
    same = _LETTERS.match(prefix), _LETTERS.match(family)
    if same[0] is None or same[1] is None or same[0][0] != same[1][0]:
        return -1
    return len(prefix) if family.startswith(prefix) else -1
