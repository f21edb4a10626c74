"""A violation as one scan saw it, in the form in which it is kept."""

import functools
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from apps.findings.similarity import Excerpt, excerpt
from apps.findings.traces import Trace
from core.cleaning import clean_text

_SNIPPET_LIMIT = 8000
_MESSAGE_LIMIT = 2000
_PATH_LIMIT = 4096


@dataclass(frozen=True, slots=True)
class SeenFinding:
    """A violation as one scan saw it, with the code around it; ``snippet`` is None where that was not read."""

    fingerprint: str
    code: str
    level: str
    preview: bool
    path: str
    blob: str
    line: int
    column: int
    end_line: int
    symbol: str
    message: str
    fix: str
    suppressed: str | None
    snippet: str | None
    snippet_start: int
    content: str = ""


class Place(NamedTuple):
    """What is kept of a finding from scan to scan, and compared to tell whether it must be written."""

    fingerprint: str
    content: str
    code: str
    level: str
    preview: bool
    path: str
    line: int
    column: int
    end_line: int
    symbol: str
    message: str
    fix: str
    suppressed_reason: str


class Sighting(NamedTuple):
    """A violation as it would be kept."""

    place: Place
    is_suppressed: bool
    blob: str
    snippet: str | None
    snippet_start: int

    def trace(self, key: int) -> Trace:
        """What it is recognised by."""
        return trace_of(key, self.place, self.blob)

    def excerpt(self) -> Excerpt:
        """Its code, as far as that was read."""
        place = self.place
        return excerpt(self.snippet or "", self.snippet_start, place.line, place.end_line)


def trace_of(key: int, place: Place, blob: str) -> Trace:
    """What a finding at this place is recognised by."""
    return Trace(
        key,
        place.fingerprint,
        place.code,
        place.path,
        place.symbol,
        place.content,
        place.line,
        place.end_line,
        blob,
    )


def clean_path(path: str) -> str:
    """A path as it is kept: what a reader would not see is spelt out."""
    return clean_text(path, limit=_PATH_LIMIT)


def sightings_of(seen: Iterable[SeenFinding]) -> list[Sighting]:
    """What a scan saw, fit for the database; a finding seen twice counts once."""
    return [
        Sighting(
            Place(
                item.fingerprint,
                item.content,
                item.code,
                item.level,
                item.preview,
                clean_path(item.path),
                item.line,
                item.column,
                max(item.end_line, item.line),
                clean_text(item.symbol, limit=_PATH_LIMIT),
                clean_text(item.message, limit=_MESSAGE_LIMIT),
                item.fix,
                clean_text(item.suppressed or "", limit=_MESSAGE_LIMIT),
            ),
            item.suppressed is not None,
            item.blob,
            None
            if item.snippet is None
            else clean_text(item.snippet, limit=_SNIPPET_LIMIT, lines=True),
            item.snippet_start,
        )
        for item in {item.fingerprint: item for item in seen}.values()
    ]


@functools.lru_cache(maxsize=4096)
def path_digest(path: str) -> str:
    """The hash by which files are looked up."""
    return hashlib.sha256(path.encode()).hexdigest()
