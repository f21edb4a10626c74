"""What scorecards do."""

from apps.scorecards.services.snapshots import (
    policies_apply,
    policy_apply,
    snapshot_of_past,
    snapshot_take,
    snapshot_take_again,
)

__all__ = [
    "policies_apply",
    "policy_apply",
    "snapshot_of_past",
    "snapshot_take",
    "snapshot_take_again",
]
