"""What it costs to record a scan: thousands of new findings, none changed, a few changed, all of them moved.

usage: python -m benchmarks.recording [--findings 5000] [--files 1000] [--fleet FOLDER]

The findings are made up, of every rule, in a repository of so many files; servers run in a folder of their own, or in
that of a fleet that ``python -m benchmarks.seed_fleet`` made, where the repository is removed again at the end. For
each kind of scan: wall time, processor time of this process, queries, and how many rows of findings were written, told
from the versions of the rows. The whole of `scan_record` is timed: results, findings, events, score and snapshot.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.installation import settings_load

if TYPE_CHECKING:
    from apps.findings.sightings import SeenFinding
    from apps.repositories.models import Repository


def main() -> int:
    """Record and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--findings", type=int, default=5000)
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--fleet", type=Path, help="A folder of benchmarks.seed_fleet.")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="plumbline-recording-") as name:
        os.environ["DATABASE_POOL_SIZE"] = "0"
        folder = given.fleet.resolve() if given.fleet else Path(name) / "var"
        settings_load(folder)
        for line in _measured(folder, given.findings, given.files):
            print(line, flush=True)
    return 0


def _measured(folder: Path, findings: int, files: int) -> Iterator[str]:
    from django.core.management import call_command

    from apps.repositories.services import repository_delete, repository_register
    from core.runtime.addresses import Addresses
    from core.runtime.console import Console
    from core.runtime.stage import staged

    console = Console(sys.stderr, quiet=frozenset({"postgres", "valkey"}))
    with staged(Addresses.under(folder), console) as stage:
        stage.start_servers()
        call_command("migrate", interactive=False, verbosity=0)
        small = repository_register(url="https://example.org/small.git")
        _record(small, _seen(50, 10), 0)  # whatever is done once in a process
        repository = repository_register(url="https://example.org/large.git")
        new = _seen(findings, files)
        same = [replace(item, snippet=None) for item in new]
        chance = random.Random(2)  # noqa: S311
        edited = set(chance.sample(sorted({item.path for item in new}), 10))
        some = [
            _edited(item) if item.path in edited else replace(item, snippet=None) for item in new
        ]
        yield f"{'':20}   wall s  processor s  queries  rows written"
        scans = (("new", new), ("the same", same), ("10 files edited", some))
        for number, (what, seen) in enumerate(scans, 1):
            yield _record(repository, seen, number, what)
        renames = {item.path: f"moved/{item.path}" for item in new}
        moved = [_moved(item) for item in some]
        yield _record(repository, moved, len(scans) + 1, "all files renamed", renames)
        yield _record(repository, [], len(scans) + 2, "all fixed")
        for one in (small, repository):
            repository_delete(repository=one)


def _record(
    repository: Repository,
    seen: list[SeenFinding],
    number: int,
    what: str = "",
    renames: dict[str, str] | None = None,
) -> str:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from apps.scans.models import Trigger
    from apps.scans.services import Descent, scan_claim, scan_record, scan_request

    waiting = scan_request(repository=repository, trigger=Trigger.MANUAL)
    claim = scan_claim(scan_id=waiting.pk)
    assert claim is not None  # noqa: S101
    files = {item.path: item.blob for item in seen or _seen(5000, 1000)}
    before = _versions(repository.pk)
    report = _report(seen)
    with CaptureQueriesContext(connection) as queries:
        wall, processor = time.perf_counter(), time.process_time()
        recorded = scan_record(
            claim=claim,
            commit=f"{number:040x}",
            extractor="bench",
            report=report,
            seen=seen,
            descent=Descent(files=files, renames=renames or {}),
        )
        wall, processor = time.perf_counter() - wall, time.process_time() - processor
    assert recorded  # noqa: S101
    written = len(_versions(repository.pk).items() - before.items())
    return f"{what:20} {wall:8.2f} {processor:12.2f} {len(queries):8} {written:13}"


def _seen(count: int, files: int) -> list[SeenFinding]:
    from apps.findings.sightings import SeenFinding
    from plumbline.registry import all_rules

    rules = [rule for rule in all_rules().values() if not rule.preview]
    found = []
    for number in range(count):
        rule = rules[number % len(rules)]
        path = f"apps/app{number % files // 10}/module{number % files}.py"
        symbol = f"{path.removesuffix('.py').replace('/', '.')}.Class{number}.method"
        text = "".join(
            f"        value_{line} = compute(argument_{number}_{line})\n" for line in range(9)
        )
        found.append(
            SeenFinding(
                fingerprint=hashlib.sha256(f"{rule.code}{symbol}".encode()).hexdigest()[:32],
                code=rule.code,
                level=rule.level.value,
                preview=False,
                path=path,
                blob="a" * 40,
                line=10 + number // files * 20,
                column=5,
                end_line=12 + number // files * 20,
                symbol=symbol,
                message=f"`{symbol.rpartition('.')[2]}` does what the guide advises against; do it otherwise",
                fix="",
                suppressed=None,
                snippet=text,
                snippet_start=7 + number // files * 20,
                content=f"{number:016x}",
            )
        )
    return found


def _edited(item: SeenFinding) -> SeenFinding:
    """The same finding after lines were added above it."""
    return replace(
        item,
        line=item.line + 4,
        end_line=item.end_line + 4,
        snippet_start=item.snippet_start + 4,
        blob="b" * 40,
    )


def _moved(item: SeenFinding) -> SeenFinding:
    """The same finding after its file was moved."""
    symbol = f"moved.{item.symbol}"
    fingerprint = hashlib.sha256(f"{item.code}{symbol}".encode()).hexdigest()[:32]
    snippet = item.snippet or "        value = compute(argument)\n"
    return replace(
        item, path=f"moved/{item.path}", symbol=symbol, fingerprint=fingerprint, snippet=snippet
    )


def _report(seen: list[SeenFinding]) -> object:
    from plumbline import report as r
    from plumbline import scoring
    from plumbline.registry import all_rules

    counts = Counter(item.code for item in seen)
    rules = [
        r.RuleOutcome(
            code,
            rule.statement,
            rule.level.value,
            rule.preview,
            "fail" if counts[code] else "pass",
            counts[code] + 10,
            counts[code],
            "as made up",
            0,
            scoring.weight(rule),
        )
        for code, rule in all_rules().items()
    ]
    return r.Report(
        r.SCHEMA, "bench", "sha256:bench", "", None, 50.0, "off", len(rules), len(rules), False,
        r.Files(1000), {}, rules, [], {},
    )  # fmt: skip


def _versions(repository_id: int) -> dict[int, str]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, ctid::text FROM findings_finding WHERE repository_id = %s", [repository_id]
        )
        return dict(cursor.fetchall())


if __name__ == "__main__":
    sys.exit(main())
