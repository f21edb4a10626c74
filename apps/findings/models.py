"""Violations with an identity that lives across scans."""

from django.db import models

from apps.rulebook.choices import Level
from core.models import Record


class FindingState(models.TextChoices):
    """Where a finding stands now."""

    OPEN = "open", "open"
    FIXED = "fixed", "fixed"
    SUPPRESSED = "suppressed", "suppressed in the code"


class Finding(Record):
    """One violation of one rule in one repository, known by its fingerprint."""

    fingerprint = models.CharField(max_length=64)
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
    state = models.CharField(max_length=10, choices=FindingState, default=FindingState.OPEN)
    suppressed_reason = models.TextField(blank=True)
    first_seen_at = models.DateTimeField()
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
    last_seen_scan = models.ForeignKey(
        "scans.Scan",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="last_seen_findings",
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["repository", "fingerprint"],
                name="finding_unique_by_repository_and_fingerprint",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=FindingState.values), name="finding_state_is_known"
            ),
            models.CheckConstraint(
                condition=models.Q(level__in=Level.values), name="finding_level_is_known"
            ),
            models.CheckConstraint(
                condition=models.Q(fixed_at__isnull=False) | ~models.Q(state="fixed"),
                name="finding_fixed_has_a_time",
            ),
        )
        indexes = (
            models.Index(fields=["repository", "state", "code"], name="finding_by_repository"),
            models.Index(fields=["code", "state"], name="finding_by_rule"),
        )

    def __str__(self) -> str:
        return f"{self.code} {self.path}:{self.line}"
