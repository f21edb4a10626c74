"""The weekly digest of a team: what it says, and to whom it was sent."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from core.models import Record


class Digest(Record):
    """What changed for a team in one week, put together once; without any mail if nothing did."""

    week = models.DateField(help_text="The Monday with which the week began.")
    content = models.JSONField(default=dict, help_text="As `apps.scorecards.digests.Contents`.")

    team = models.ForeignKey("accounts.Team", on_delete=models.CASCADE, related_name="digests")

    class Meta:
        ordering = ("-week", "id")
        constraints = (
            models.UniqueConstraint(fields=["team", "week"], name="digest_one_per_team_and_week"),
        )

    def __str__(self) -> str:
        return f"week of {self.week} for team {self.team_id}"


class MailState(models.TextChoices):
    """How far a mail is."""

    WAITING = "waiting", "waits to be sent"
    SENDING = "sending", "is being sent"
    SENT = "sent", "sent"
    FAILED = "failed", "could not be sent"
    UNKNOWN = "unknown", "the worker died while it was being sent"


class DigestMail(Record):
    """A digest for one person. Whoever sends it has moved it to `sending` first, so that it is sent at most once."""

    state = models.CharField(max_length=7, choices=MailState, default=MailState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    claimed_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=200, blank=True)

    digest = models.ForeignKey(
        Digest, on_delete=models.CASCADE, related_name="mails", db_index=False
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="digest_mails"
    )

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=["digest", "user"], name="digest_mail_one_per_person"),
            models.CheckConstraint(
                condition=Q(state__in=MailState.values), name="digest_mail_state_is_known"
            ),
            models.CheckConstraint(
                condition=~Q(state="sending") | Q(claimed_at__isnull=False),
                name="digest_mail_claimed_has_a_time",
            ),
        )
        indexes = (
            models.Index(
                fields=["digest"],
                condition=Q(state__in=["waiting", "sending"]),
                name="digest_mail_unfinished",
            ),
        )

    def __str__(self) -> str:
        return f"digest {self.digest_id} for {self.user_id}"
