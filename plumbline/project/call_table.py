"""The calls of one module, each decoded when it is asked for: most never are."""

from __future__ import annotations

import functools

import msgspec

from plumbline import outline as o


class CallTable:
    """Calls by position or by last name. The same call is always the same object."""

    def __init__(self, outline: o.PythonOutline) -> None:
        self._outline = outline
        self._known: dict[int, o.Call] = {}
        self._all: list[o.Call] | None = None
        self.names = outline.called
        """The last names of the calls, each once."""

    @property
    def all(self) -> list[o.Call]:
        """Every call in order."""
        if self._all is None:
            self._all = self._outline.calls
            for place, call in self._known.items():
                self._all[place] = call
        return self._all

    def named(self, *names: str) -> list[o.Call]:
        """The calls with one of these last names, in order."""
        places = [
            place
            for name in dict.fromkeys(names)
            if name in self.names
            for place in self._places[self.names.index(name)]
        ]
        if len(names) > 1:
            places.sort()
        return [self._at(place) for place in places]

    def _at(self, place: int) -> o.Call:
        if self._all is not None:
            return self._all[place]
        call = self._known.get(place)
        if call is None:
            call = self._known[place] = o.decode_call(self._apart[place])
        return call

    @functools.cached_property
    def _places(self) -> list[list[int]]:
        return self._outline.places

    @functools.cached_property
    def _apart(self) -> list[msgspec.Raw]:
        return self._outline.calls_apart
