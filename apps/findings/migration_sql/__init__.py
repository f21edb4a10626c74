"""The SQL of a repository's migrations, made by Django's own schema editor without a database, and read by Squawk.

The engine rebuilds the operations as plain data; here Django's own classes are made of them, and of nothing else:
the repository's code is never imported. What cannot be made is opaque, and counted.
"""

from apps.findings.migration_sql.lint import MigrationLint, lint_migrations, report_lines
from apps.findings.migration_sql.scripts import MigrationSql, Statement
from apps.findings.migration_sql.squawk import SqlFinding, SquawkFailed

__all__ = [
    "MigrationLint",
    "MigrationSql",
    "SqlFinding",
    "SquawkFailed",
    "Statement",
    "lint_migrations",
    "report_lines",
]
