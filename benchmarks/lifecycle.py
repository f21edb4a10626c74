"""What happens to findings while a repository lives: every transition of its newest commits, to be read by hand.

usage: python -m benchmarks.lifecycle REPOSITORY.git [REPOSITORY.git …] [--last 100] [--sample 50] [--seed 1] [--all]

The newest first-parent commits of the main branch go through the pipeline one by one, oldest first, as pushes do. Each
event of the log after the first scan is a transition: new, fixed, reopened, moved, edited, removed with its file. Shown
are those that look wrong, a sample of the others, each with the lines of the diff where it stands, and the figures.

What looks wrong is found without the matcher's own measures, by comparing every pair of each commit:

- a finding that ended beside one of the same rule that began, whose code is alike (difflib) or that say the same of a
  symbol of the same name: was it still there?
- one that was moved or edited although its code is not alike: were these two?
"""

from __future__ import annotations

import argparse
import difflib
import os
import random
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from benchmarks.installation import settings_load
from benchmarks.replay import git

_BEGAN = ("new", "reopened")
_ENDED = ("fixed", "removed_with_file")
_SHOWN = (*_BEGAN, *_ENDED, "moved", "edited")
_ALIKE = 0.6
_UNLIKE = 0.4
_HUNK = re.compile(r"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@", re.MULTILINE)


@dataclass(frozen=True)
class Transition:
    """One event of one commit, with the code before and after it as far as there is some."""

    kind: str
    cause: str
    code: str
    old_commit: str
    commit: str
    path: str
    line: int
    old_path: str
    old_line: int
    symbol: str
    message: str
    own: str
    old_own: str
    content: str

    def __str__(self) -> str:
        came = f"{self.old_path}:{self.old_line} -> " if self.old_path else ""
        return (
            f"{self.kind} ({self.cause}) {self.code} {came}{self.path}:{self.line} {self.symbol}\n"
            f"    {self.message}"
        )

    def diff(self, source: Path) -> str:
        """The hunks of the diff next to it."""
        paths = dict.fromkeys(path for path in (self.old_path, self.path) if path)
        text = git(
            *(f"--git-dir={source}", "diff", "--find-renames", "-U3"),
            *(self.old_commit, self.commit, "--", *paths),
        )
        heads = list(_HUNK.finditer(text))
        if not heads:
            return text[:400] or "(no change of this file)\n"
        is_old = self.kind in _ENDED
        start, length = (1, 2) if is_old else (3, 4)

        def distance(match: re.Match[str]) -> int:
            first = int(match[start])
            last = first + int(match[length] or 1)
            return max(first - self.line, self.line - last, 0)

        best = min(range(len(heads)), key=lambda number: distance(heads[number]))
        end = heads[best + 1].start() if best + 1 < len(heads) else len(text)
        lines = text[heads[best].start() : end].split("\n")
        return "\n".join([*lines[:40], *(["…"] if len(lines) > 40 else [])])


