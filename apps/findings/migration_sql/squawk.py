"""Squawk, run on SQL text as a bounded child process, under a profile for Django."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import msgspec

from apps.findings.migration_sql.editor import VERSION
from apps.findings.migration_sql.scripts import MigrationSql, Statement

SECONDS = 60.0
_FILES_PER_RUN = 200
_OUTPUT_LIMIT = 32 << 20
CONFIGURATION = "squawk.toml"
"""An empty file: without it, Squawk looks for one in the folders above."""
_STYLE = (
    # Which types and names columns have, and that statements run once, is Django's to decide.
    "prefer-bigint-over-int", "prefer-bigint-over-smallint", "prefer-text-field",
    "prefer-identity", "prefer-robust-stmts", "prefer-timestamp-tz", "ban-char-field",
    # How long statements may wait is set for the connection, not in each migration.
    "require-lock-timeout", "require-statement-timeout", "require-timeout-settings",
)  # fmt: skip
_ADDED_COLUMN = frozenset(
    ("adding-foreign-key-constraint", "constraint-missing-not-valid", "ban-drop-default")
)
"""What Squawk says of the statements that Django's ``AddField`` always consists of."""
_OWN_DEFAULT = frozenset(("AddField", "AlterField"))


class SquawkFailed(Exception):
    """Squawk is not there, took too long, or said something else than findings; the message says which."""


class SqlFinding(msgspec.Struct):
    """What Squawk says of a statement, brought back to the operation in the migration."""

    path: str
    line: int
    kind: str
    rule: str
    message: str
    sql: str


class _Raw(msgspec.Struct):
    file: str
    line: int
    message: str
    rule_name: str
    help: str | None = None


_decoder = msgspec.json.Decoder(list[_Raw])


def squawk(migrations: Sequence[MigrationSql]) -> list[SqlFinding]:
    """What Squawk finds in migrations that change tables which may hold rows; raises ``SquawkFailed``."""
    wanted = [item for item in migrations if item.statements and not item.script.is_first]
    found: list[SqlFinding] = []
    for is_atomic in (True, False):
        group = [item for item in wanted if item.script.is_atomic is is_atomic]
        for start in range(0, len(group), _FILES_PER_RUN):
            part = group[start : start + _FILES_PER_RUN]
            found += _run(part, is_atomic=is_atomic)
    return found


def squawk_program() -> str:
    """Squawk as its wheel installs it, beside the interpreter; else the one on the path."""
    beside = Path(sys.executable).with_name("squawk")
    program = str(beside) if beside.exists() else shutil.which("squawk")
    if program is None:
        raise SquawkFailed("squawk is not installed; install squawk-cli")
    return program


def squawk_arguments(*, is_atomic: bool) -> list[str]:
    """How Squawk is asked, before the names of the files; the folder holds an empty configuration."""
    arguments = ["--config", CONFIGURATION, "--reporter", "json", "--pg-version", f"{VERSION}.0"]
    arguments += ["--assume-in-transaction"] if is_atomic else []
    for rule in _STYLE:
        arguments += ["--exclude", rule]
    return arguments


def findings_read(part: Sequence[MigrationSql], output: bytes) -> list[SqlFinding]:
    """The findings in what Squawk prints of files named by their place; raises ``msgspec.DecodeError``."""
    raw = _decoder.decode(output or b"[]")
    return [finding for item in raw if (finding := _finding(part, item)) is not None]


def _run(part: list[MigrationSql], *, is_atomic: bool) -> list[SqlFinding]:
    with tempfile.TemporaryDirectory(prefix="plumbline-sql-") as folder:
        names: list[str] = []
        for number, item in enumerate(part):
            name = f"{number:06}.sql"
            Path(folder, name).write_text(item.sql + "\n")
            names.append(name)
        Path(folder, CONFIGURATION).write_text("")
        command = [squawk_program(), *squawk_arguments(is_atomic=is_atomic)]
        try:
            done = subprocess.run(  # noqa: S603  (a fixed program; files are named by numbers)
                [*command, *names],
                cwd=folder,
                env={"PATH": "", "HOME": folder, "LANG": "C.UTF-8"},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise SquawkFailed(f"squawk did not end within {SECONDS:g} seconds") from error
        except OSError as error:
            raise SquawkFailed(f"squawk cannot be run: {error.strerror}") from error
    if done.returncode not in (0, 1):
        raise SquawkFailed(f"squawk failed: {_said(done.stderr)}")
    if len(done.stdout) > _OUTPUT_LIMIT:
        raise SquawkFailed("squawk says more than can be read")
    try:
        return findings_read(part, done.stdout)
    except msgspec.DecodeError as error:
        raise SquawkFailed(f"squawk gave no list of findings: {_said(done.stderr)}") from error


def _said(output: bytes) -> str:
    return output.decode(errors="replace").strip()[:300] or "it said nothing"


def _finding(part: Sequence[MigrationSql], raw: _Raw) -> SqlFinding | None:
    """A finding at its operation, None if Django's own way to add a column is all that there is to it."""
    migration = part[int(Path(raw.file).stem)]
    statement = _statement_at(migration.statements, raw.line)
    if statement is None or _is_djangos_own(statement, raw.rule_name):
        return None
    return SqlFinding(
        migration.script.path,
        statement.line,
        statement.kind,
        raw.rule_name,
        f"{raw.message} {raw.help or ''}".strip(),
        statement.sql,
    )


def _statement_at(statements: list[Statement], line: int) -> Statement | None:
    """The statement that a line (from 0) of the file lies in."""
    for statement in statements:
        line -= statement.sql.count("\n") + 1
        if line < 0:
            return statement
    return None


def _is_djangos_own(statement: Statement, rule: str) -> bool:
    if statement.kind == "AddField" and rule in _ADDED_COLUMN:
        return True
    if statement.kind in _OWN_DEFAULT and rule == "ban-drop-default":
        return True
    # The index of a new foreign key comes with the column.
    is_index = statement.sql.startswith("CREATE INDEX") and '_id"' in statement.sql
    return statement.kind == "AddField" and is_index and rule == "require-concurrent-index-creation"
