"""What scorecards do."""

from apps.scorecards.services.policies import policies_apply, policies_apply_to, policy_apply
from apps.scorecards.services.snapshots import (
    snapshot_of_past,
    snapshot_take,
    snapshot_take_again,
)

__all__ = [
    "policies_apply",
    "policies_apply_to",
    "policy_apply",
    "snapshot_of_past",
    "snapshot_take",
    "snapshot_take_again",
]
