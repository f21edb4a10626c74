"""People, the tokens of their bots, and what was done."""

from typing import ClassVar

from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from core.models import Record


class UserManager(BaseUserManager["User"]):
    """Makes users who are known by their e-mail address alone."""

    def create_user(self, email: str, password: str | None = None, **fields: object) -> "User":
        """Create somebody who may sign in."""
        if not email:
            raise ValueError("a user needs an e-mail address")
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: object) -> "User":
        """Create an administrator."""
        powers = {"is_staff": True, "is_superuser": True}
        return self.create_user(email, password, **powers | fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        """Find a user by address, whatever its case."""
        return self.get(email__iexact=username or "")


class User(AbstractUser):
    """Somebody who signs in, by e-mail address; there are no user names."""

    username = None  # type: ignore[assignment]  # the way Django documents to drop the column
    email = models.EmailField("e-mail address", unique=True)

    class Meta:
        verbose_name = "user"
        constraints = (
            models.UniqueConstraint(Lower("email"), name="user_email_unique_in_any_case"),
        )

    objects: ClassVar[UserManager] = UserManager()  # type: ignore[assignment]

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def __str__(self) -> str:
        return self.email


class Team(Record):
    """People who answer for repositories. A team may be part of another one, one level deep."""

    name = models.CharField(max_length=100)
    slug = models.SlugField(max_length=100, unique=True)
    description = models.TextField(blank=True)
    handles = ArrayField(
        models.CharField(max_length=120),
        default=list,
        blank=True,
        help_text="What forges and CODEOWNERS call it, such as shop/payments.",
    )

    parent = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="children"
    )
    members = models.ManyToManyField(User, through="Membership", related_name="teams")

    class Meta:
        ordering = ("name", "id")
        constraints = (
            models.UniqueConstraint(Lower("name"), name="team_name_unique_in_any_case"),
            models.CheckConstraint(
                condition=~models.Q(parent=models.F("id")), name="team_is_not_part_of_itself"
            ),
        )

    def __str__(self) -> str:
        return self.name


class MembershipRole(models.TextChoices):
    """What somebody may do for a team."""

    MEMBER = "member", "member"
    LEAD = "lead", "lead"


class Membership(Record):
    """Somebody in a team."""

    role = models.CharField(max_length=6, choices=MembershipRole, default=MembershipRole.MEMBER)
    wants_digest = models.BooleanField(default=True, help_text="The team's weekly mail.")

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=["team", "user"], name="membership_unique_per_team"),
            models.CheckConstraint(
                condition=models.Q(role__in=MembershipRole.values), name="membership_role_is_known"
            ),
        )

    def __str__(self) -> str:
        return f"{self.user_id} in {self.team_id} as {self.role}"


class TokenScope(models.TextChoices):
    """What a token may be used for."""

    REPOSITORY_READ = "repository:read", "read repositories and their scorecards"
    REPOSITORY_WRITE = "repository:write", "register, change and remove repositories"
    SCAN_READ = "scan:read", "read scans and their results"
    SCAN_WRITE = "scan:write", "ask for scans"
    FINDING_READ = "finding:read", "read findings, with the code around them, and waivers"
    WAIVER_WRITE = "waiver:write", "ask for waivers and withdraw them"
    WAIVER_DECIDE = "waiver:decide", "approve and decline waivers"
    TEAM_READ = "team:read", "read teams"
    TEAM_WRITE = "team:write", "make and change teams"
    POLICY_READ = "policy:read", "read policies and ask what one would do"
    POLICY_WRITE = "policy:write", "draft policies and put them into force"
    AUDIT_READ = "audit:read", "read what was done, by whom and when"
    CAMPAIGN_READ = "campaign:read", "read campaigns"
    CAMPAIGN_WRITE = "campaign:write", "draft, start, change and close campaigns"


class ApiToken(Record):
    """A bot's key. Only a digest is kept, so the text can be shown once and never again."""

    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=8, unique=True, editable=False)
    digest = models.CharField(max_length=64, editable=False)
    scopes = ArrayField(models.CharField(max_length=32, choices=TokenScope), default=list)
    expires_at = models.DateTimeField()
    last_used_on = models.DateField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")

    class Meta:
        verbose_name = "API token"
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(digest__regex=r"^[0-9a-f]{64}$"),
                name="api_token_digest_is_sha256",
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} (plb_{self.prefix}…)"

    @property
    def is_live(self) -> bool:
        """Whether the token opens anything now."""
        return self.revoked_at is None and self.expires_at > timezone.now()


class AuditEvent(Record):
    """One act, written once. A trigger in the database refuses changes and removal."""

    action = models.CharField(max_length=64)
    target = models.CharField(max_length=200)
    actor_name = models.CharField(max_length=254, blank=True)
    detail = models.JSONField(default=dict)

    actor = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="audit_events"
    )

    class Meta:
        ordering = ("-id",)
        indexes = (
            models.Index(fields=["action", "-id"], name="audit_event_by_action"),
            models.Index(fields=["target", "-id"], name="audit_event_by_target"),
            models.Index(fields=["actor_name", "-id"], name="audit_event_by_actor"),
            # Events are written in the order of time, so that a few pages of this say where a period begins.
            BrinIndex(fields=["created_at"], name="audit_event_by_time", autosummarize=True),
        )

    def __str__(self) -> str:
        return f"{self.action} {self.target}"
