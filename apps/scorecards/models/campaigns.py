"""Campaigns: findings that were open on one day, and what has become of them since."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from core.models import Record

_ADDS_UP = Q(at_start=F("remaining") + F("fixed") + F("waived") + F("removed"))


class CampaignScope(models.TextChoices):
    """Whose findings a campaign is about."""

    FLEET = "fleet", "the whole fleet"
    TEAMS = "teams", "teams"
    TAGS = "tags", "tags"
    REPOSITORIES = "repositories", "named repositories"


class CampaignState(models.TextChoices):
    """How far a campaign is."""

    DRAFT = "draft", "draft"
    RUNNING = "running", "running"
    CLOSED = "closed", "closed"


class Campaign(Record):
    """Rules that somebody wants to see followed by a day, in a set of findings that is frozen at the start.

    Whoever changes it names the ``version`` that he has seen. The figures are sums of its shares.
    """

    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=100, unique=True)
    why = models.TextField(blank=True)
    codes = ArrayField(models.CharField(max_length=16), help_text="The rules.")
    scope = models.CharField(max_length=12, choices=CampaignScope)
    tags = ArrayField(models.CharField(max_length=50), default=list, blank=True)
    target_on = models.DateField(help_text="The day on which nothing should be left.")
    state = models.CharField(max_length=7, choices=CampaignState, default=CampaignState.DRAFT)
    version = models.PositiveIntegerField(default=1)
    started_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    stands = models.BooleanField(
        default=False, help_text="Closed with a draft of a policy that enforces its rules."
    )
    log_position = models.BigIntegerField(
        default=0, help_text="The newest event of the log of findings at the start."
    )
    at_start = models.PositiveIntegerField(default=0)
    remaining = models.PositiveIntegerField(default=0)
    fixed = models.PositiveIntegerField(default=0)
    waived = models.PositiveIntegerField(
        default=0, help_text="Waived, or suppressed in the code, and still there."
    )
    removed = models.PositiveIntegerField(
        default=0, help_text="Gone with a file, a rule or a repository: not fixed."
    )
    came = models.PositiveIntegerField(
        default=0, help_text="Open findings of the same rules that were not there at the start."
    )
    patches = models.PositiveIntegerField(default=0, help_text="Fixes ready for what remains.")
    repositories_held = models.PositiveIntegerField(default=0)
    repositories_done = models.PositiveIntegerField(default=0)
    counted_at = models.DateTimeField(null=True, blank=True)

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="owned_campaigns",
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="created_campaigns",
    )
    teams = models.ManyToManyField("accounts.Team", blank=True, related_name="campaigns")
    repositories = models.ManyToManyField(
        "repositories.Repository", blank=True, related_name="campaigns"
    )

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(scope__in=CampaignScope.values), name="campaign_scope_is_known"
            ),
            models.CheckConstraint(
                condition=Q(state="draft", started_at__isnull=True, closed_at__isnull=True)
                | Q(state="running", started_at__isnull=False, closed_at__isnull=True)
                | Q(state="closed", started_at__isnull=False, closed_at__isnull=False),
                name="campaign_state_has_its_times",
            ),
            models.CheckConstraint(condition=_ADDS_UP, name="campaign_findings_add_up"),
            models.CheckConstraint(condition=Q(codes__len__gt=0), name="campaign_has_a_rule"),
        )
        indexes = (models.Index(fields=["state", "target_on"], name="campaign_by_state"),)

    def __str__(self) -> str:
        return self.name

    @property
    def done(self) -> int:
        """How many of its findings are not open any more."""
        return self.at_start - self.remaining

    @property
    def share(self) -> float:
        """The part of its findings that is not open any more, 0 to 1."""
        return self.done / self.at_start if self.at_start else 1.0


class CampaignShare(Record):
    """What one rule found in one repository when a campaign began, and what has become of it.

    It outlives its repository, whose name it keeps.
    """

    code = models.CharField(max_length=16)
    repository_name = models.CharField(max_length=200)
    repository_slug = models.CharField(max_length=100)
    findings = ArrayField(models.BigIntegerField(), help_text="Their ids; never changed.")
    at_start = models.PositiveIntegerField()
    remaining = models.PositiveIntegerField()
    fixed = models.PositiveIntegerField(default=0)
    waived = models.PositiveIntegerField(default=0)
    removed = models.PositiveIntegerField(default=0)
    came = models.PositiveIntegerField(default=0)
    patches = models.PositiveIntegerField(default=0)

    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, related_name="shares", db_index=False
    )
    repository = models.ForeignKey(
        "repositories.Repository",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="campaign_shares",
    )

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                fields=["campaign", "repository_slug", "code"],
                name="campaign_share_unique_by_repository_and_rule",
            ),
            models.CheckConstraint(condition=_ADDS_UP, name="campaign_share_adds_up"),
        )

    def __str__(self) -> str:
        return f"{self.code} in {self.repository_slug} for campaign {self.campaign_id}"


class CampaignStep(Record):
    """How many findings of a share changed sides on one day; the days on which nothing moved have no row."""

    day = models.DateField()
    fixed = models.IntegerField(default=0)
    waived = models.IntegerField(default=0)
    removed = models.IntegerField(default=0)

    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, related_name="steps", db_index=False
    )
    share = models.ForeignKey(
        CampaignShare, on_delete=models.CASCADE, related_name="steps", db_index=False
    )

    class Meta:
        ordering = ("day", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["share", "day"], name="campaign_step_unique_by_share_and_day"
            ),
        )
        indexes = (models.Index(fields=["campaign", "day"], name="campaign_step_by_day"),)

    def __str__(self) -> str:
        return f"{self.day} of share {self.share_id}"
