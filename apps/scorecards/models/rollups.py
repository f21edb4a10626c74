"""What lists and trends read: figures that are added up once, when something changes."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from apps.rulebook.choices import Standing
from core.models import Record


class Headline(Record):
    """A repository's present figures in one row: what lists show, sort and filter by, without its history.

    Scores are 0 to 100. What slides with the calendar is of the day ``as_of``.
    """

    taken_at = models.DateTimeField(help_text="Of the newest snapshot.")
    score = models.FloatField(null=True)
    score_without_waivers = models.FloatField(null=True)
    standing = models.CharField(max_length=8, choices=Standing, blank=True)
    evaluated = models.PositiveIntegerField()
    applicable = models.PositiveIntegerField()
    must_open = models.PositiveIntegerField()
    should_open = models.PositiveIntegerField()
    new_must = models.PositiveIntegerField(
        help_text="Open MUST violations that came with the code since the baseline."
    )
    tasks_to_plumb = models.PositiveIntegerField()
    patches = models.PositiveIntegerField()
    waived = models.PositiveIntegerField()
    suppressed = models.PositiveIntegerField()
    sections = models.JSONField(help_text="Section → [score, rules evaluated, rules failing].")
    previous_score = models.FloatField(null=True, help_text="Of the snapshot before the newest.")
    score_7 = models.FloatField(
        null=True, help_text="Seven days before; of a younger one, its first."
    )
    score_30 = models.FloatField(
        null=True, help_text="Thirty days before; of a younger one, its first."
    )
    history = ArrayField(
        models.FloatField(null=True),
        default=list,
        help_text="Scores at the ends of the last twelve weeks, the oldest first; null before the first.",
    )
    new_week = models.PositiveIntegerField(help_text="Findings of the last seven days.")
    fixed_week = models.PositiveIntegerField()
    as_of = models.DateField()
    teams = ArrayField(
        models.BigIntegerField(),
        default=list,
        help_text="The team, and the one above it, among which it was added up last.",
    )

    repository = models.OneToOneField(
        "repositories.Repository", on_delete=models.CASCADE, related_name="headline"
    )
    snapshot = models.ForeignKey(
        "Snapshot", on_delete=models.CASCADE, related_name="headlines", help_text="The newest one."
    )
    scan = models.ForeignKey(
        "scans.Scan",
        on_delete=models.CASCADE,
        related_name="headlines",
        help_text="The one that holds the rule results.",
    )

    class Meta:
        ordering = ("id",)
        indexes = (models.Index(fields=["as_of"], name="headline_by_day"),)

    def __str__(self) -> str:
        return f"figures of {self.repository_id}"


class ScopeDay(Record):
    """What the fleet, or a team with those in it, added up to at the end of a day on which something changed.

    Between two rows nothing changed. They are of the repositories that belong to the team now, so that
    a trend shows work, not moves between teams.
    """

    day = models.DateField()
    repositories = models.PositiveIntegerField(help_text="Those with a score.")
    plumb = models.PositiveIntegerField()
    leaning = models.PositiveIntegerField()
    off = models.PositiveIntegerField()
    mean = models.FloatField(null=True)
    worst = models.FloatField(null=True)
    low = models.FloatField(null=True, help_text="A quarter scores less.")
    median = models.FloatField(null=True)
    high = models.FloatField(null=True, help_text="A quarter scores more.")
    must_open = models.PositiveIntegerField()
    should_open = models.PositiveIntegerField()
    waived = models.PositiveIntegerField()
    new = models.PositiveIntegerField(help_text="Findings that came with the code that day.")
    fixed = models.PositiveIntegerField()
    reopened = models.PositiveIntegerField()
    causes = models.JSONField(
        help_text="Cause → points by which it moved the mean since the row before; they add up to the move."
    )
    sections = models.JSONField(help_text="Section → [mean score, repositories, of which failing].")
    rules = models.JSONField(
        help_text="Rule → repositories that pass and fail, subjects, violations, suppressed, waived."
    )
    flows = models.JSONField(help_text="Rule → [new, fixed, reopened] of that day.")

    team = models.ForeignKey(
        "accounts.Team",
        on_delete=models.CASCADE,
        null=True,
        related_name="days",
        db_index=False,
        help_text="Null for the fleet.",
    )

    class Meta:
        ordering = ("day",)
        constraints = (
            models.UniqueConstraint(
                fields=["team", "day"], nulls_distinct=False, name="scope_day_unique"
            ),
        )

    def __str__(self) -> str:
        return f"{self.team_id or 'fleet'} on {self.day}"


class DayDue(Record):
    """Something happened on a day: the fleet and these teams have to be added up again from it on.

    Rows are only added, and taken away by who adds up, so that no scan waits for another one's.
    """

    day = models.DateField()
    teams = ArrayField(models.BigIntegerField(), default=list)

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"from {self.day}"


class RulesetUse(Record):
    """When a set of rules first judged something here: a mark in trends."""

    ruleset = models.CharField(max_length=80, unique=True)
    engine = models.CharField(max_length=32, blank=True)
    first_at = models.DateTimeField()

    class Meta:
        ordering = ("first_at",)

    def __str__(self) -> str:
        return self.ruleset
