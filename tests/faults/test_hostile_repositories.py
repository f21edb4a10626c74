"""Hostile files, names and repositories through real workers: each scan ends, and harms no other file and no worker."""

import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from apps.findings.models import Finding
from apps.repositories.git.tree import Tree
from apps.scans.models import Scan, UnreadableFile
from plumbline.source import select
from tests.apps.repositories.git.forge import repository_make
from tests.apps.source import SHOP, Source
from tests.faults.acts import ask, ended, follow
from tests.faults.extent import FULL, extent
from tests.faults.installation import Running
from tests.hostile.files import HOSTILE_FILES, HostileFile
from tests.hostile.names import CODE, NAMES
from tests.hostile.projects import PROJECTS

GOOD = {path.encode(): text.encode() for path, text in SHOP.items()}
FEW = ("90,000 unary minuses", "dotted import over lines", "opened brackets", "YAML billion laughs")
# Processors are busy with other tests in a short run.
SECONDS_OF_ONE = extent(short=60, full=12)


def commit(source: Source, files: Mapping[bytes, bytes]) -> str:
    """Make these the only files of the branch."""
    return repository_make(source.bare, files)


def good_findings(scan: Scan) -> set[tuple[object, ...]]:
    """What was found in the honest files."""
    paths = [path.decode() for path in GOOD]
    found = Finding.objects.filter(
        repository_id=scan.repository_id, state="open", path__in=paths
    ).exclude(path="pyproject.toml")
    return set(found.values_list("fingerprint", "code", "path", "line", "message"))


def scanned(scan: Scan, seconds: float) -> Scan:
    ended(scan, seconds=seconds)
    scan.refresh_from_db()
    return scan


def each_has_a_result_or_a_reason(scan: Scan, bare: Path) -> bool:
    selection = select(Tree(bare, scan.commit).entries())
    reasons = list(UnreadableFile.objects.filter(scan=scan).values_list("path", "reason"))
    wanted = len(selection.files) + len(selection.unreadable)
    return scan.files_read + len(reasons) == wanted and all(reason for _, reason in reasons)


@pytest.fixture
def worker(installation) -> Running:
    installation.beat()
    return installation.workers(1)[0]


@pytest.fixture
def reference(worker, source) -> set[tuple[object, ...]]:
    """What is found in the honest files when they are alone."""
    commit(source, GOOD)
    repository = follow(source)
    scan = scanned(Scan.objects.get(repository=repository), seconds=60)
    assert scan.state == "done"
    found = good_findings(scan)
    repository.delete()
    assert len(found) >= 1
    return found


def test_all_hostile_files_together_are_judged_beside_the_good_ones(worker, source, reference):
    chosen = HOSTILE_FILES if FULL else HOSTILE_FILES[::6]
    hostile = {file.path(number).encode(): file.content for number, file in enumerate(chosen)}
    commit(source, GOOD | hostile | dict.fromkeys(NAMES, CODE))
    pid = worker.pid
    scan = scanned(Scan.objects.get(repository=follow(source)), seconds=extent(short=120, full=300))
    assert (scan.state, scan.error_code, scan.attempt) == ("done", "", 1), worker.output()[-3000:]
    assert each_has_a_result_or_a_reason(scan, source.bare)
    assert good_findings(scan) == reference
    assert worker.alive
    assert worker.pid == pid


def test_each_hostile_file_alone_costs_no_more_than_itself(worker, source, reference):
    chosen = HOSTILE_FILES if FULL else [file for file in HOSTILE_FILES if file.name in FEW]
    commit(source, GOOD)
    repository = follow(source)
    scanned(Scan.objects.get(repository=repository), seconds=60)
    slow: dict[str, float] = {}
    for number, file in enumerate(chosen):
        commit(source, GOOD | {file.path(number).encode(): unseen(file)})
        began = time.monotonic()
        scan = scanned(ask(repository), seconds=120)
        took = time.monotonic() - began
        assert (scan.state, scan.error_code, scan.attempt) == ("done", "", 1), file.name
        assert each_has_a_result_or_a_reason(scan, source.bare), file.name
        assert good_findings(scan) == reference, file.name
        if took > SECONDS_OF_ONE:
            slow[file.name] = took
    assert slow == {}
    assert worker.alive


def unseen(file: HostileFile) -> bytes:
    """Its content as no scan has seen it."""
    return file.content + b"\n" if file.kind == "text" else file.content


@pytest.mark.parametrize("name", list(PROJECTS) if FULL else ["settings that double a list"])
def test_a_hostile_repository_is_judged_and_the_worker_lives_on(worker, source, name):
    commit(source, {path.encode(): content for path, content in PROJECTS[name].items()})
    scan = scanned(Scan.objects.get(repository=follow(source)), seconds=200)
    assert (scan.state, scan.error_code, scan.attempt) == ("done", "", 1), worker.output()[-3000:]
    assert worker.alive
