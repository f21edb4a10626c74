"""Ruff on batches of files, each batch a confined process of its own over a folder of made-up names.

Ruff prints nothing at all when one file makes it crash, so a batch that dies is cut in half until the file is known.
"""

from __future__ import annotations

import contextlib
import functools
import os
import secrets
import signal
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from plumbline.linting import profile
from plumbline.linting.blobs import BlobLint, imported_names, is_exempt
from plumbline.linting.output import REASONS, counts_read
from plumbline.linting.places import folder_of, made_up_path
from plumbline.sandbox.folders import private_folder
from plumbline.sandbox.lane import Casualty
from plumbline.sandbox.limits import Limits, SandboxError
from plumbline.sandbox.program import NOT_STARTED, Program, interpreter_of

EXEMPTED = "a comment switches ruff off for the whole file"
NO_TIME = "ruff ran out of time before it came to this file"
# Enough for what Python itself can parse; with more, some files that overflow it take minutes first.
_STACK = 16 << 20

type Run = Callable[[Program, float], tuple[int, bytes]]
"""Runs a program for so many seconds at most: its exit status and output; ``TimeoutError`` if it takes longer."""


class _Died(Exception):
    """A run gave no result. It is ``passing`` if another run might."""

    def __init__(self, reason: str, *, passing: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.passing = passing


@dataclass(slots=True, eq=False)
class _File[K]:
    key: K
    role: str
    content: bytes
    path: str = ""
    counts: Counter[str] = field(default_factory=Counter)
    reason: str = ""


class Linter[K]:
    """Takes files and gives what ruff says of each, within the limits."""

    def __init__(
        self, run: Run, limits: Limits, *, threads: int, casualties: list[Casualty[K]]
    ) -> None:
        """Run programs with ``run``; files whose result may be another next time go to ``casualties``."""
        self._run_program = run
        self._limits = limits
        self._threads = threads
        self._casualties = casualties
        self._deadline = 0.0

    def lint(
        self, files: Iterable[tuple[K, str, bytes]], own_names: Collection[str]
    ) -> Iterator[tuple[K, BlobLint]]:
        """Give the result of every (key, role, content), each once.

        Raises:
            SandboxError: ruff or its folder cannot be had; never because of a file.
        """
        self._deadline = time.monotonic() + self._limits.lint_seconds
        for batch in self._batches(files):
            for file in batch:
                if len(file.content) > self._limits.input_size:
                    file.reason = f"too large: {len(file.content):,} bytes"
                elif is_exempt(file.content):
                    file.reason = EXEMPTED
            wanted = [file for file in batch if not file.reason]
            if wanted:
                try:
                    self._batch_lint(wanted, own_names)
                except OSError as error:
                    text = f"ruff had no folder to work in: {error.strerror}"
                    raise SandboxError("start_failed", text) from error
            for file in batch:
                yield file.key, _result(file, own_names)

    def _batches(self, files: Iterable[tuple[K, str, bytes]]) -> Iterator[list[_File[K]]]:
        batch: list[_File[K]] = []
        size = 0
        for key, role, content in files:
            batch.append(_File(key, role, content))
            size += len(content)
            if len(batch) >= self._limits.files_per_lint or size >= self._limits.bytes_per_lint:
                yield batch
                batch, size = [], 0
        if batch:
            yield batch

    def _batch_lint(self, files: Sequence[_File[K]], own_names: Collection[str]) -> None:
        token = secrets.token_hex(8)
        with _folder(files, token) as folder:
            arguments = profile.check_arguments(own_names)
            self._counts_take(folder, token, list(enumerate(files)), arguments)
            for arrangement in profile.ARRANGEMENTS:
                unsorted = [
                    (number, file)
                    for number, file in enumerate(files)
                    if profile.UNSORTED in file.counts
                ]
                if unsorted:
                    arguments = profile.sorting_arguments(arrangement, own_names)
                    self._sorted_forget(folder, token, unsorted, arguments)

    def _counts_take(
        self, folder: str, token: str, files: list[tuple[int, _File[K]]], arguments: list[str]
    ) -> None:
        """Note the counts of some files, by halves if one of them makes ruff die."""
        try:
            found = self._run(folder, token, files, arguments)
        except _Died as error:
            if len(files) == 1 or time.monotonic() >= self._deadline:
                for _, file in files:
                    file.reason = error.reason
                    if error.passing:
                        self._casualties.append(Casualty(file.key, error.reason))
                return
            half = len(files) // 2
            self._counts_take(folder, token, files[:half], arguments)
            self._counts_take(folder, token, files[half:], arguments)
            return
        for number, file in files:
            file.counts = found.get(number, Counter())
            file.reason = next((REASONS[code] for code in REASONS if code in file.counts), "")

    def _sorted_forget(
        self, folder: str, token: str, files: list[tuple[int, _File[K]]], arguments: list[str]
    ) -> None:
        """Forget that imports are unsorted where other options find them sorted."""
        with contextlib.suppress(_Died):
            found = self._run(folder, token, files, arguments)
            for number, file in files:
                if profile.UNSORTED not in found.get(number, ()):
                    del file.counts[profile.UNSORTED]

    def _run(
        self, folder: str, token: str, files: list[tuple[int, _File[K]]], arguments: list[str]
    ) -> dict[int, Counter[str]]:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise _Died(NO_TIME, passing=True)
        binary, interpreter = _ruff()
        program = Program(
            path=binary,
            # Ruff takes a lone file in its main thread, whose stack is another: the marker makes it two.
            arguments=[*arguments, _marker(files[0][1]), *(file.path for _, file in files)],
            environment={
                "NO_COLOR": "1",
                "RAYON_NUM_THREADS": str(self._threads),
                "RUST_MIN_STACK": str(_STACK),
            },
            folder=folder,
            interpreter=interpreter,
            memory=self._limits.lint_memory,
            cpu=self._limits.lint_cpu,
        )
        try:
            status, output = self._run_program(program, min(left, self._limits.lint_run_seconds))
        except TimeoutError:
            raise _Died(
                NO_TIME if left <= self._limits.lint_run_seconds else self._too_long(),
                passing=True,
            ) from None
        except SandboxError as error:
            if error.code == "answer_too_large":
                raise _Died("ruff says too much about it") from error
            raise
        if status == NOT_STARTED:
            raise SandboxError("start_failed", "ruff could not be started")
        if status != 0:
            raise _Died(self._cause(status), passing=status == -signal.SIGKILL)
        return counts_read(output, token)

    def _too_long(self) -> str:
        return f"ruff took longer than {self._limits.lint_run_seconds:g} s"

    def _cause(self, status: int) -> str:
        if status == -signal.SIGXCPU:
            return f"ruff took longer than {self._limits.lint_cpu} s of processor time"
        if status == -signal.SIGKILL:
            return "ruff was killed, most likely for its use of memory"
        if status > 0:
            return "ruff gave up on it"
        try:
            return f"ruff crashed ({signal.Signals(-status).name})"
        except ValueError:
            return f"ruff crashed (signal {-status})"


def _result[K](file: _File[K], own_names: Collection[str]) -> BlobLint:
    if file.reason:
        return BlobLint({}, {}, file.reason)
    imports = {name: name in own_names for name in sorted(imported_names(file.content))}
    return BlobLint(dict(file.counts), imports)


@contextlib.contextmanager
def _folder[K](files: Sequence[_File[K]], token: str) -> Iterator[str]:
    """A private folder with just these files, under names that we make up; it is gone afterwards."""
    with private_folder("plumbline-ruff-") as folder:
        markers: set[str] = set()
        for number, file in enumerate(files):
            file.path = made_up_path(file.role, f"{token}_{number}")
            marker = _marker(file)
            if marker not in markers:
                markers.add(marker)
                folder.write(marker, b"")
            folder.write(file.path, file.content)
        yield folder.path


def _marker[K](file: _File[K]) -> str:
    """The file that makes a package of the folder that a file is in."""
    return f"{folder_of(file.role)}/__init__.py"


@functools.cache
def _ruff() -> tuple[str, str]:
    """The bundled ruff and the loader that it names."""
    try:
        from ruff import find_ruff_bin  # type: ignore[import-untyped]

        path = os.path.realpath(find_ruff_bin())
        return path, interpreter_of(path)
    except (ImportError, OSError) as error:
        raise SandboxError("start_failed", "ruff is not installed beside Plumbline") from error
