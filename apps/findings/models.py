"""Violations with an identity that lives across scans, and everything that ever happened to them."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.findings.choices import (
    PRESENT,
    UNDECIDED_OR_LIVE,
    Cause,
    EventKind,
    FindingState,
    PatchState,
    WaiverScope,
    WaiverState,
)
from apps.rulebook.choices import Level
from core.models import Record


class Finding(Record):
    """One violation of one rule in one repository. It keeps its row through edits, renames and moves.

    What is present was seen by the newest judgement, so only what is gone says when it was last seen.
    """

    fingerprint = models.CharField(max_length=64)
    content = models.CharField(
        max_length=16, blank=True, help_text="Hash of what the thing itself says."
    )
    code = models.CharField(max_length=16)
    level = models.CharField(max_length=6, choices=Level)
    preview = models.BooleanField(default=False)
    path = models.TextField()
    path_digest = models.CharField(max_length=64)
    blob = models.CharField(
        max_length=64, blank=True, help_text="The file's content when the snippet was taken."
    )
    line = models.PositiveIntegerField()
    column = models.PositiveIntegerField()
    end_line = models.PositiveIntegerField()
    symbol = models.TextField(blank=True)
    message = models.TextField()
    fix = models.CharField(max_length=8, blank=True, help_text="safe, unsafe, or blank for none.")
    snippet = models.TextField(blank=True)
    snippet_start = models.PositiveIntegerField(default=1)
    state = models.CharField(max_length=20, choices=FindingState, default=FindingState.OPEN)
    suppressed_reason = models.TextField(blank=True)
    first_seen_at = models.DateTimeField()
    first_seen_commit = models.CharField(max_length=64, blank=True)
    introduced_by = models.CharField(
        max_length=200,
        blank=True,
        help_text="Author of the one commit with which it came; blank where that is not known.",
    )
    last_seen_at = models.DateTimeField(null=True, blank=True)
    last_seen_commit = models.CharField(max_length=64, blank=True)
    fixed_at = models.DateTimeField(null=True, blank=True)
    reopened_at = models.DateTimeField(null=True, blank=True)
    came_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="When it last came with the code; null if the first judgement saw it, or it came with a rule.",
    )

    repository = models.ForeignKey(
        "repositories.Repository", on_delete=models.CASCADE, related_name="findings"
    )
    first_seen_scan = models.ForeignKey(
        "scans.Scan",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="first_seen_findings",
    )
    waiver = models.ForeignKey(
        "Waiver", on_delete=models.SET_NULL, null=True, blank=True, related_name="waived_findings"
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["repository", "fingerprint"],
                condition=Q(state__in=PRESENT),
                name="finding_present_unique_by_fingerprint",
            ),
            models.CheckConstraint(
                condition=Q(state__in=FindingState.values), name="finding_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(level__in=Level.values), name="finding_level_is_known"
            ),
            models.CheckConstraint(
                condition=Q(fixed_at__isnull=False) | ~Q(state="fixed"),
                name="finding_fixed_has_a_time",
            ),
            models.CheckConstraint(
                condition=Q(waiver__isnull=False) | ~Q(state="waived"),
                name="finding_waived_names_its_waiver",
            ),
        )
        indexes = (
            models.Index(fields=["repository", "state", "code"], name="finding_by_repository"),
            models.Index(fields=["code", "state"], name="finding_by_rule"),
            models.Index(
                fields=["repository", "content"],
                condition=~Q(state__in=PRESENT),
                name="finding_gone_by_content",
            ),
        )

    def __str__(self) -> str:
        return f"{self.code} {self.path}:{self.line}"

    @property
    def is_present(self) -> bool:
        """Whether the newest judgement saw it."""
        return self.state in PRESENT


class FindingEvent(Record):
    """One thing that happened to a finding, written once. A trigger in the database refuses changes and removal.

    ``was`` holds what it replaced, for instance path, line and symbol before a move. Only the removal of the whole
    repository takes events away.
    """

    kind = models.CharField(max_length=20, choices=EventKind)
    cause = models.CharField(max_length=16, choices=Cause)
    at = models.DateTimeField()
    commit = models.CharField(max_length=64, blank=True)
    code = models.CharField(max_length=16)
    level = models.CharField(max_length=6, choices=Level)
    preview = models.BooleanField(default=False)
    was = models.JSONField(null=True, blank=True)

    finding = models.ForeignKey(
        Finding, on_delete=models.CASCADE, related_name="events", db_index=False
    )
    repository = models.ForeignKey(
        "repositories.Repository",
        on_delete=models.CASCADE,
        related_name="finding_events",
        db_index=False,
    )
    scan = models.ForeignKey(
        "scans.Scan",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="finding_events",
    )
    waiver = models.ForeignKey(
        "Waiver",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="events",
        db_index=False,
        help_text="The waiver that began or ended, of events that a waiver caused.",
    )

    class Meta:
        ordering = ("id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(kind__in=EventKind.values), name="finding_event_kind_is_known"
            ),
            models.CheckConstraint(
                condition=Q(cause__in=Cause.values), name="finding_event_cause_is_known"
            ),
        )
        indexes = (
            models.Index(fields=["finding", "id"], name="finding_event_by_finding"),
            models.Index(fields=["repository", "at"], name="finding_event_by_repository"),
            models.Index(
                fields=["waiver"],
                condition=Q(waiver__isnull=False),
                name="finding_event_by_waiver",
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.code} ({self.cause})"


class Waiver(Record):
    """Leave to break a rule for a while: a finding, a rule in a repository, or a rule under a path.

    It holds from its approval to the end of the day ``until``. Whoever decides names the ``version`` that he has
    seen, so that two decisions at once cannot both count.
    """

    scope = models.CharField(max_length=8, choices=WaiverScope)
    code = models.CharField(max_length=16)
    path_pattern = models.CharField(
        max_length=400, blank=True, help_text="A glob of whole paths, or a folder."
    )
    reason = models.TextField()
    state = models.CharField(
        max_length=10, choices=WaiverState, default=WaiverState.REQUESTED, editable=False
    )
    until = models.DateField(help_text="The last day on which it holds.")
    version = models.PositiveIntegerField(default=1, editable=False)
    decided_at = models.DateTimeField(null=True, blank=True, editable=False)
    decision_note = models.TextField(blank=True)
    ended_at = models.DateTimeField(null=True, blank=True, editable=False)

    repository = models.ForeignKey(
        "repositories.Repository", on_delete=models.CASCADE, related_name="waivers"
    )
    finding = models.ForeignKey(
        Finding, on_delete=models.CASCADE, null=True, blank=True, related_name="waivers"
    )
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="requested_waivers",
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="decided_waivers",
    )

    class Meta:
        ordering = ("-id",)
        permissions = (("decide_waiver", "Can decide waivers of every repository, own ones too"),)
        constraints = (
            models.CheckConstraint(
                condition=Q(scope="finding", finding__isnull=False, path_pattern="")
                | Q(scope="rule", finding__isnull=True, path_pattern="")
                | (Q(scope="path", finding__isnull=True) & ~Q(path_pattern="")),
                name="waiver_scope_fits_its_target",
            ),
            models.CheckConstraint(
                condition=Q(state__in=WaiverState.values), name="waiver_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(decided_at__isnull=False) | ~Q(state__in=["approved", "declined"]),
                name="waiver_decided_has_a_time",
            ),
            models.UniqueConstraint(
                fields=["finding"],
                condition=Q(scope="finding", state__in=UNDECIDED_OR_LIVE),
                name="waiver_one_per_finding",
            ),
            models.UniqueConstraint(
                fields=["repository", "code", "path_pattern"],
                condition=Q(scope__in=["rule", "path"], state__in=UNDECIDED_OR_LIVE),
                name="waiver_one_per_rule_and_path",
            ),
        )
        indexes = (
            models.Index(fields=["repository", "state"], name="waiver_by_repository"),
            models.Index(fields=["state", "until"], name="waiver_by_end"),
        )

    def __str__(self) -> str:
        return f"{self.code} {self.path_pattern or self.get_scope_display()} until {self.until}"

    @property
    def is_closed(self) -> bool:
        """Whether nothing more can come of it."""
        return self.state not in UNDECIDED_OR_LIVE


class Judgement(Record):
    """What a repository's findings were last brought up to date with: one row each, the lock of all who write them."""

    at = models.DateTimeField()
    commit = models.CharField(max_length=64, blank=True)
    engine = models.CharField(max_length=16, blank=True, help_text="Hash of what all rules share.")
    rules = models.JSONField(default=dict, help_text="Code → [hash of the rule, its state].")
    unread = models.JSONField(default=list, help_text="Paths that could not be read.")
    exclude = models.JSONField(default=list, help_text="Patterns that the repository leaves out.")
    baseline_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="What came with the code since then is new; null stands for the first judgement.",
    )

    repository = models.OneToOneField(
        "repositories.Repository", on_delete=models.CASCADE, related_name="judgement"
    )
    scan = models.ForeignKey(
        "scans.Scan", on_delete=models.SET_NULL, null=True, blank=True, related_name="judgements"
    )

    class Meta:
        ordering = ("repository_id",)

    def __str__(self) -> str:
        return f"{self.repository_id} at {self.commit[:12]}"


