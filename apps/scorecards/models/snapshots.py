"""What a scan adds up to, kept for trends."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from apps.rulebook.choices import Standing
from core.models import Record


class Occasion(models.TextChoices):
    """What a snapshot was taken for."""

    SCAN = "scan", "a scan"
    WAIVER = "waiver", "a waiver that began or ended"
    POLICY = "policy", "a policy that came into force"
    BASELINE = "baseline", "a baseline that moved"


class Snapshot(Record):
    """A repository's figures at one scan, or when they changed without one; trends are read from these rows alone."""

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
    score_without_waivers = models.DecimalField(
        max_digits=5,
        decimal_places=2,
        null=True,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
        help_text="What the score would be if nothing were waived or suppressed in the code.",
    )
    waived = models.PositiveIntegerField(default=0)
    suppressed = models.PositiveIntegerField(default=0)
    occasion = models.CharField(
        max_length=8,
        choices=Occasion,
        default=Occasion.SCAN,
        help_text="What it was taken for; without a scan it names the one whose results it is made of.",
    )
    standing = models.CharField(max_length=8, choices=Standing, blank=True)
    evaluated = models.PositiveIntegerField(default=0)
    applicable = models.PositiveIntegerField(default=0)
    must_open = models.PositiveIntegerField(default=0)
    should_open = models.PositiveIntegerField(default=0)
    tasks_to_plumb = models.PositiveIntegerField(default=0)
    patches = models.PositiveIntegerField(
        default=0, help_text="Fixes ready for open MUST violations."
    )
    causes = models.JSONField(
        default=dict,
        help_text="Cause to the points by which it moved the score since the snapshot before.",
    )
    sections = models.JSONField(
        default=dict, help_text="Section → [score, rules evaluated, rules failing]."
    )
    new_must = models.PositiveIntegerField(
        default=0, help_text="Open MUST violations that came with the code since the baseline."
    )
    changes = models.BinaryField(
        null=True,
        editable=False,
        help_text="The rule results that changed since the snapshot before, as `apps.scorecards.sheets` writes them.",
    )
    whole = models.BooleanField(
        default=False,
        help_text="Whether the changes are all results, so that nothing before counts.",
    )
    new = models.PositiveIntegerField(default=0, help_text="Findings that came with the code.")
    fixed = models.PositiveIntegerField(default=0)
    reopened = models.PositiveIntegerField(default=0)
    flows = models.JSONField(default=dict, help_text="Rule → [new, fixed, reopened].")

    repository = models.ForeignKey(
        "repositories.Repository", on_delete=models.CASCADE, related_name="snapshots"
    )
    scan = models.ForeignKey("scans.Scan", on_delete=models.CASCADE, related_name="snapshots")

    class Meta:
        ordering = ("-taken_at", "-id")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(score__isnull=True) | models.Q(score__range=(0, 100)),
                name="snapshot_score_is_a_percentage",
            ),
            models.CheckConstraint(
                condition=models.Q(occasion__in=Occasion.values), name="snapshot_occasion_is_known"
            ),
            models.UniqueConstraint(
                fields=["scan"],
                condition=models.Q(occasion="scan"),
                name="snapshot_one_per_scan",
            ),
        )
        indexes = (
            models.Index(fields=["repository", "-taken_at"], name="snapshot_by_repository"),
            models.Index(fields=["-taken_at"], name="snapshot_by_time"),
        )

    def __str__(self) -> str:
        return f"{self.repository_id} at {self.taken_at:%Y-%m-%d %H:%M}"


class Sheet(Record):
    """The newest rule results of a repository in one small value, so that a fleet is added up in one query."""

    data = models.BinaryField(help_text="As `apps.scorecards.sheets` writes it.")
    commit = models.CharField(max_length=64, blank=True)
    policy = models.JSONField(
        default=dict, help_text="As `plumbline.policy.Policy`: what held when it was added up last."
    )
    kept_on = models.DateField(
        null=True, editable=False, help_text="When a snapshot last kept all of it."
    )

    repository = models.OneToOneField(
        "repositories.Repository", on_delete=models.CASCADE, related_name="sheet"
    )
    scan = models.ForeignKey(
        "scans.Scan", on_delete=models.CASCADE, related_name="sheets", help_text="Whose results."
    )

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"results of {self.repository_id}"
