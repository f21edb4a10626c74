"""How much sooner the first scan of a large repository ends when more workers take part in it.

usage: python -m benchmarks.fanout REPOSITORY [--workers 1 2] [--unsplit] [--times N]

REPOSITORY is a folder with sources or a git repository; only a copy of it is touched. For each number of worker
processes a new installation runs as under `make up`, with empty caches; the repository is registered and its first scan
waited for. `--unsplit` adds a run with one worker in which the scan is not split: what splitting itself costs.

`--times` makes a repository of N copies side by side, whose Python files all differ.

Wall time is from the registration to the recorded score by the clock of the database, with the time that it waited for
a worker apart. Processor time is that of all workers and everything below them; memory is the largest that a process of
its kind ever had. The program ends with status 1 if the reports of the runs are not equal.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from benchmarks.installation import Installation, Processor, settings_load
from benchmarks.pushing import Author

_LONGEST = 900.0


@dataclass(frozen=True)
class Measured:
    """One first scan."""

    name: str
    wall: float
    waited: float
    phases: dict[str, float]
    cost: Processor
    chunks: dict[str, int]
    memory: dict[str, int]
    verdict: list[Any]


def measure(name: str, url: str, folder: Path, *, workers: int) -> Measured:
    """Run one installation and the first scan in it."""
    from apps.repositories.services import repository_register
    from apps.scans.models import Scan

    with Installation.running(folder, workers=workers) as installation:
        installation.stage.supervisor.poll(5)  # until the workers have started
        before = installation.processor()
        repository = repository_register(url=url)
        deadline = time.monotonic() + _LONGEST
        memory: dict[str, int] = {}
        while not (scan := Scan.objects.filter(repository=repository).latest("id")).is_finished:
            installation.stage.supervisor.poll(0.2)
            _note_memory(memory)
            if time.monotonic() > deadline:
                sys.exit("The scan does not end.")
        if scan.state != "done" or scan.finished_at is None or scan.started_at is None:
            sys.exit(f"The scan failed: {scan.error_code}: {scan.error_text}")
        cost = installation.processor() - before
        verdict: list[Any] = [scan.commit, scan.score, scan.standing, scan.files_read]
        fields = ("code", "state", "subjects", "violations", "evidence")
        verdict += scan.results.order_by("code").values_list(*fields)
        verdict += repository.findings.order_by("fingerprint").values_list("fingerprint", "line")
        verdict += scan.unreadable_files.order_by("path").values_list("path", "reason")
        verdict.append(scan.lint_report.data)
        return Measured(
            name,
            (scan.finished_at - scan.created_at).total_seconds(),
            (scan.started_at - scan.created_at).total_seconds(),
            scan.timings,
            cost,
            {name: count for name, count in scan.counts.items() if name.startswith("chunks")},
            memory,
            verdict,
        )


def _note_memory(peaks: dict[str, int]) -> None:
    """Keep the largest peak (MiB of resident memory) of the workers' processes, and of each kind of their children."""
    for process in psutil.Process().children(recursive=True):
        try:
            line = " ".join(process.cmdline())
            if "celery" in line and "worker" in line:
                name = "worker"
            elif process.name().startswith("pl-") or "plumbline.sandbox" in line:
                name = process.name()
            else:
                continue
            status = Path(f"/proc/{process.pid}/status").read_text()
        except (psutil.NoSuchProcess, OSError):
            continue
        for row in status.splitlines():
            if row.startswith("VmHWM"):
                peaks[name] = max(peaks.get(name, 0), int(row.split()[1]) >> 10)


def _enlarge(author: Author, times: int) -> None:
    """Put so many copies of all files beside each other in the next commit; each Python file gets a line of its own."""
    git = ["git", f"--git-dir={author.git_dir}"]
    listed = subprocess.check_output([*git, "ls-tree", "-r", "-z", "main"]).split(b"\0")
    with (
        subprocess.Popen(
            [*git, "cat-file", "--batch"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as reader,
        subprocess.Popen(
            [*git, "fast-import", "--quiet", "--force"], stdin=subprocess.PIPE
        ) as writer,
    ):
        assert reader.stdin and reader.stdout and writer.stdin  # noqa: S101
        write = writer.stdin.write
        write(b"commit refs/heads/main\ncommitter x <x@example.org> 1700000000 +0000\ndata 1\nx\n")
        write(b"deleteall\n")
        for line in filter(None, listed):
            facts, _, path = line.partition(b"\t")
            mode, kind, blob = facts.split()
            if kind != b"blob" or b'"' in path or b"\n" in path:
                continue
            reader.stdin.write(blob + b"\n")
            reader.stdin.flush()
            content = reader.stdout.read(int(reader.stdout.readline().split()[2]) + 1)[:-1]
            for copy in range(times):
                own = content + b"\n# %d\n" % copy if path.endswith(b".py") else content
                write(b"M %s inline copy%d/%s\ndata %d\n" % (mode, copy, path, len(own)))
                write(own + b"\n")
        writer.stdin.close()
        reader.stdin.close()


def _forget(folder: Path) -> None:
    """Make the next run begin from nothing, under the same addresses."""
    from django.db import connection

    connection.close()
    connection.close_pool()
    for name in ("postgres", "valkey", "mirrors"):
        shutil.rmtree(folder / name, ignore_errors=True)


def main() -> int:
    """Measure, print, and compare."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("repository", type=Path)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--unsplit", action="store_true")
    parser.add_argument("--times", type=int, default=1)
    given = parser.parse_args()
    runs: list[Measured] = []
    with tempfile.TemporaryDirectory(prefix="plumbline-fanout-") as name:
        folder = Path(name)
        settings_load(folder / "var")
        author = Author.of(given.repository, folder, files=1, seed=1)
        if given.times > 1:
            _enlarge(author, given.times)
        plans = [("unsplit", 1)] if given.unsplit else []
        plans += [(f"{count} workers", count) for count in given.workers]
        for label, count in plans:
            os.environ["PLUMBLINE_SPLIT_BYTES"] = "0" if label == "unsplit" else str(8 << 20)
            runs.append(measure(label, author.url, folder / "var", workers=count))
            _forget(folder / "var")
    phases = list(dict.fromkeys(phase for run in runs for phase in run.phases))
    print(
        f"\n{'':12} {'wall s':>7} {'waited':>7} {'cpu s':>7} {'servers':>8}  "
        + " ".join(f"{p:>9}" for p in phases)
    )
    for run in runs:
        print(
            f"{run.name:12} {run.wall:7.2f} {run.waited:7.2f} {run.cost.worker:7.2f} {run.cost.servers:8.2f}  "
            + " ".join(f"{run.phases.get(phase, 0.0):9.2f}" for phase in phases),
            run.chunks,
            {name: f"{size} MiB" for name, size in sorted(run.memory.items())},
        )
    if any(run.verdict != runs[0].verdict for run in runs):
        print("The reports differ.")
        return 1
    print(f"All reports are equal: {len(runs[0].verdict):,} results and findings.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
