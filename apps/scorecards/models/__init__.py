"""What scorecards keep."""

from apps.scorecards.models.campaigns import (
    Campaign,
    CampaignScope,
    CampaignShare,
    CampaignState,
    CampaignStep,
)
from apps.scorecards.models.snapshots import Occasion, Sheet, Snapshot

__all__ = [
    "Campaign",
    "CampaignScope",
    "CampaignShare",
    "CampaignState",
    "CampaignStep",
    "Occasion",
    "Sheet",
    "Snapshot",
]
