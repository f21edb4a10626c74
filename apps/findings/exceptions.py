"""What can go wrong with waivers."""

from core.exceptions import Conflict, Forbidden, Invalid


class WaiverExists(Conflict):
    """The same leave was asked for before."""

    code = "waiver_exists"
    text = "A waiver of this is approved already or waits for a decision."
    remedy = "Wait for the decision, or withdraw it and ask again."


class WaiverChanged(Conflict):
    """Somebody else was quicker."""

    code = "waiver_changed"
    text = "Somebody else has changed this waiver since you looked at it."
    remedy = "Look at it again, and decide if there is still something to decide."


class WaiverClosed(Conflict):
    """It is too late."""

    code = "waiver_closed"
    text = "This waiver is not open for that any more."
    remedy = "Ask for a new one."


class WaiverReasonMissing(Invalid):
    """Nobody could decide about it."""

    code = "waiver_reason_missing"
    text = "A waiver needs a reason."
    remedy = "Say why the rule cannot be kept here yet."


class WaiverPathUnfit(Invalid):
    """No path of a repository could match it."""

    code = "waiver_path_unfit"


class WaiverTooLong(Invalid):
    """It would outlive what is allowed."""

    code = "waiver_too_long"


class WaiverNotYours(Forbidden):
    """The user may see it but not do this with it."""

    code = "waiver_not_yours"
    text = "Only administrators and leads of the repository's team decide its waivers, and not their own requests."
    remedy = "Ask another of them, or somebody with the permission to decide every waiver."


class PatchNotPossible(Invalid):
    """There is nothing from which a patch could be made."""

    code = "patch_not_possible"
    text = "There is no ready fix for this finding."
    remedy = "Put it right by hand, as its rule's page says."


class PatchesPending(Conflict):
    """The workers have enough to do."""

    code = "patches_pending"
    text = "Too many patches are being made right now."
    remedy = "Try again in a few minutes."
