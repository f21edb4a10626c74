"""The calls of one module, decoded by last name when they are asked for: most never are."""

from __future__ import annotations

import functools

import msgspec

from plumbline import outline as o


class CallTable:
    """Calls in order or by last name. The same call is always the same object."""

    def __init__(self, outline: o.PythonOutline) -> None:
        self._outline = outline
        self._groups: dict[str, list[o.Call]] = {}
        self.names = outline.called
        """The last names of the calls, each once."""

    @functools.cached_property
    def all(self) -> list[o.Call]:
        """Every call in order."""
        return self.named(*self.names)

    def named(self, *names: str) -> list[o.Call]:
        """The calls with one of these last names, in order."""
        known = [name for name in dict.fromkeys(names) if name in self.names]
        if len(known) == 1:
            return self._group(known[0])
        places = [place for name in known for place in self._places[self.names.index(name)]]
        calls = [call for name in known for call in self._group(name)]
        return [calls[index] for index in sorted(range(len(calls)), key=places.__getitem__)]

    def _group(self, name: str) -> list[o.Call]:
        known = self._groups.get(name)
        if known is None:
            encoded = self._encoded[self.names.index(name)]
            known = self._groups[name] = o.decode_calls(encoded)
        return known

    @functools.cached_property
    def _places(self) -> list[list[int]]:
        return self._outline.places

    @functools.cached_property
    def _encoded(self) -> list[msgspec.Raw]:
        return self._outline.calls_by_name
