"""What the engine says of a repository: the shapes that the command prints and the pipeline stores."""

from __future__ import annotations

from collections.abc import Buffer, Sequence
from typing import TYPE_CHECKING, Literal

import msgspec

from plumbline.edits import Fix
from plumbline.linting.results import Lint
from plumbline.source import UnreadableFile

SCHEMA = 1

State = Literal["pass", "fail", "not_applicable", "waived", "error", "not_evaluated"]
Standing = Literal["plumb", "leaning", "off"]


class Files(msgspec.Struct):
    """How many files were read and left out, and which could not be read."""

    read: int = 0
    excluded: int = 0
    unreadable: list[UnreadableFile] = []


class RuleOutcome(msgspec.Struct):
    """One rule's result. ``violations`` are those that count; suppressed and waived ones are not among them."""

    code: str
    statement: str
    level: str
    preview: bool
    state: State
    subjects: int
    violations: int
    evidence: str
    suppressed: int = 0
    weight: int = 0
    waived: int = 0


class Finding(msgspec.Struct):
    """A violation at a place. Lines count from 1, columns from 1; ``fix`` is ``safe``, ``unsafe`` or None.

    ``content`` is a hash of what the thing itself says, without its place: it survives a rename or move.
    """

    code: str
    path: str
    line: int
    column: int
    end_line: int
    symbol: str
    message: str
    fix: str | None
    fingerprint: str
    suppressed: str | None
    content: str = ""


class Patch(msgspec.Struct):
    """A fix made into a unified diff.

    ``is_verified`` says that with it the finding is gone, nothing new appears, and every file can be read. Otherwise
    ``reason`` says why not; ``is_postponed`` that another fix has to come first.
    """

    fingerprint: str
    code: str
    path: str
    line: int
    message: str
    fix: str
    diff: str
    is_verified: bool
    is_postponed: bool = False
    reason: str = ""


class MigrationScripts(msgspec.Struct):
    """The migrations as plain data for an analyser outside the engine: scripts of ``plumbline.project.rebuilding``.

    There are none where the project does not run on PostgreSQL, or where ``problem`` says why.
    """

    is_postgresql: bool
    count: int = 0
    scripts: bytes = b""
    problem: str = ""


class Report(msgspec.Struct):
    """The whole verdict on a repository at one commit. Timings are seconds."""

    schema: int
    engine: str
    ruleset: str
    path: str
    commit: str | None
    score: float | None
    standing: Standing | None
    evaluated: int
    applicable: int
    partial: bool
    files: Files
    timings: dict[str, float]
    rules: list[RuleOutcome]
    findings: list[Finding]
    facts: dict[str, str]
    exclude: tuple[str, ...] = ()
    """The path patterns that the repository leaves out."""
    valid_until: str | None = None
    """The last day (ISO 8601) on which the same commit gives this report: a suppression ends after it."""
    slowest: list[tuple[str, float]] = []
    fixes: dict[str, Fix] | msgspec.UnsetType = msgspec.UNSET
    """Fingerprint to fix, only where the job asked for them."""
    patches: list[Patch] | msgspec.UnsetType = msgspec.UNSET
    """Verified patches, only where somebody added them."""
    lint: Lint | msgspec.UnsetType = msgspec.UNSET
    """What ruff says beside the guide's findings, only where somebody asked it. It does not score."""
    migrations: MigrationScripts | msgspec.UnsetType = msgspec.UNSET
    """The migrations as plain data, only where the job asked for them."""


if TYPE_CHECKING:
    Encoded = bytes | memoryview
else:
    Encoded = memoryview  # who decodes a job need not copy the outlines in it


class Job(msgspec.Struct, array_like=True):
    """A request to evaluate: the encoded outlines of every readable file, and what was left out before."""

    path: str
    commit: str | None
    outlines: Sequence[tuple[str, str, Encoded]]
    excluded: int = 0
    unreadable: list[UnreadableFile] = []
    select: list[str] | None = None
    include_timings: bool = False
    include_fixes: bool = False
    today: str = ""
    """The day (ISO 8601) of the judgement, which ends suppressions; empty for none."""
    include_migrations: bool = False


_report_decoder = msgspec.msgpack.Decoder(Report)
_job_decoder = msgspec.msgpack.Decoder(Job)


def encode(message: Report | Job) -> bytes:
    """A report or job as msgpack."""
    return msgspec.msgpack.encode(message)


def decode_report(encoded: bytes) -> Report:
    """The report behind ``encoded``; raises ``msgspec.DecodeError`` on anything else."""
    return _report_decoder.decode(encoded)


def decode_job(encoded: Buffer) -> Job:
    """The job behind ``encoded``; raises ``msgspec.DecodeError`` on anything else."""
    return _job_decoder.decode(encoded)
