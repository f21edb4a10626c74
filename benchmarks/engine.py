"""How much the engine costs on top of parsing, and what a second evaluation costs.

usage: python benchmarks/engine.py FOLDER [--runs 3]

In each run, one after the other: a bare ``ast.parse`` of every Python file that the engine reads (in a fresh process),
``plumbline check FOLDER --format json`` (with all its children), and an evaluation from the encoded outlines alone.
Figures are CPU seconds, user and system; compare the ratios, since a machine's speed changes from minute to minute.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

from plumbline import report as r
from plumbline.analysis import evaluate_encoded
from plumbline.command.trees import open_tree
from plumbline.sandbox import Sandbox
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


def children_seconds() -> float:
    """CPU seconds of all children that have ended so far."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def parse_seconds(folder: Path, selection: Selection) -> tuple[float, int]:
    """CPU seconds of a bare ``ast.parse`` of the Python files, and their number of lines."""
    paths = "\0".join(str(folder / file.path) for file in selection.files if file.kind == "python")
    done = subprocess.run(
        [sys.executable, "-c", PARSE], input=paths, capture_output=True, text=True, check=True
    )
    seconds, lines = done.stdout.split()
    return float(seconds), int(lines)


def check_seconds(folder: Path) -> tuple[float, float]:
    """CPU and wall seconds of the whole command."""
    before, started = children_seconds(), time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "plumbline", "check", str(folder), "--format", "json"],
        capture_output=True,
        check=False,
    )
    wall = time.perf_counter() - started
    if done.returncode not in (0, 1):
        sys.exit(done.stderr.decode())
    json.loads(done.stdout)
    return children_seconds() - before, wall


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
    selection = select(open_tree(options.folder).entries())
    job = encoded_job(options.folder, selection)
    ratios: list[float] = []
    evaluations: list[float] = []
    print(f"{len(selection.files)} files, outlines {len(job) / 1e6:.1f} MB")
    print("run  lines    parse    check    ratio  check wall  evaluate again")
    for run in range(1, options.runs + 1):
        parse, lines = parse_seconds(options.folder, selection)
        check, wall = check_seconds(options.folder)
        gc.disable()  # as the child that evaluates does: what it makes holds no cycles
        started = time.process_time()
        evaluate_encoded(job)
        evaluations.append(time.process_time() - started)
        gc.enable()
        ratios.append(check / parse)
        ratio, again = ratios[-1], evaluations[-1]
        print(
            f"{run:3}  {lines:,}  {parse:5.2f} s  {check:5.2f} s  {ratio:5.2f}  {wall:8.2f} s  {again:11.2f} s"
        )
    print(
        f"median ratio {statistics.median(ratios):.2f}, median evaluation {statistics.median(evaluations):.2f} s"
    )


if __name__ == "__main__":
    main()
