"""The whole way in disposable children: one makes the SQL, one after the other reads it as Squawk.

The worker that calls this only passes bytes on: no field is made and no statement parsed in it.
"""

from __future__ import annotations

import functools
import hashlib
import os
import signal
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from importlib import metadata, resources
from itertools import pairwise
from types import MappingProxyType, TracebackType
from typing import Self

import msgspec

import django

from apps.findings.migration_results import MigrationSummary, summarise
from apps.findings.migration_sql.child import EncodedSqlJob, decode_made
from apps.findings.migration_sql.scripts import MigrationSql
from apps.findings.migration_sql.squawk import (
    CONFIGURATION,
    SqlFinding,
    SquawkFailed,
    findings_read,
    squawk_arguments,
    squawk_program,
)
from plumbline.sandbox import Engine, Limits, Sandbox, SandboxError
from plumbline.sandbox.folders import private_folder
from plumbline.sandbox.limits import GIB, MIB
from plumbline.sandbox.program import NOT_STARTED, Program, interpreter_of

_MODULE = "apps.findings.migration_sql.child"
_ENGINE = Engine(extract=_MODULE, analysis=_MODULE)
LIMITS = Limits(
    evaluate_memory=GIB,
    evaluate_seconds=120.0,
    evaluate_cpu=60,
    report_size=32 * MIB,
    lint_memory=2 * GIB,
    lint_cpu=10,
    lint_run_seconds=30.0,
    lint_seconds=60.0,
    lint_output_size=4 * MIB,
    files_per_lint=200,
)
PART = 50
"""Migrations whose SQL is made, shared between workers and kept together."""
_encoded_scripts = msgspec.msgpack.Decoder(list[msgspec.Raw])
_encoded_parts = msgspec.msgpack.Decoder(list[bytes])
_LARGEST_JOB = 64 * MIB
_LASTING = frozenset(("timed_out", "out_of_memory", "answer_too_large", "evaluation_failed"))
_MOST = 20_000
"""After so many findings the other migrations are not looked at."""
_NO_TIME = "Squawk ran out of time before it came to this migration"


class MigrationsNotLinted(Exception):
    """There is no SQL, or nobody to read it; the message says why.

    It is ``lasting`` if the same migrations will fail again, so that nobody needs to try.
    """

    def __init__(self, reason: str, *, lasting: bool = False) -> None:
        """Keep the reason for people."""
        super().__init__(reason)
        self.reason = reason
        self.lasting = lasting


@functools.cache
def squawk_version() -> str:
    """The version of the bundled Squawk; blank where there is none."""
    try:
        return metadata.version("squawk-cli")
    except metadata.PackageNotFoundError:
        return ""


@functools.cache
def checker_version() -> str:
    """A short hash of what turns the same scripts into the same findings: Squawk, Django and this package."""
    digest = hashlib.sha256(f"{squawk_version()}\0{django.get_version()}".encode())
    folder = resources.files(__package__)
    sources = [item for item in folder.iterdir() if item.name.endswith(".py")]
    sources.append(resources.files("apps.findings") / "migration_results.py")
    for item in sorted(sources, key=lambda item: item.name):
        digest.update(f"\0{item.name}\0".encode())
        digest.update(item.read_bytes())
    return digest.hexdigest()[:16]


def scripts_digest(scripts: bytes) -> str:
    """What a result is kept under: everything that it follows from, the migrations as the engine rebuilt them."""
    return hashlib.sha256(checker_version().encode() + b"\0" + scripts).hexdigest()


