"""What Squawk says of the SQL of a commit's migrations: known, or found out in a child. It never fails a scan."""

import logging
from collections.abc import Callable, Collection

import msgspec

from django.utils import timezone

from apps.findings.migration_results import MigrationSummary
from apps.findings.migration_sql.confined import (
    MigrationsNotLinted,
    SqlMaker,
    SqlParts,
    checker_version,
    confined_lint,
    scripts_digest,
)
from apps.scans.models import MigrationLint, MigrationState, Phase
from apps.scans.pipeline.heartbeat import Progress
from apps.scans.selectors import migration_lint_known, sql_parts_load
from apps.scans.services import (
    MigrationOutcome,
    migration_lint_store,
    migration_lint_touch,
    sql_parts_store,
    sql_parts_touch,
)
from plumbline.report import MigrationScripts

logger = logging.getLogger(__name__)


type ShareSql = Callable[[SqlParts, Collection[str]], None]
"""Has other workers make the parts that are not known, and waits for them."""


def commit_migrations(
    *,
    scripts: MigrationScripts | msgspec.UnsetType,
    progress: Progress,
    maker: SqlMaker,
    share: ShareSql | None = None,
) -> MigrationOutcome:
    """Give what is found in the migrations of a commit, or the problem that kept it from being found.

    Args:
        scripts: The migrations as the engine rebuilt them.
        progress: Where to say what is going on.
        maker: Makes their SQL here.
        share: May have others make some of it.
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
        return MigrationOutcome(checker, MigrationState.LINTED, _lint(scripts, maker, share))
    except MigrationsNotLinted as error:
        logger.warning("migrations could not be linted: %s", error.reason)
        return MigrationOutcome(checker, MigrationState.FAILED, problem=f"{error.reason}.")


def _lint(scripts: MigrationScripts, maker: SqlMaker, share: ShareSql | None) -> MigrationLint:
    digest = scripts_digest(scripts.scripts or scripts.problem.encode())
    known = migration_lint_known(digest)
    if known is not None:
        migration_lint_touch(lint=known, today=timezone.localdate())
        return known
    try:
        if scripts.problem:
            raise MigrationsNotLinted(f"No SQL was made: {scripts.problem}", lasting=True)
        summary = _summary(SqlParts(scripts.scripts), maker, share)
        return migration_lint_store(digest=digest, summary=summary)
    except MigrationsNotLinted as error:
        if not error.lasting:
            raise
        logger.warning("migrations cannot be linted: %s", error.reason)
        return migration_lint_store(digest=digest, summary=None, problem=f"{error.reason}.")


def _summary(parts: SqlParts, maker: SqlMaker, share: ShareSql | None) -> MigrationSummary:
    if len(parts.digests) == 1:  # which is the whole set
        return confined_lint(parts, maker)[0]
    known = sql_parts_load(parts.digests)
    sql_parts_touch(digests=known, today=timezone.localdate())
    if share is not None:
        share(parts, known)
        known |= sql_parts_load([digest for digest in parts.digests if digest not in known])
    summary, made = confined_lint(parts, maker, known)
    sql_parts_store(parts=made)
    return summary
