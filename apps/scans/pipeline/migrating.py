"""What Squawk says of the SQL of a commit's migrations: known, or found out in a child. It never fails a scan."""

import logging

import msgspec

from django.utils import timezone

from apps.findings.migration_sql.confined import (
    MigrationsNotLinted,
    checker_version,
    confined_lint,
    scripts_digest,
)
from apps.scans.models import MigrationLint, MigrationState, Phase
from apps.scans.pipeline.heartbeat import Progress
from apps.scans.selectors import migration_lint_known
from apps.scans.services import MigrationOutcome, migration_lint_store, migration_lint_touch
from plumbline.report import MigrationScripts

logger = logging.getLogger(__name__)


def commit_migrations(
    *, scripts: MigrationScripts | msgspec.UnsetType, progress: Progress
) -> MigrationOutcome:
    """Give what is found in the migrations of a commit, or the problem that kept it from being found.

    Args:
        scripts: The migrations as the engine rebuilt them.
        progress: Where to say what is going on.
    """
    progress.enter(Phase.SQL)
    checker = checker_version()
    if scripts is msgspec.UNSET:
        problem = "The engine did not hand over the migrations."
        return MigrationOutcome(checker, MigrationState.FAILED, problem=problem)
    if not scripts.is_postgresql:
        return MigrationOutcome(checker, MigrationState.OTHER)
    if not scripts.count and not scripts.problem:
        return MigrationOutcome(checker, MigrationState.NONE)
    try:
        return MigrationOutcome(checker, MigrationState.LINTED, _lint(scripts))
    except MigrationsNotLinted as error:
        logger.warning("migrations could not be linted: %s", error.reason)
        return MigrationOutcome(checker, MigrationState.FAILED, problem=f"{error.reason}.")


def _lint(scripts: MigrationScripts) -> MigrationLint:
    digest = scripts_digest(scripts.scripts or scripts.problem.encode())
    known = migration_lint_known(digest)
    if known is not None:
        migration_lint_touch(lint=known, today=timezone.localdate())
        return known
    try:
        if scripts.problem:
            raise MigrationsNotLinted(f"No SQL was made: {scripts.problem}", lasting=True)
        return migration_lint_store(digest=digest, summary=confined_lint(scripts.scripts))
    except MigrationsNotLinted as error:
        if not error.lasting:
            raise
        logger.warning("migrations cannot be linted: %s", error.reason)
        return migration_lint_store(digest=digest, summary=None, problem=f"{error.reason}.")