class SqlParts:
    """A set of migrations in parts, each with the digest of all that its SQL follows from: the scripts up to its end.

    Parts are made at the same places in every set, so that sets which begin alike have their first parts in common.
    """

    def __init__(self, scripts: bytes) -> None:
        """Take encoded scripts; raises ``MigrationsNotLinted`` on anything else, and on too many."""
        if len(scripts) > _LARGEST_JOB:
            raise MigrationsNotLinted("The migrations hold too much to be rebuilt", lasting=True)
        try:
            self._scripts = _encoded_scripts.decode(scripts)
        except msgspec.DecodeError as error:
            text = "The SQL of the migrations could not be made: they are no scripts"
            raise MigrationsNotLinted(text, lasting=True) from error
        count = len(self._scripts)
        self._bounds = [*range(0, max(count, 1), PART), count]
        digest = hashlib.sha256(checker_version().encode())
        self.digests: list[str] = []
        """One for each part."""
        for start, stop in pairwise(self._bounds):
            for script in self._scripts[start:stop]:
                digest.update(b"\0%d\0" % len(script))
                digest.update(script)
            self.digests.append(digest.hexdigest())

    def missing(
        self, known: Collection[str], *, at_most: int | None = None
    ) -> Iterator[tuple[int, int]]:
        """First and last of each row of parts that are not known, cut into rows of so many at most."""
        row: list[int] = []
        for number, digest in enumerate(self.digests):
            if digest not in known and len(row) != at_most:
                row.append(number)
                continue
            if row:
                yield row[0], row[-1]
            row = [] if digest in known else [number]
        if row:
            yield row[0], row[-1]

    def job(self, first: int, last: int) -> bytes:
        """What makes the SQL of the parts from ``first`` to ``last``, both included."""
        bounds = self._bounds[first : last + 2]
        return msgspec.msgpack.encode(EncodedSqlJob(bounds, self._scripts[: bounds[-1]]))


class SqlMaker:
    """Makes SQL in one sandbox, which starts with the first job. A context manager."""

    def __init__(self, limits: Limits = LIMITS) -> None:
        """Say what a child may use."""
        self.limits = limits
        self._sandbox: Sandbox | None = None

    def __enter__(self) -> Self:
        """Give the maker."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the sandbox."""
        if self._sandbox is not None:
            self._sandbox.close()
            self._sandbox = None

    @property
    def sandbox(self) -> Sandbox:
        """Where Django writes SQL and Squawk reads it; raises ``SandboxError`` if it cannot be started."""
        if self._sandbox is None:
            self._sandbox = Sandbox(limits=self.limits, engine=_ENGINE)
        return self._sandbox

    def made(self, job: bytes) -> list[bytes]:
        """The encoded parts of a job; raises ``MigrationsNotLinted`` and nothing else."""
        try:
            return _encoded_parts.decode(self.sandbox.evaluate(job))
        except SandboxError as error:
            raise _not_linted(error, self.limits) from error
        except msgspec.DecodeError as error:
            text = f"The SQL of the migrations could not be read: {error}"
            raise MigrationsNotLinted(text) from error


def confined_lint(
    parts: SqlParts, maker: SqlMaker, known: Mapping[str, bytes] = MappingProxyType({})
) -> tuple[MigrationSummary, dict[str, bytes]]:
    """Make the SQL of migrations and lint it; raises ``MigrationsNotLinted`` and nothing else.

    Args:
        parts: The migrations.
        maker: Where.
        known: Parts whose SQL is made already, by their digests.

    Returns:
        What was found, and the parts that were made, by their digests.
    """
    made: dict[str, bytes] = {}
    for first, last in parts.missing(known):
        for digest, part in zip(
            parts.digests[first : last + 1], maker.made(parts.job(first, last)), strict=True
        ):
            made[digest] = part
    sql = [known.get(digest) or made[digest] for digest in parts.digests]
    try:
        if sum(map(len, sql)) > maker.limits.report_size:
            raise SandboxError("answer_too_large", "the SQL is too large")
        migrations = [migration for part in sql for migration in decode_made(part)]
        linter = _Linter(maker.sandbox, maker.limits)
        found = linter.lint(migrations)
    except SandboxError as error:
        raise _not_linted(error, maker.limits) from error
    except (msgspec.MsgspecError, SquawkFailed, OSError) as error:
        text = f"The SQL of the migrations could not be linted: {error}"
        raise MigrationsNotLinted(text) from error
    return summarise(migrations, found, linter.not_linted, squawk=squawk_version()), made


