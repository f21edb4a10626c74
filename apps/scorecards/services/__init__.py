"""What scorecards do."""

from apps.scorecards.services.days import (
    day_due,
    day_due_of,
    days_due_without,
    days_review,
    days_settle,
)
from apps.scorecards.services.headlines import headlines_slide, headlines_write
from apps.scorecards.services.policies import policies_apply, policies_apply_to, policy_apply
from apps.scorecards.services.sharing import scorecard_share, scorecard_unshare
from apps.scorecards.services.snapshots import (
    snapshot_of_past,
    snapshot_take,
    snapshot_take_again,
)

__all__ = [
    "day_due",
    "day_due_of",
    "days_due_without",
    "days_review",
    "days_settle",
    "headlines_slide",
    "headlines_write",
    "policies_apply",
    "policies_apply_to",
    "policy_apply",
    "scorecard_share",
    "scorecard_unshare",
    "snapshot_of_past",
    "snapshot_take",
    "snapshot_take_again",
]
