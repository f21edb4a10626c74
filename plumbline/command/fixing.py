"""Fixes on a tree: made into verified patches in a sandbox, round by round, and written to disk at the end."""

from __future__ import annotations

import contextlib
import itertools
import os
import stat
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from plumbline import patching
from plumbline import report as r
from plumbline.command.judging import Judged, judge
from plumbline.command.trees import FolderTree, NotJudgeable, Tree
from plumbline.patching import Patched
from plumbline.sandbox import Engine, Sandbox, SandboxError
from plumbline.source import Entry, File

ROUNDS = 5
_PATCHES_PER_CHILD = 20
_PORTION = 512 << 10
"""Bytes of source that are patched at once: LibCST reads some 50 KB a second."""


class Overlay:
    """A tree with other bytes in some of its files."""

    def __init__(self, tree: Tree) -> None:
        """Look at ``tree``, as yet unchanged."""
        self.name = tree.name
        self.commit = tree.commit
        self.tree = tree
        self.changed: dict[str, bytes] = {}
        self._round = 0

    def change(self, contents: Mapping[str, bytes]) -> None:
        """Give some files other bytes."""
        self._round += 1
        self.changed.update(contents)

    def entries(self) -> Iterator[Entry]:
        """Every entry of the tree; a changed file has an id of its own, so that nothing known of it is used."""
        for entry in self.tree.entries():
            content = self.changed.get(os.fsdecode(entry.path))
            if content is None:
                yield entry
            else:
                yield Entry(entry.path, entry.mode, f"{self._round}\0{entry.blob}", len(content))

    def read(self, files: list[File]) -> Iterator[tuple[File, bytes]]:
        """The bytes of the given files, changed or not."""
        for file in files:
            if file.path in self.changed:
                yield file, self.changed[file.path]
        yield from self.tree.read([file for file in files if file.path not in self.changed])


