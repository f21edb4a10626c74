"""One program that the supervisor runs: what to start, how to stop it."""

import ctypes
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36

_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


@dataclass(frozen=True)
class Account:
    """A system user to run as."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True)
class Program:
    """A command with its surroundings.

    Attributes:
        stop_signal: What asks it to end in order.
        account: Whom to become; None keeps the present user.
        is_server: Whether others need it, so that it must stop after them.
    """

    name: str
    command: Sequence[str]
    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    stop_signal: signal.Signals = signal.SIGTERM
    account: Account | None = None
    is_server: bool = False


def ending_with_parent(number: signal.Signals) -> Callable[[], None]:
    """Give a `preexec_fn`: the kernel sends the child `number` when its parent dies (Linux)."""

    def set_signal() -> None:
        if _libc is not None:
            _libc.prctl(PR_SET_PDEATHSIG, int(number), 0, 0, 0)

    return set_signal


def adopt_orphans() -> None:
    """Become the parent of grandchildren that lose theirs, so that none escapes (Linux)."""
    if _libc is not None:
        _libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
