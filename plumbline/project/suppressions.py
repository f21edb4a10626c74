"""The comments that ask for findings to be left out, and what became of each request."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from plumbline import outline as o
from plumbline.rule import Located

_DAY = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")


class Request(Located):
    """One code of a suppression comment. ``is_used`` says whether it met a finding."""

    code: str
    reason: str
    until: str
    is_used: bool

    @property
    def is_dated(self) -> bool:
        """Whether it has an end that can be read."""
        return _DAY.fullmatch(self.until) is not None

    @property
    def is_malformed(self) -> bool:
        """Whether its end cannot be read."""
        return bool(self.until) and not self.is_dated


class Suppressions:
    """All requests of a repository. ``today`` (ISO 8601) decides which have ended; without it none has."""

    def __init__(self, outlines: Mapping[str, o.Outline], today: str) -> None:
        self._today = today
        self._by_line: dict[tuple[str, int, str], list[Request]] = {}
        self.judged: set[str] = set()
        """The codes of the rules that came to a conclusion, whose requests can be told used from unused."""
        for path, outline in outlines.items():
            for item in getattr(outline, "suppressions", ()):
                for code in item.codes:
                    place = item.place or item.line
                    request = Request(
                        path,
                        place,
                        place,
                        0,
                        f"{path}:{code}",
                        item.reason,
                        code,
                        item.reason,
                        item.until,
                        False,
                    )
                    self._by_line.setdefault((path, item.line, code), []).append(request)

    def __iter__(self) -> Iterator[Request]:
        for requests in self._by_line.values():
            yield from requests

    def reason(self, code: str, path: str, line: int) -> str | None:
        """Why a finding is left out, or None; a request without a reason, or past its end, has no effect."""
        found: str | None = None
        for request in self._by_line.get((path, line, code), ()):
            request.is_used = True
            if request.reason and not request.is_malformed and not self.has_ended(request):
                found = request.reason
        return found

    def has_ended(self, request: Request) -> bool:
        """Whether the last day of a request has passed."""
        return request.is_dated and bool(self._today) and request.until < self._today

    @property
    def next_end(self) -> str | None:
        """The first day after which a request that has an effect will have none, as ISO 8601."""
        return min(
            (
                request.until
                for request in self
                if request.is_used
                and request.reason
                and request.is_dated
                and not self.has_ended(request)
            ),
            default=None,
        )