class Fixed(msgspec.Struct):
    """What fixing came to: the files before and after, and the patches that were made and that failed."""

    before: dict[str, bytes]
    after: dict[str, bytes]
    made: list[r.Patch]
    failed: list[r.Patch]


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which findings to fix: those of these codes or all, safe ones or all, but none with a ``spared`` fingerprint."""

    codes: tuple[str, ...] = ()
    include_unsafe: bool = False
    spared: frozenset[str] = frozenset()

    def among(self, report: r.Report) -> list[r.Finding]:
        """The findings of a report that are wanted and have a fix."""
        fixes = report.fixes or {}
        return [
            finding
            for finding in report.findings
            if finding.fingerprint in fixes
            and finding.fingerprint not in self.spared
            and finding.suppressed is None
            and (self.include_unsafe or finding.fix == "safe")
            and (not self.codes or finding.code.startswith(self.codes))
        ]


@contextlib.contextmanager
def bench() -> Iterator[Sandbox]:
    """A sandbox that makes patches."""
    with Sandbox(engine=Engine(analysis=patching.ENGINE)) as sandbox:
        yield sandbox


def fixed(overlay: Overlay, judged: Judged, wanted: Wanted) -> Fixed:
    """Fix a tree, round by round, until nothing is left that can be fixed; ``judged`` holds the fixes of all rules."""
    if not wanted.among(judged.report):
        return Fixed({}, {}, [], [])
    with bench() as tools, Sandbox() as sandbox:
        return rounds(overlay, judged, wanted, tools, sandbox)


def rounds(
    overlay: Overlay, judged: Judged, wanted: Wanted, tools: Sandbox, sandbox: Sandbox
) -> Fixed:
    """Fix a tree with the given sandboxes: ``tools`` make patches, the other one judges."""
    result = Fixed({}, {}, [], [])
    tried: set[str] = set()

    def left(paths: Collection[str] | None = None) -> list[r.Finding]:
        return [
            finding
            for finding in wanted.among(judged.report)
            if finding.fingerprint not in tried and (paths is None or finding.path in paths)
        ]

    for _ in range(ROUNDS):
        is_done = True
        for paths in _portions(judged, left()):
            findings = left(paths)
            contents = _contents(overlay, judged, findings)
            done = _patched(tools, judged, contents, findings)
            result.made += [patch for patch in done.patches if patch.is_verified]
            result.failed += [
                patch for patch in done.patches if not patch.is_verified and not patch.is_postponed
            ]
            tried.update(patch.fingerprint for patch in result.failed)
            if not done.contents:
                continue
            is_done = False
            for path, content in done.contents.items():
                result.before.setdefault(path, contents[path])
                result.after[path] = content
            overlay.change(done.contents)
            judged = judge(overlay, include_fixes=True, known=judged, sandbox=sandbox)
        if is_done:
            break
    return result


def _portions(judged: Judged, findings: Sequence[r.Finding]) -> list[set[str]]:
    """The files with findings in portions that one child can patch in its time."""
    sizes = {file.path: file.size for file in judged.selected}
    portions: list[set[str]] = []
    size = _PORTION + 1
    for path in sorted({finding.path for finding in findings}):
        size += sizes.get(path, 0)
        if size > _PORTION:
            portions.append(set())
            size = sizes.get(path, 0)
        portions[-1].add(path)
    return portions


def patches_apart(tree: Tree, judged: Judged, wanted: Wanted) -> list[r.Patch]:
    """A patch for each finding by itself, verified by itself."""
    findings = wanted.among(judged.report)
    contents = _contents(tree, judged, findings)
    if not findings:
        return []
    with bench() as tools:
        return [
            patch
            for part in itertools.batched(findings, _PATCHES_PER_CHILD, strict=False)
            for patch in _patched(tools, judged, contents, part, apart=True).patches
        ]


def _contents(tree: Tree, judged: Judged, findings: Sequence[r.Finding]) -> dict[str, bytes]:
    """The files that the fixes of ``findings`` change, as they are."""
    fixes = judged.report.fixes or {}
    paths = {path for finding in findings for path in fixes[finding.fingerprint].paths}
    return {file.path: content for file, content in tree.read(judged.files(paths))}


def _patched(
    tools: Sandbox,
    judged: Judged,
    contents: Mapping[str, bytes],
    findings: Sequence[r.Finding],
    *,
    apart: bool = False,
) -> Patched:
    """Patches from the sandbox. If it dies of a file, half of the findings are tried without the other half."""
    if not findings:
        return Patched([], {})
    fixes = judged.report.fixes or {}
    paths = {path for finding in findings for path in fixes[finding.fingerprint].paths}
    job = patching.PatchJob(
        judged.job,
        r.encode(judged.report),
        {path: content for path, content in contents.items() if path in paths},
        [finding.fingerprint for finding in findings],
        apart,
    )
    try:
        return patching.decode_patched(tools.evaluate(patching.encode(job)))
    except SandboxError as error:
        if len(findings) < 2:
            return Patched([_unmade(finding, error.text) for finding in findings], {})
    middle = len(findings) // 2
    halves = [
        _patched(tools, judged, contents, part, apart=apart)
        for part in (findings[:middle], findings[middle:])
    ]
    # Both halves start from the same files, so only one of them can be kept in this round.
    kept = next((half for half in halves if half.contents), halves[0])
    for half in halves:
        if half is not kept and half.contents:
            for patch in half.patches:
                patch.is_postponed = patch.is_verified
                patch.is_verified = False
    return Patched([patch for half in halves for patch in half.patches], kept.contents)


def _unmade(finding: r.Finding, reason: str) -> r.Patch:
    return r.Patch(
        finding.fingerprint,
        finding.code,
        finding.path,
        finding.line,
        finding.message,
        finding.fix or "unsafe",
        "",
        False,
        reason=reason,
    )


def writable_root(path: Path, tree: Tree) -> Path:
    """The folder that fixes are written to; raises ``NotJudgeable`` for what has no work tree."""
    if not isinstance(tree, FolderTree):
        raise NotJudgeable(
            f"{path} is a bare repository and has no files to fix; use --show-fixes, or fix a clone of it"
        )
    return path


def write(root: Path, before: Mapping[str, bytes], after: Mapping[str, bytes]) -> None:
    """Write files, each at once and whole; one that has become something else meanwhile is refused.

    Raises:
        NotJudgeable: a file cannot be written; those before it are.
    """
    for path in sorted(after):
        try:
            _replace(root, path, before[path], after[path])
        except OSError as error:
            reason = error.strerror or "it has changed meanwhile"
            raise NotJudgeable(f"{root / path} cannot be written: {reason}") from error


def _replace(root: Path, path: str, before: bytes, after: bytes) -> None:
    """Put a new file in a file's place, going down folder by folder so that no symbolic link is followed."""
    *folders, name = path.split("/")
    with contextlib.ExitStack() as stack:
        folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
        stack.callback(os.close, folder)
        for part in folders:
            folder = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
            stack.callback(os.close, folder)
        old = os.open(name, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
        with open(old, "rb") as stream:
            if stream.read() != before:
                raise OSError
            mode = stat.S_IMODE(os.fstat(stream.fileno()).st_mode)
        draft = f".{name}.plumbline-{os.getpid()}"
        new = os.open(
            draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600, dir_fd=folder
        )
        try:
            with open(new, "wb") as stream:
                stream.write(after)
                stream.flush()
                os.fchmod(stream.fileno(), mode)
                os.fsync(stream.fileno())
            os.replace(draft, name, src_dir_fd=folder, dst_dir_fd=folder)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(draft, dir_fd=folder)
            raise
