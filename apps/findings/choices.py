"""The words in which findings, their events and waivers are told."""

from django.db import models


class FindingState(models.TextChoices):
    """Where a finding stands now."""

    OPEN = "open", "open"
    SUPPRESSED = "suppressed", "suppressed in the code"
    WAIVED = "waived", "waived"
    FIXED = "fixed", "fixed"
    REMOVED_BY_RULE = "removed_by_rule", "removed by the rule"
    REMOVED_WITH_FILE = "removed_with_file", "removed with its file"


PRESENT = (FindingState.OPEN, FindingState.SUPPRESSED, FindingState.WAIVED)
"""The states of findings that the newest judgement saw."""


class EventKind(models.TextChoices):
    """What happened to a finding."""

    NEW = "new", "new"
    REOPENED = "reopened", "reopened"
    APPEARED_BY_RULE = "appeared_by_rule", "reported since the rule changed"
    FIXED = "fixed", "fixed"
    REMOVED_BY_RULE = "removed_by_rule", "not reported since the rule changed"
    REMOVED_WITH_FILE = "removed_with_file", "removed with its file"
    MOVED = "moved", "moved"
    EDITED = "edited", "edited"
    SUPPRESSED = "suppressed", "suppressed in the code"
    UNSUPPRESSED = "unsuppressed", "suppression ended"
    WAIVED = "waived", "waived"
    WAIVER_ENDED = "waiver_ended", "waiver ended"


class Cause(models.TextChoices):
    """Why it happened. Only `code` counts for or against those who write the repository."""

    CODE = "code", "a change of the code"
    FIRST_SCAN = "first_scan", "the first judgement of the repository"
    RULESET = "ruleset", "a change of the rule"
    ENGINE = "engine", "a change of the engine"
    POLICY = "policy", "a change of the policy"
    WAIVER = "waiver", "a waiver"
    APPLICABILITY = "applicability", "the rule began or ceased to apply"
    CONFIGURATION = "configuration", "the repository's own configuration"


class WaiverScope(models.TextChoices):
    """What a waiver is for."""

    FINDING = "finding", "one finding"
    RULE = "rule", "a rule in a repository"
    PATH = "path", "a rule under a path"


class WaiverState(models.TextChoices):
    """How far a waiver is; only an approved one has an effect."""

    REQUESTED = "requested", "waits for a decision"
    APPROVED = "approved", "approved"
    DECLINED = "declined", "declined"
    WITHDRAWN = "withdrawn", "withdrawn"
    EXPIRED = "expired", "expired"


UNDECIDED_OR_LIVE = (WaiverState.REQUESTED, WaiverState.APPROVED)
"""The states of waivers that something may still come of: there is one of them for each target."""


class PatchState(models.TextChoices):
    """How far a patch is; only a verified one is shown as one."""

    WAITING = "waiting", "being made"
    VERIFIED = "verified", "verified"
    FAILED = "failed", "not to be had"