class FindingPatch(Record):
    """The patch of one finding: asked for by a person, made and proved by a worker, kept until its file changes."""

    state = models.CharField(max_length=8, choices=PatchState, default=PatchState.WAITING)
    fingerprint = models.CharField(max_length=64, help_text="The finding's when it was asked for.")
    blob = models.CharField(
        max_length=64, blank=True, help_text="The content of the finding's file at that time."
    )
    commit = models.CharField(max_length=64, blank=True, help_text="What it applies to.")
    diff = models.TextField(blank=True)
    reason = models.TextField(blank=True, help_text="Why there is none that holds.")
    asked_at = models.DateTimeField()
    made_at = models.DateTimeField(null=True, blank=True)

    finding = models.OneToOneField(Finding, on_delete=models.CASCADE, related_name="patch")

    class Meta:
        verbose_name_plural = "finding patches"
        constraints = (
            models.CheckConstraint(
                condition=Q(state__in=PatchState.values), name="finding_patch_state_is_known"
            ),
            models.CheckConstraint(
                condition=~Q(state="verified") | ~Q(diff=""),
                name="finding_patch_verified_has_a_diff",
            ),
        )
        indexes = (
            models.Index(
                fields=["asked_at"], condition=Q(state="waiting"), name="finding_patch_waiting"
            ),
        )

    def __str__(self) -> str:
        return f"{self.state} patch of finding {self.finding_id}"
