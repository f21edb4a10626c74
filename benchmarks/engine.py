"""How much the engine costs on top of parsing, and what a second evaluation costs.

usage: python benchmarks/engine.py FOLDER [--runs 3]

In each run, one after the other: a bare ``ast.parse`` of every Python file that the engine reads (in a fresh process),
``plumbline check FOLDER --format json`` (with all its children), and an evaluation from the encoded outlines alone.
Memory is the most that any one of the processes held. Figures are CPU seconds, user and system; compare the ratios,
since a machine's speed changes from minute to minute.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from plumbline import report as r
from plumbline.analysis import evaluate_encoded
from plumbline.command.trees import open_tree
from plumbline.sandbox import Sandbox
from plumbline.sandbox.nursery import MEMORY
from plumbline.source import Selection, select

PARSE = """
import ast, sys, time, warnings
warnings.simplefilter("ignore")
contents = [open(path, "rb").read() for path in sys.stdin.read().split("\\0")]
started = time.process_time()
for content in contents:
    try:
        ast.parse(content)
    except SyntaxError:
        pass
print(time.process_time() - started, sum(content.count(b"\\n") + 1 for content in contents))
"""


class Cost(NamedTuple):
    """What a process and its children took: CPU and wall seconds, and the most memory that one of them held, in MB."""

    cpu: float
    wall: float
    memory: float


def cost_of(pid: int, started: float) -> tuple[int, Cost]:
    """The exit status and the cost of a child, once it ends."""
    _, status, usage = os.wait4(pid, 0)
    wall = time.perf_counter() - started
    unit = 1e6 if sys.platform == "darwin" else 1e6 / 1024
    cost = Cost(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / unit)
    return os.waitstatus_to_exitcode(status), cost


def plain_environment() -> dict[str, str]:
    """The environment without our choice of allocator, for what chooses its own or has the default one."""
    return {name: value for name, value in os.environ.items() if name not in MEMORY}


def parse_seconds(folder: Path, selection: Selection) -> tuple[float, int]:
    """CPU seconds of a bare ``ast.parse`` of the Python files, and their number of lines."""
    paths = "\0".join(str(folder / file.path) for file in selection.files if file.kind == "python")
    done = subprocess.run(
        [sys.executable, "-c", PARSE],
        input=paths,
        capture_output=True,
        text=True,
        check=True,
        env=plain_environment(),
    )
    seconds, lines = done.stdout.split()
    return float(seconds), int(lines)


def check_cost(folder: Path) -> Cost:
    """The cost of the whole command."""
    with tempfile.TemporaryFile() as output:
        started = time.perf_counter()
        command = [sys.executable, "-m", "plumbline", "check", str(folder), "--format", "json"]
        child = subprocess.Popen(command, stdout=output, env=plain_environment())
        status, cost = cost_of(child.pid, started)
        child.returncode = status
        if status not in (0, 1):
            sys.exit(f"plumbline check ended with status {status}")
        output.seek(0)
        json.load(output)
    return cost


def evaluation_cost(job: bytes) -> Cost:
    """The cost of an evaluation from encoded outlines, in a child of its own as ever."""
    gc.collect()
    gc.freeze()
    started = time.perf_counter()
    pid = os.fork()
    if not pid:
        gc.disable()  # as the child that evaluates does: what it makes holds no cycles
        evaluate_encoded(job)
        os._exit(0)
    status, cost = cost_of(pid, started)
    if status:
        sys.exit("the evaluation failed")
    return cost


def encoded_job(folder: Path, selection: Selection) -> bytes:
    """The job that an evaluation of the folder needs, outlines included."""
    files = {file.path: file for file in selection.files}
    tree = open_tree(folder)
    contents = ((file.path, file.kind, content) for file, content in tree.read(selection.files))
    with Sandbox(os.cpu_count() or 1) as sandbox:
        outlines = [
            (path, files[path].kind, encoded) for path, encoded in sandbox.extract(contents)
        ]
    return r.encode(
        r.Job(str(folder), None, sorted(outlines), selection.excluded, selection.unreadable)
    )


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    if not MEMORY.items() <= os.environ.items():
        # An evaluation is timed in a fork of this process, which shall allocate as the children of the sandbox do.
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **MEMORY})  # noqa: S606
    selection = select(open_tree(options.folder).entries())
    job = encoded_job(options.folder, selection)
    ratios: list[float] = []
    evaluations: list[float] = []
    print(f"{len(selection.files)} files, outlines {len(job) / 1e6:.1f} MB")
    print(
        "run  lines    parse    check    ratio  check wall  evaluate again  memory of check, of evaluate"
    )
    for run in range(1, options.runs + 1):
        parse, lines = parse_seconds(options.folder, selection)
        check, again = check_cost(options.folder), evaluation_cost(job)
        evaluations.append(again.cpu)
        ratios.append(check.cpu / parse)
        print(
            f"{run:3}  {lines:,}  {parse:5.2f} s  {check.cpu:5.2f} s  {ratios[-1]:5.2f}  {check.wall:8.2f} s  "
            f"{again.cpu:11.2f} s  {check.memory:12.0f} MB  {again.memory:6.0f} MB"
        )
    print(
        f"median ratio {statistics.median(ratios):.2f}, median evaluation {statistics.median(evaluations):.2f} s"
    )


if __name__ == "__main__":
    main()
