"""Whether scans of one push after the other say exactly what first scans say.

usage: python -m benchmarks.replay REPOSITORY.git [REPOSITORY.git …] [--last 50]

For the newest first-parent commits of the main branch of each repository, oldest first, two workers' pipelines run side
by side, each with servers of its own. One follows the repository as it does in production: with what is known of the
findings, with every cache, with a copy to which each push is added. The other knows nothing at each commit: its caches
are empty, and so is its folder of copies. What both say is compared: the report with its findings, their places and
fingerprints, every row of the results, findings and their code, score, ruff's and Squawk's part, the snapshot.

Ends with status 1 if any commit differs. Processor times, children included, are printed for both.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from benchmarks.installation import settings_load, tree_seconds
from benchmarks.recorded import differences, recorded

_SHOWN = 20


def main() -> int:
    """Run both, compare, and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("repositories", nargs="+", type=Path)
    parser.add_argument("--last", type=int, default=50)
    parser.add_argument("--as", dest="part", choices=["follower", "stranger"])
    given = parser.parse_args()
    if given.part:
        _work(given.repositories[0], given.last, is_follower=given.part == "follower")
        return 0
    failed = 0
    for repository in given.repositories:
        started = time.monotonic()
        command = [
            sys.executable,
            "-m",
            "benchmarks.replay",
            str(repository),
            f"--last={given.last}",
        ]
        parts = [
            subprocess.Popen([*command, "--as", part], stdout=subprocess.PIPE)
            for part in ("follower", "stranger")
        ]
        lines = [map(json.loads, part.stdout or ()) for part in parts]
        costs: list[tuple[float, float]] = []
        wrong = 0
        for ours, cold in zip(*lines, strict=True):
            found = differences(ours["said"], cold["said"])
            costs.append((ours["seconds"], cold["seconds"]))
            if found:
                wrong += 1
                print(f"{repository.name} {ours['said']['scan']['commit'][:10]}: differs")
                print("".join(f"    {text}\n" for text in found[:_SHOWN]))
        failed += wrong + sum(part.wait() != 0 for part in parts)
        pushes, first = [ours for ours, _ in costs[1:]], [cold for _, cold in costs[1:]]
        print(
            f"{repository.name}: {len(costs) - wrong} of {len(costs)} commits say the same; processor seconds"
            f" {statistics.median(pushes):.2f} a push, {statistics.median(first):.2f} a first scan (medians),"
            f" {sum(pushes):.0f} and {sum(first):.0f} in all; {time.monotonic() - started:.0f} s",
            flush=True,
        )
    return 1 if failed else 0


def _work(source: Path, last: int, *, is_follower: bool) -> None:
    """Scan commit by commit; a line of JSON on standard output for each."""
    with tempfile.TemporaryDirectory(prefix="plumbline-replay-") as name:
        folder = Path(name)
        os.environ["DATABASE_POOL_SIZE"] = "0"
        settings_load(folder / "var")
        for seconds, said in _scans(source, folder, last, is_follower=is_follower):
            print(json.dumps({"seconds": seconds, "said": said}), flush=True)


def _scans(
    source: Path, folder: Path, last: int, *, is_follower: bool
) -> Iterator[tuple[float, object]]:
    from django.core.management import call_command

    from apps.repositories.services import repository_register
    from apps.scans.models import Scan, Trigger
    from apps.scans.pipeline import scan_run
    from apps.scans.services import scan_request
    from apps.scans.signals import scan_recorded
    from core.runtime.addresses import Addresses
    from core.runtime.console import Console
    from core.runtime.stage import staged

    reports = []
    scan_recorded.connect(lambda report, **_: reports.append(report), sender=Scan, weak=False)
    pushed = folder / "pushed.git"
    git("init", "--quiet", "--bare", "--initial-branch=main", str(pushed))
    (pushed / "objects/info/alternates").write_text(f"{(source / 'objects').resolve()}\n")
    commits = git(f"--git-dir={source}", "rev-list", "--first-parent", f"-n{last}", "HEAD").split()
    console = Console(sys.stderr, quiet=frozenset({"postgres", "valkey"}))
    with staged(Addresses.under(folder / "var"), console) as stage:
        stage.start_servers()
        call_command("migrate", interactive=False, verbosity=0)
        repository = None
        for commit in reversed(commits):
            git(f"--git-dir={pushed}", "update-ref", "refs/heads/main", commit)
            if repository is None or not is_follower:
                _forget_everything(folder)
                repository = repository_register(url=f"file://{pushed}")
            else:
                scan_request(repository=repository, trigger=Trigger.MANUAL)
            waiting = Scan.objects.get(repository=repository, state="queued")
            before = _processor_seconds()
            scan_run(waiting.pk)
            seconds = _processor_seconds() - before
            done = Scan.objects.get(pk=waiting.pk)
            if (done.state, done.commit) != ("done", commit):
                sys.exit(f"{commit}: {done.state} {done.error_code} {done.error_text}")
            if done.same_as_id:  # the same tree may come back
                done = Scan.objects.get(pk=done.same_as_id)
            yield seconds, recorded(done, reports[-1])
            stage.supervisor.poll(0)


def _forget_everything(folder: Path) -> None:
    from django.apps import apps
    from django.core.management.color import no_style
    from django.db import connection

    own = ("repositories", "findings", "scans", "scorecards")
    tables = [m._meta.db_table for name in own for m in apps.get_app_config(name).get_models()]
    with connection.cursor() as cursor:
        for statement in connection.ops.sql_flush(no_style(), tables, allow_cascade=True):
            cursor.execute(statement)
    shutil.rmtree(folder / "var" / "mirrors", ignore_errors=True)


def _processor_seconds() -> float:
    """Of this process, its ended children, and the sandbox's process, which stays from scan to scan."""
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages) + sum(
        tree_seconds(child)
        for child in psutil.Process().children()
        if "plumbline.sandbox" in " ".join(child.cmdline())
    )


def git(*arguments: str) -> str:
    """What a git command prints."""
    command = ["git", "-c", "safe.directory=*", *arguments]
    return subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout


if __name__ == "__main__":
    sys.exit(main())
