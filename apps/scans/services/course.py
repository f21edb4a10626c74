"""What a scan went through on its way, as its worker tells it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from apps.scans.models import Phase


@dataclass(frozen=True, slots=True)
class Step:
    """A phase that a scan entered so many seconds ago, and its commit, where that became known then."""

    phase: Phase
    seconds_ago: float
    commit: str = ""


@dataclass(frozen=True, slots=True)
class Course:
    """How a scan went.

    Attributes:
        timings: Seconds by phase.
        counts: What it needed, and what of it was unseen; see `Progress`.
        files: How many files it had to deal with.
        steps: The phases that its log lacks yet.
    """

    timings: Mapping[str, float] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    files: int = 0
    steps: Sequence[Step] = ()
