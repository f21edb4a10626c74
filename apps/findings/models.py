"""Violations with an identity that lives across scans, and everything that ever happened to them."""

from django.db import models
from django.db.models import Q

from apps.findings.choices import PRESENT, Cause, EventKind, FindingState
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
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.code} ({self.cause})"


class Judgement(Record):
    """What a repository's findings were last brought up to date with: one row each, the lock of all who write them."""

    at = models.DateTimeField()
    commit = models.CharField(max_length=64, blank=True)
    engine = models.CharField(max_length=16, blank=True, help_text="Hash of what all rules share.")
    rules = models.JSONField(default=dict, help_text="Code → [hash of the rule, its state].")
    unread = models.JSONField(default=list, help_text="Paths that could not be read.")
    exclude = models.JSONField(default=list, help_text="Patterns that the repository leaves out.")

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
