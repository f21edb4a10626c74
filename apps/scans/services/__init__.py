"""Acts on scans: asking, running, recording, putting right."""

from apps.scans.services.backfills import (
    backfill_again,
    backfill_cancel,
    backfill_claim,
    backfill_fail,
    backfill_go_on,
    backfill_hear,
    backfill_plan,
    backfill_request,
    backfills_announce,
    backfills_nightly,
)
from apps.scans.services.bulk import (
    CANCELLED_AT_ONCE,
    REQUESTED_AT_ONCE,
    RETRIED_AT_ONCE,
    Retried,
    scans_cancel,
    scans_request,
    scans_retry,
)
from apps.scans.services.chunks import (
    ChunkClaim,
    ChunkPlan,
    chunk_claim,
    chunk_finish,
    chunk_give_back,
    chunk_progress,
    chunk_renew,
    chunks_forget,
    chunks_plan,
    chunks_sweep,
)
from apps.scans.services.course import Course, Step
from apps.scans.services.deliveries import (
    Acceptance,
    deliveries_forget,
    delivery_accept,
    delivery_refuse,
)
from apps.scans.services.follow import repository_follow
from apps.scans.services.lease import (
    Claim,
    scan_claim,
    scan_fail,
    scan_heartbeat,
    scan_progress,
)
from apps.scans.services.linting import (
    LintOutcome,
    lint_evict,
    lint_record,
    lint_store,
    lint_touch,
)
from apps.scans.services.log import LogKind, scan_log
from apps.scans.services.migrations import (
    MigrationOutcome,
    migration_lint_store,
    migration_lint_touch,
    migration_lints_evict,
    migrations_record,
    sql_parts_store,
    sql_parts_touch,
)
from apps.scans.services.outlines import outlines_evict, outlines_store, outlines_touch
from apps.scans.services.reconcile import scans_nightly, scans_reconcile
from apps.scans.services.record import (
    Descent,
    OwnersRead,
    replay_record,
    scan_record,
    scan_record_unchanged,
)
from apps.scans.services.request import scan_cancel, scan_request, scan_retry
from apps.scans.services.results import results_forget
from apps.scans.services.scoring import scan_rescore, scan_restand
from apps.scans.services.tally import pulse_note
from apps.scans.services.worker_check import worker_check_note

__all__ = [
    "CANCELLED_AT_ONCE",
    "REQUESTED_AT_ONCE",
    "RETRIED_AT_ONCE",
    "Acceptance",
    "ChunkClaim",
    "ChunkPlan",
    "Claim",
    "Course",
    "Descent",
    "LintOutcome",
    "LogKind",
    "MigrationOutcome",
    "OwnersRead",
    "Retried",
    "Step",
    "backfill_again",
    "backfill_cancel",
    "backfill_claim",
    "backfill_fail",
    "backfill_go_on",
    "backfill_hear",
    "backfill_plan",
    "backfill_request",
    "backfills_announce",
    "backfills_nightly",
    "chunk_claim",
    "chunk_finish",
    "chunk_give_back",
    "chunk_progress",
    "chunk_renew",
    "chunks_forget",
    "chunks_plan",
    "chunks_sweep",
    "deliveries_forget",
    "delivery_accept",
    "delivery_refuse",
    "lint_evict",
    "lint_record",
    "lint_store",
    "lint_touch",
    "migration_lint_store",
    "migration_lint_touch",
    "migration_lints_evict",
    "migrations_record",
    "outlines_evict",
    "outlines_store",
    "outlines_touch",
    "pulse_note",
    "replay_record",
    "repository_follow",
    "results_forget",
    "scan_cancel",
    "scan_claim",
    "scan_fail",
    "scan_heartbeat",
    "scan_log",
    "scan_progress",
    "scan_record",
    "scan_record_unchanged",
    "scan_request",
    "scan_rescore",
    "scan_restand",
    "scan_retry",
    "scans_cancel",
    "scans_nightly",
    "scans_reconcile",
    "scans_request",
    "scans_retry",
    "sql_parts_store",
    "sql_parts_touch",
    "worker_check_note",
]
