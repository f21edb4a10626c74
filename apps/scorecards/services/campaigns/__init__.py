"""Campaigns are drafted, started, counted and closed."""

from apps.scorecards.services.campaigns.counting import (
    campaign_count,
    campaigns_count,
    repository_leave,
)
from apps.scorecards.services.campaigns.drafting import (
    CAMPAIGN_RULES,
    NAME_LIMIT,
    WHY_LIMIT,
    campaign_change,
    campaign_create,
    campaign_discard,
)
from apps.scorecards.services.campaigns.running import campaign_close, campaign_start

__all__ = [
    "CAMPAIGN_RULES",
    "NAME_LIMIT",
    "WHY_LIMIT",
    "campaign_change",
    "campaign_close",
    "campaign_count",
    "campaign_create",
    "campaign_discard",
    "campaign_start",
    "campaigns_count",
    "repository_leave",
]
