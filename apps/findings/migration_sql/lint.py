"""The whole way: a folder, its migrations rebuilt, their SQL, and what Squawk says of it."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

import msgspec

from apps.findings.migration_sql.scripts import MigrationSql, sql_of
from apps.findings.migration_sql.squawk import SqlFinding, squawk
from plumbline.analysis import decoded_outlines
from plumbline.command.judging import judge
from plumbline.command.trees import open_tree
from plumbline.project import Project
from plumbline.project.rebuilding import Script, scripts_of
from plumbline.report import decode_job


class MigrationLint(msgspec.Struct):
    """The SQL of every migration, Squawk's findings, and how long both took in seconds."""

    migrations: list[MigrationSql]
    findings: list[SqlFinding]
    making: float
    linting: float

    @property
    def opaque(self) -> Counter[str]:
        """Why operations are opaque, and how often."""
        return Counter(item.reason for migration in self.migrations for item in migration.opaque)

    @property
    def rebuilt(self) -> int:
        """How many operations were rebuilt."""
        return sum(migration.rebuilt for migration in self.migrations)

    @property
    def statements(self) -> int:
        """How many SQL statements were made."""
        return sum(len(migration.statements) for migration in self.migrations)

    @property
    def by_rule(self) -> Counter[str]:
        """Findings by Squawk's rule."""
        return Counter(finding.rule for finding in self.findings)


def lint_migrations(path: Path) -> MigrationLint:
    """Lint the migrations of the repository at a path; raises ``NotJudgeable`` and ``SquawkFailed``."""
    judged = judge(open_tree(path), select=["DAT03"])
    return lint_scripts(scripts_in(Project(decoded_outlines(decode_job(judged.job)))))


def scripts_in(project: Project) -> list[Script]:
    """The migrations of a project, rebuilt."""
    return list(scripts_of(project.migrations, project.classes, project.settings))


def lint_scripts(scripts: list[Script]) -> MigrationLint:
    """Make the SQL of rebuilt migrations and lint it."""
    started = time.perf_counter()
    migrations = list(sql_of(scripts))
    made = time.perf_counter()
    findings = squawk(migrations)
    return MigrationLint(migrations, findings, made - started, time.perf_counter() - made)


def report_lines(result: MigrationLint, *, with_sql: bool = True) -> list[str]:
    """The result as text: each migration with its SQL, what is opaque and what was found, then the counts."""
    lines: list[str] = []
    for migration in result.migrations:
        script = migration.script
        found = [item for item in result.findings if item.path == script.path]
        if not (with_sql or found):
            continue
        lines.append(f"-- {script.label}.{script.name} ({script.path})")
        if with_sql:
            lines += [statement.sql for statement in migration.statements]
            lines += [
                f"-- opaque: {item.kind}, line {item.line}: {item.reason}"
                for item in migration.opaque
            ]
        lines += [
            f"-- {item.path}:{item.line}: {item.rule} ({item.kind}): {item.message}"
            for item in found
        ]
    opaque = result.opaque
    lines.append(
        f"{len(result.migrations)} migrations, {result.rebuilt} operations rebuilt, {opaque.total()} opaque, "
        f"{result.statements} statements in {result.making:.1f} s, {len(result.findings)} findings in "
        f"{result.linting:.1f} s"
    )
    lines += [f"  opaque {count}: {reason}" for reason, count in opaque.most_common()]
    lines += [f"  {rule}: {count}" for rule, count in result.by_rule.most_common()]
    return lines
