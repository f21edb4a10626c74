"""What can go wrong with campaigns."""

from core.exceptions import Conflict, Forbidden, Invalid


class CampaignChanged(Conflict):
    """Somebody else was quicker."""

    code = "campaign_changed"
    text = "Somebody else has changed this campaign since you looked at it."
    remedy = "Look at it again, and make your change if there is still something to change."


class CampaignNotOpen(Conflict):
    """It is too early or too late for this."""

    code = "campaign_not_open"
    text = "The campaign is not in the state for this."
    remedy = "A draft can be started, a running campaign closed; a closed one stays as it is."


class CampaignEmpty(Invalid):
    """There is nothing to do."""

    code = "campaign_empty"
    text = "Nothing is open that this campaign would hold."
    remedy = "Choose other rules, or a wider scope."


class CampaignNotYours(Forbidden):
    """The user may look at it and no more."""

    code = "campaign_not_yours"
    text = "Only administrators run campaigns for the fleet or for tags, and leads those for their own teams."
    remedy = "Choose teams or repositories that you lead, or ask an administrator."


class ScopeHasNoPolicy(Invalid):
    """Policies are for the fleet, a team or a tag."""

    code = "scope_has_no_policy"
    text = "A campaign for named repositories cannot be made standing: policies are for the fleet, teams and tags."
    remedy = "Close it without, or give the repositories a tag and draft a policy for that."
