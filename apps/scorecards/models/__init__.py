"""What scorecards keep."""

from apps.scorecards.models.campaigns import (
    Campaign,
    CampaignScope,
    CampaignShare,
    CampaignState,
    CampaignStep,
)
from apps.scorecards.models.digests import Digest, DigestMail, MailState
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
    "Digest",
    "DigestMail",
    "Headline",
    "MailState",
    "Occasion",
    "RulesetUse",
    "ScopeDay",
    "SharedLink",
    "Sheet",
    "Snapshot",
]
