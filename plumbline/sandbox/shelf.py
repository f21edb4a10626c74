"""Zygotes that wait for the next sandbox of this process: to import the engine takes 0.25 s of processor time.

A zygote sees no untrusted byte and a child is never used twice, so one that has ended every child is as good as new.
"""

from __future__ import annotations

import atexit
import os

from plumbline.sandbox.limits import Limits
from plumbline.sandbox.nursery import Nursery

type Key = tuple[tuple[str, str], Limits]
"""The modules that children run, and their limits."""

_waiting: dict[Key, tuple[int, Nursery]] = {}


def nursery_take(key: Key) -> Nursery:
    """A zygote for exactly this, one that waits or a new one; nobody else gets it meanwhile."""
    owner, nursery = _waiting.pop(key, (0, None))
    if nursery is not None and owner == os.getpid():
        if nursery.is_idle:
            return nursery
        nursery.close()
    return Nursery(*key)


def nursery_give_back(key: Key, nursery: Nursery) -> None:
    """Let a zygote wait, unless it has lost one of its children or another waits already."""
    if not nursery.is_idle or _waiting.setdefault(key, (os.getpid(), nursery))[1] is not nursery:
        nursery.close()


@atexit.register
def nurseries_close() -> None:
    """End every zygote that waits."""
    while _waiting:
        _, (owner, nursery) = _waiting.popitem()
        if owner == os.getpid():
            nursery.close()