def main() -> int:
    """Replay, compare, and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("repositories", nargs="+", type=Path)
    parser.add_argument("--last", type=int, default=100)
    parser.add_argument("--sample", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--all", action="store_true", help="show every transition")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="plumbline-lifecycle-") as name:
        folder = Path(name)
        os.environ["DATABASE_POOL_SIZE"] = "0"
        settings_load(folder / "var")
        for repository, replayed in _replays(given.repositories, folder, given.last):
            _report(repository, replayed, given.sample, given.seed, everything=given.all)
    return 0


def _report(
    source: Path, commits: list[list[Transition]], sample: int, seed: int, *, everything: bool
) -> None:
    transitions = [transition for commit in commits for transition in commit]
    pairs = [pair for commit in commits for pair in _torn(commit)]
    unlike = [item for item in transitions if item.old_path and _likeness(item) < _UNLIKE]
    print(f"==== {source.name}: {len(commits)} commits, {len(transitions)} transitions")
    for number, (gone, came) in enumerate(pairs, 1):
        print(f"\n---- torn? {number} of {len(pairs)}, {came.commit[:10]}\n{gone}\n{came}")
        print(gone.diff(source), came.diff(source), sep="\n")
    for number, item in enumerate(unlike, 1):
        print(f"\n---- joined? {number} of {len(unlike)}, {item.commit[:10]}\n{item}")
        print(f"    before: {item.old_own.strip()}\n    after:  {item.own.strip()}")
        print(item.diff(source))
    chosen = transitions
    if not everything:
        chance = random.Random(seed)  # noqa: S311
        chosen = chance.sample(transitions, min(sample, len(transitions)))
    for number, item in enumerate(chosen, 1):
        print(f"\n---- {number} of {len(chosen)}, {item.commit[:10]}\n{item}\n{item.diff(source)}")
    counts = Counter((item.kind, item.cause) for item in transitions)
    print(f"\n==== {source.name}: {len(commits)} commits")
    for (kind, cause), count in sorted(counts.items()):
        print(f"{count:6} {kind} ({cause})")
    print(f"{len(pairs):6} torn? {len(unlike)} joined?", flush=True)


def _torn(commit: list[Transition]) -> Iterator[tuple[Transition, Transition]]:
    """Every pair of one that ended and one that began and that might be the same."""
    gone = [item for item in commit if item.kind in _ENDED]
    came = [item for item in commit if item.kind in _BEGAN]
    for old, new in product(gone, came):
        if old.code != new.code:
            continue
        is_named_alike = (
            old.symbol.rpartition(".")[2] == new.symbol.rpartition(".")[2]
            and old.content == new.content
        )
        if is_named_alike or _ratio(old.own, new.own) >= _ALIKE:
            yield old, new


def _likeness(item: Transition) -> float:
    return _ratio(item.old_own, item.own)


def _ratio(one: str, other: str) -> float:
    return difflib.SequenceMatcher(None, one.split(), other.split(), autojunk=False).ratio()


def _replays(
    sources: list[Path], folder: Path, last: int
) -> Iterator[tuple[Path, list[list[Transition]]]]:
    from django.core.management import call_command

    from core.runtime.addresses import Addresses
    from core.runtime.console import Console
    from core.runtime.stage import staged

    console = Console(sys.stderr, quiet=frozenset({"postgres", "valkey"}))
    with staged(Addresses.under(folder / "var"), console) as stage:
        stage.start_servers()
        call_command("migrate", interactive=False, verbosity=0)
        for source in sources:
            pushed = folder / f"{source.name}"
            git("init", "--quiet", "--bare", "--initial-branch=main", str(pushed))
            (pushed / "objects/info/alternates").write_text(f"{(source / 'objects').resolve()}\n")
            yield source, list(_replay(source, pushed, last))
            stage.supervisor.poll(0)


def _replay(source: Path, pushed: Path, last: int) -> Iterator[list[Transition]]:
    """The transitions of each commit; those of the first one are none."""
    from apps.repositories.services import repository_register
    from apps.scans.models import Scan, Trigger
    from apps.scans.pipeline import scan_run
    from apps.scans.services import scan_request

    commits = git(f"--git-dir={source}", "rev-list", "--first-parent", f"-n{last}", "HEAD").split()
    repository, before = None, ""
    for number, commit in enumerate(reversed(commits), 1):
        git(f"--git-dir={pushed}", "update-ref", "refs/heads/main", commit)
        code = _code_of(repository.pk) if repository else {}
        if repository is None:
            repository = repository_register(url=f"file://{pushed}")
        else:
            scan_request(repository=repository, trigger=Trigger.MANUAL)
        waiting = Scan.objects.get(repository=repository, state="queued")
        scan_run(waiting.pk)
        done = Scan.objects.get(pk=waiting.pk)
        if (done.state, done.commit) != ("done", commit):
            sys.exit(f"{commit}: {done.state} {done.error_code} {done.error_text}")
        yield list(_transitions(done.pk, before, commit, code)) if before else []
        print(f"\r{source.name} {number}/{len(commits)}", end="", file=sys.stderr, flush=True)
        before = commit
    print(file=sys.stderr)


def _code_of(repository_id: int) -> dict[int, str]:
    """The own lines of each finding as they are now."""
    from apps.findings.choices import PRESENT
    from apps.findings.models import Finding
    from apps.findings.similarity import excerpt

    rows = Finding.objects.filter(repository_id=repository_id, state__in=PRESENT).values_list(
        "pk", "snippet", "snippet_start", "line", "end_line"
    )
    return {pk: excerpt(*code).own for pk, *code in rows}


def _transitions(
    scan_id: int, old_commit: str, commit: str, code: dict[int, str]
) -> Iterator[Transition]:
    from apps.findings.models import FindingEvent
    from apps.findings.similarity import excerpt

    events = FindingEvent.objects.filter(scan_id=scan_id).exclude(cause="first_scan")
    for event in events.select_related("finding"):
        if event.kind not in _SHOWN:
            print(f"(beside: {event.kind} {event.cause} {event.code} {event.finding.path})")
            continue
        finding, was = event.finding, event.was or {}
        now = excerpt(finding.snippet, finding.snippet_start, finding.line, finding.end_line)
        yield Transition(
            kind=event.kind,
            cause=event.cause,
            code=event.code,
            old_commit=old_commit,
            commit=commit,
            path=finding.path,
            line=finding.line,
            old_path=was.get("path", ""),
            old_line=was.get("line", 0),
            symbol=finding.symbol,
            message=finding.message,
            own=now.own,
            old_own=code.get(finding.pk, ""),
            content=finding.content,
        )


if __name__ == "__main__":
    sys.exit(main())
