"""Tree to report, through the same child processes that the service uses."""

from __future__ import annotations

import contextlib
import datetime
import os
import time
from collections.abc import Collection, Iterator, Sequence

import msgspec

from plumbline import report as r
from plumbline import scoring, source
from plumbline.command.trees import NotJudgeable, Tree
from plumbline.linting.results import Lint
from plumbline.sandbox import Sandbox
from plumbline.source import File, Selection, UnreadableFile

_FILES_PER_CHILD = 400


class Judged(msgspec.Struct):
    """A report, the encoded job that it answers, and the outlines in it by blob id and kind."""

    report: r.Report
    outlines: dict[tuple[str, str], bytes]
    job: bytes
    selected: list[File]

    def files(self, paths: Collection[str]) -> list[File]:
        """The files of these paths among those that were read."""
        return [file for file in self.selected if file.path in paths]


def judge(
    tree: Tree,
    *,
    select: Sequence[str] | None = None,
    include_timings: bool = False,
    include_fixes: bool = False,
    include_lint: bool = False,
    known: Judged | None = None,
    sandbox: Sandbox | None = None,
) -> Judged:
    """Extract and evaluate a tree; outlines in ``known`` are not made again. Who judges often gives a ``sandbox``."""
    started = time.perf_counter()
    selection = _selection(tree)
    children = max(1, min(os.cpu_count() or 1, 4, 1 + len(selection.files) // _FILES_PER_CHILD))
    own = Sandbox(children) if sandbox is None else contextlib.nullcontext(sandbox)
    outlines = dict(known.outlines) if known else {}
    missing = [file for file in selection.files if (file.blob, file.kind) not in outlines]
    reading = 0.0

    def contents() -> Iterator[tuple[File, str, bytes]]:
        nonlocal reading
        before = time.perf_counter()
        for file, content in tree.read(missing):
            reading += time.perf_counter() - before
            yield file, file.kind, content
            before = time.perf_counter()

    with own as running:
        begun = time.perf_counter()
        for file, encoded in running.extract(contents()):
            outlines[file.blob, file.kind] = encoded
        extracted = time.perf_counter()
        gone = [file for file in missing if (file.blob, file.kind) not in outlines]
        job = r.Job(
            tree.name,
            tree.commit,
            [
                (file.path, file.kind, outlines[file.blob, file.kind])
                for file in selection.files
                if (file.blob, file.kind) in outlines
            ],
            selection.excluded,
            selection.unreadable
            + [UnreadableFile(file.path, "it vanished, or cannot be opened") for file in gone],
            list(select) if select else None,
            include_timings,
            include_fixes,
            datetime.datetime.now(datetime.UTC).date().isoformat(),
        )
        encoded_job = r.encode(job)
        report = r.decode_report(running.evaluate(encoded_job))
        finished = time.perf_counter()
        if include_lint:
            report.lint = _lint(tree, selection.files, running)
    report.timings = {
        "read": round(begun - started + reading, 3),
        "extract": round(extracted - begun - reading, 3),
        "evaluate": round(finished - extracted, 3),
        "total": round(time.perf_counter() - started, 3),
    }
    if include_lint:
        report.timings["lint"] = round(time.perf_counter() - finished, 3)
    return Judged(report, outlines, encoded_job, selection.files)


def _lint(tree: Tree, files: Sequence[File], sandbox: Sandbox) -> Lint:
    """What ruff says of the Python files."""
    from plumbline.linting.places import Places
    from plumbline.linting.summary import summarise
    from plumbline.version import ruff_version

    python = [file for file in files if file.kind == "python"]
    places = Places(file.path for file in python)
    wanted = [file for file in python if places.is_linted(file.path)]
    results = sandbox.lint(
        ((file.path, places.role(file.path), content) for file, content in tree.read(wanted)),
        places.own_names,
    )
    return summarise(
        ((path, places.role(path), result) for path, result in results), ruff=ruff_version()
    )


def _selection(tree: Tree) -> Selection:
    selection = source.select(tree.entries())
    if not selection.files and not selection.unreadable:
        raise NotJudgeable(
            f"{tree.name} holds no file that a rule could read; give the root of a Django repository"
        )
    return selection


def compare(report: r.Report, base: r.Report) -> r.Report:
    """A report with only the findings that ``base`` lacks, and the standing that follows."""
    old = {finding.fingerprint for finding in base.findings}
    report.findings = [finding for finding in report.findings if finding.fingerprint not in old]
    if report.standing is not None:
        report.standing = scoring.standing(report.rules, len(scoring.open_must(report)))
    return report
