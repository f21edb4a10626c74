"""What fresh memory costs on this machine, which a push pays for: a child of the sandbox uses some 100 MiB."""

from __future__ import annotations

import mmap
import resource
import time

SIZE = 128 << 20
_REST_SECONDS = 4.0


def memory_prices() -> tuple[float, float]:
    """Seconds of system time for 128 MiB of huge pages: at once, and after the machine has rested.

    They are alike unless a virtual machine gives idle memory back to its host and has to get it again.
    """
    _touch()
    at_once = min(_touch() for _ in range(3))
    time.sleep(_REST_SECONDS)
    return at_once, _touch()


def _touch() -> float:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_stime
    with mmap.mmap(-1, SIZE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as memory:
        memory.madvise(mmap.MADV_HUGEPAGE)
        for place in range(0, SIZE, 1 << 21):
            memory[place] = 1
        return resource.getrusage(resource.RUSAGE_SELF).ru_stime - before
