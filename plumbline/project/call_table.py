"""The calls of one module, decoded by last name when they are asked for: most never are."""

from __future__ import annotations

import functools
from collections.abc import Iterable

import msgspec

from plumbline import outline as o


class CallTable:
    """Calls in order or by last name. The same call is always the same object."""

    def __init__(self, outline: o.PythonOutline, names: list[str]) -> None:
        """Take an outline, and the last names of its calls, each once."""
        self._outline = outline
        self._numbers = {name: number for number, name in enumerate(names)}
        self._groups: dict[str, list[o.Call]] = {}

    @functools.cached_property
    def all(self) -> list[o.Call]:
        """Every call in order."""
        found = self._placed(self._numbers)
        return [found[place] for place in range(len(found))]

    def named(self, *names: str) -> list[o.Call]:
        """The calls with one of these last names, in order."""
        known = [name for name in dict.fromkeys(names) if name in self._numbers]
        if len(known) == 1:
            return self._group(known[0])
        found = self._placed(known)
        return [found[place] for place in sorted(found)]

    def _placed(self, names: Iterable[str]) -> dict[int, o.Call]:
        """The calls with these last names by their place among all calls."""
        found: dict[int, o.Call] = {}
        for name in names:
            found.update(zip(self._places[self._numbers[name]], self._group(name), strict=True))
        return found

    def _group(self, name: str) -> list[o.Call]:
        known = self._groups.get(name)
        if known is None:
            encoded = self._encoded[self._numbers[name]]
            known = self._groups[name] = o.decode_calls(encoded)
        return known

    @functools.cached_property
    def _places(self) -> list[list[int]]:
        return self._outline.places

    @functools.cached_property
    def _encoded(self) -> list[msgspec.Raw]:
        return self._outline.calls_by_name
