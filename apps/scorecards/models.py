"""What a scan adds up to, kept for trends."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from apps.rulebook.choices import Standing
from core.models import Record


class Snapshot(Record):
    """A repository's figures at one scan; trends are read from these rows alone."""

    taken_at = models.DateTimeField(help_text="Of a scan of the past, the time that it is about.")
    replayed = models.BooleanField(
        default=False, help_text="Of a scan of the past: part of trends, never the present state."
    )
    score = models.DecimalField(
        max_digits=5,
        decimal_places=2,
        null=True,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
    )
    standing = models.CharField(max_length=8, choices=Standing, blank=True)
    evaluated = models.PositiveIntegerField(default=0)
    applicable = models.PositiveIntegerField(default=0)
    must_open = models.PositiveIntegerField(default=0)
    should_open = models.PositiveIntegerField(default=0)
    tasks_to_plumb = models.PositiveIntegerField(default=0)
    sections = models.JSONField(
        default=dict, help_text="Section → [score, rules evaluated, rules failing]."
    )

    repository = models.ForeignKey(
        "repositories.Repository", on_delete=models.CASCADE, related_name="snapshots"
    )
    scan = models.OneToOneField("scans.Scan", on_delete=models.CASCADE, related_name="snapshot")

    class Meta:
        ordering = ("-taken_at", "-id")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(score__isnull=True) | models.Q(score__range=(0, 100)),
                name="snapshot_score_is_a_percentage",
            ),
        )
        indexes = (
            models.Index(fields=["repository", "-taken_at"], name="snapshot_by_repository"),
            models.Index(fields=["-taken_at"], name="snapshot_by_time"),
        )

    def __str__(self) -> str:
        return f"{self.repository_id} at {self.taken_at:%Y-%m-%d %H:%M}"
