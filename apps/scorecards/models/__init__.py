"""What scorecards keep."""

from apps.scorecards.models.campaigns import (
    Campaign,
    CampaignScope,
    CampaignShare,
    CampaignState,
    CampaignStep,
)
from apps.scorecards.models.rollups import DayDue, Headline, RulesetUse, ScopeDay
from apps.scorecards.models.sharing import SharedLink
from apps.scorecards.models.snapshots import Occasion, Sheet, Snapshot

__all__ = [
    "Campaign",
    "CampaignScope",
    "CampaignShare",
    "CampaignState",
    "CampaignStep",
    "DayDue",
    "Headline",
    "Occasion",
    "RulesetUse",
    "ScopeDay",
    "SharedLink",
    "Sheet",
    "Snapshot",
]
