"""The counts that are kept: their names, what they mean and by what they are told apart."""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

INFINITE = "+Inf"


class Amount(NamedTuple):
    """By how much one kept number grows."""

    name: str
    labels: dict[str, str]
    value: float


@dataclass(frozen=True, slots=True)
class Count:
    """A number that only grows, for each set of labels."""

    name: str
    help: str
    labels: tuple[str, ...]

    def of(self, value: float = 1, **labels: str) -> Iterator[Amount]:
        """Grow by something."""
        if value:
            yield Amount(self.name, labels, value)


@dataclass(frozen=True, slots=True)
class Durations:
    """How often something took how many seconds, for each set of labels."""

    name: str
    help: str
    labels: tuple[str, ...]
    limits: tuple[float, ...]

    def of(self, seconds: float, **labels: str) -> Iterator[Amount]:
        """Count one more."""
        place = bisect_left(self.limits, seconds)
        limit = str(float(self.limits[place])) if place < len(self.limits) else INFINITE
        yield Amount(self.name, labels | {"le": limit}, 1)
        yield Amount(self.sum_name, labels, max(seconds, 0.0))

    @property
    def sum_name(self) -> str:
        """Under which name the seconds are added up."""
        return f"{self.name}_sum"

    @property
    def bounds(self) -> list[str]:
        """The upper limits of the classes, the last one infinite."""
        return [*(str(float(limit)) for limit in self.limits), INFINITE]


_FINE = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600)
_COARSE = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 14400)

SCANS_ENDED = Count(
    "plumbline_scans_ended", "Scans that ended, by how and in which lane.", ("state", "lane")
)
FAILURES = Count(
    "plumbline_scan_failures", "Scans that ended without a result, by code.", ("code",)
)
RETRIES = Count("plumbline_scan_retries", "Further attempts that scans took until they ended.", ())
FILES = Count("plumbline_files_judged", "Files of the commits that were judged.", ())
OUTLINES = Count(
    "plumbline_outlines", "Outlines that scans needed, by whether they were cached.", ("cached",)
)
LINTS = Count(
    "plumbline_lints",
    "Results of ruff that scans needed, by whether they were cached.",
    ("cached",),
)
BYTES_PARSED = Count("plumbline_parsed_bytes", "Bytes of files that no scan had seen before.", ())
BYTES_FETCHED = Count("plumbline_fetched_bytes", "Bytes by which fetches made mirrors grow.", ())
CHILDREN_LOST = Count(
    "plumbline_sandbox_children_lost", "Children of the sandbox that a file brought down.", ()
)
DELIVERIES = Count(
    "plumbline_webhook_deliveries",
    "Deliveries to known endpoints, by what came of them.",
    ("outcome",),
)
WAITED = Durations(
    "plumbline_scan_wait_seconds",
    "From when a scan could first be taken to its last start.",
    ("lane",),
    _COARSE,
)
TOOK = Durations(
    "plumbline_scan_duration_seconds",
    "From a scan's last start to its end.",
    ("state", "lane"),
    _COARSE,
)
PHASES = Durations(
    "plumbline_scan_phase_seconds", "What each phase of a judged scan took.", ("phase",), _FINE
)

COUNTS = (
    SCANS_ENDED,
    FAILURES,
    RETRIES,
    FILES,
    OUTLINES,
    LINTS,
    BYTES_PARSED,
    BYTES_FETCHED,
    CHILDREN_LOST,
    DELIVERIES,
)
DURATIONS = (WAITED, TOOK, PHASES)
