"""What the sandbox costs: outlines of a folder's Python files in this process and in children.

    python -m benchmarks.sandbox FOLDER [CHILDREN]

Prints wall and processor seconds of both (all processes, start of the interpreter included), and
the difference by file.
"""

from __future__ import annotations

import gc
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from plumbline.extract import outline_bytes
from plumbline.sandbox import Sandbox
from plumbline.source import SIZE_LIMIT

ROUNDS = 3


class Cost(NamedTuple):
    """Seconds."""

    wall: float
    processor: float


def _processor_seconds() -> float:
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def measured(act: Callable[[], int]) -> tuple[int, Cost]:
    """What an act gives and what it cost, its ended child processes included."""
    wall, processor = time.perf_counter(), _processor_seconds()
    result = act()
    return result, Cost(time.perf_counter() - wall, _processor_seconds() - processor)


def best_of(act: Callable[[], int]) -> tuple[int, Cost]:
    """The cheapest of several rounds: the others tell about the machine's other work."""
    return min((measured(act) for _ in range(ROUNDS)), key=lambda round_: round_[1].processor)


def main() -> None:
    """Measure the folder named on the command line."""
    folder = Path(sys.argv[1])
    children = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    contents = [path.read_bytes() for path in sorted(folder.rglob("*.py")) if path.is_file()]
    contents = [content for content in contents if len(content) <= SIZE_LIMIT]

    def inside() -> int:
        gc.disable()  # as in a child
        return sum(len(outline_bytes("python", content)) for content in contents)

    def outside() -> int:
        with Sandbox(children) as sandbox:
            files = ((number, "python", content) for number, content in enumerate(contents))
            return sum(len(outline) for _, outline in sandbox.extract(files))

    size = sum(map(len, contents)) / 1e6
    print(f"{len(contents):,} files, {size:.1f} MB, best of {ROUNDS}")
    sandboxed_size, sandboxed = best_of(outside)
    direct_size, direct = best_of(inside)
    for name, cost in (("in this process", direct), (f"in {children} child(ren)", sandboxed)):
        print(f"{name:16} {cost.wall:6.2f} s wall {cost.processor:6.2f} s processor")
    overhead = (sandboxed.processor - direct.processor) / max(1, len(contents)) * 1000
    print(f"overhead {overhead:+.3f} ms of processor time a file")
    if sandboxed_size != direct_size:
        print(f"the outlines differ: {direct_size:,} and {sandboxed_size:,} bytes")


if __name__ == "__main__":
    main()
