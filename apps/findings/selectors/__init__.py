"""Reading findings and waivers."""

from apps.findings.selectors.findings import (
    FindingCounts,
    finding_blobs,
    finding_counts,
    finding_counts_by_repository,
    finding_get,
    finding_history,
    finding_list,
    judged_commit,
    patch_counts,
    waived_counts,
)
from apps.findings.selectors.waivers import (
    coverage_of,
    waiver_get,
    waiver_inbox,
    waiver_list,
    waiver_may_decide,
    waiver_may_withdraw,
    waivers_ended,
    waivers_expiring,
)

__all__ = [
    "FindingCounts",
    "coverage_of",
    "finding_blobs",
    "finding_counts",
    "finding_counts_by_repository",
    "finding_get",
    "finding_history",
    "finding_list",
    "judged_commit",
    "patch_counts",
    "waived_counts",
    "waiver_get",
    "waiver_inbox",
    "waiver_list",
    "waiver_may_decide",
    "waiver_may_withdraw",
    "waivers_ended",
    "waivers_expiring",
]