def _not_linted(error: SandboxError, limits: Limits) -> MigrationsNotLinted:
    reasons = {
        "timed_out": f"It takes longer than {limits.evaluate_cpu} s to make the SQL of the migrations",
        "out_of_memory": "To make the SQL of the migrations takes too much memory",
        "answer_too_large": "The migrations amount to more SQL than is looked at",
    }
    text = reasons.get(error.code, f"The SQL of the migrations could not be made: {error.text}")
    return MigrationsNotLinted(text, lasting=error.code in _LASTING)


class _Died(Exception):
    """A run of Squawk gave no result."""


class _Linter:
    """Runs Squawk on batches of migrations, by halves where one of them makes it die."""

    def __init__(self, sandbox: Sandbox, limits: Limits) -> None:
        self._sandbox = sandbox
        self._limits = limits
        self._deadline = time.monotonic() + limits.lint_seconds
        self._path = os.path.realpath(squawk_program())
        self.not_linted: dict[str, str] = {}

    def lint(self, migrations: Sequence[MigrationSql]) -> list[SqlFinding]:
        """What Squawk finds in migrations that change tables which may hold rows."""
        wanted = [item for item in migrations if item.statements and not item.script.is_first]
        found: list[SqlFinding] = []
        size = self._limits.files_per_lint
        for is_atomic in (True, False):
            group = [item for item in wanted if item.script.is_atomic is is_atomic]
            for start in range(0, len(group), size):
                part = group[start : start + size]
                if len(found) > _MOST:
                    reason = f"there are more than {_MOST:,} findings before it"
                    self.not_linted |= {item.script.path: reason for item in part}
                    continue
                found += self._halves(part, is_atomic=is_atomic)
        return found

    def _halves(self, part: Sequence[MigrationSql], *, is_atomic: bool) -> list[SqlFinding]:
        try:
            return self._run(part, is_atomic=is_atomic)
        except _Died as error:
            if len(part) == 1 or time.monotonic() >= self._deadline:
                self.not_linted |= {item.script.path: str(error) for item in part}
                return []
        half = len(part) // 2
        first = self._halves(part[:half], is_atomic=is_atomic)
        return first + self._halves(part[half:], is_atomic=is_atomic)

    def _run(self, part: Sequence[MigrationSql], *, is_atomic: bool) -> list[SqlFinding]:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise _Died(_NO_TIME)
        with private_folder("plumbline-squawk-") as folder:
            names = [f"{number:06}.sql" for number in range(len(part))]
            for name, item in zip(names, part, strict=True):
                folder.write(name, f"{item.sql}\n".encode("utf-8", "replace"))
            folder.write(CONFIGURATION, b"")
            program = Program(
                path=self._path,
                arguments=[*squawk_arguments(is_atomic=is_atomic), *names],
                environment={"HOME": folder.path, "LANG": "C.UTF-8", "RAYON_NUM_THREADS": "1"},
                folder=folder.path,
                interpreter=interpreter_of(self._path),
                memory=self._limits.lint_memory,
                cpu=self._limits.lint_cpu,
            )
            try:
                status, output = self._sandbox.run(
                    program, min(left, self._limits.lint_run_seconds)
                )
            except TimeoutError:
                raise _Died("Squawk took too long over it") from None
            except SandboxError as error:
                if error.code == "answer_too_large":
                    raise _Died("Squawk says too much about it") from error
                raise
        if status == NOT_STARTED:
            raise SandboxError("start_failed", "Squawk could not be started")
        if status not in (0, 1):
            raise _Died(_cause(status))
        try:
            return findings_read(part, output)
        except (msgspec.DecodeError, ValueError, IndexError) as error:
            raise _Died("Squawk gave no list of findings for it") from error


def _cause(status: int) -> str:
    if status == -signal.SIGXCPU:
        return "Squawk took too much processor time over it"
    if status == -signal.SIGKILL:
        return "Squawk was killed, most likely for its use of memory"
    if status > 0:
        return "Squawk gave up on it"
    return "Squawk crashed on it"
