"""What the organisation makes of the guide: policies in layers, each with its versions and one draft."""

import msgspec

from django.conf import settings
from django.db import models
from django.db.models import Q

from core.models import Record
from plumbline.policy import Policy


class PolicyScope(models.TextChoices):
    """For which repositories a layer holds; a later one wins over an earlier one."""

    FLEET = "fleet", "the fleet"
    TEAM = "team", "a team"
    TAG = "tag", "a tag"


class PolicyLayer(Record):
    """What holds for the fleet, for a team's repositories or for those with a tag."""

    scope = models.CharField(max_length=5, choices=PolicyScope)
    tag = models.CharField(max_length=50, blank=True)
    number = models.PositiveIntegerField(
        default=0, help_text="Of the version in force; 0 for none."
    )
    content = models.JSONField(default=dict, help_text="As `plumbline.policy.Policy`.")
    draft = models.JSONField(null=True, blank=True, help_text="What may come into force next.")
    draft_revision = models.PositiveIntegerField(
        default=0, help_text="Grows with each change of the draft, so that none is lost."
    )
    drafted_at = models.DateTimeField(null=True, blank=True)

    drafted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="policy_drafts",
    )
    team = models.ForeignKey(
        "accounts.Team",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="policy_layers",
    )

    class Meta:
        ordering = ("id",)
        permissions = (("publish_policy", "Can put policies into force"),)
        constraints = (
            models.CheckConstraint(
                condition=Q(scope="fleet", team__isnull=True, tag="")
                | Q(scope="team", team__isnull=False, tag="")
                | (Q(scope="tag", team__isnull=True) & ~Q(tag="")),
                name="policy_layer_is_for_what_its_scope_says",
            ),
            models.UniqueConstraint(
                fields=["scope", "team", "tag"],
                nulls_distinct=False,
                name="policy_layer_unique_by_scope",
            ),
        )

    def __str__(self) -> str:
        return f"policy {self.scope} {self.tag or self.team_id or ''}".strip()

    @property
    def policy(self) -> Policy:
        """What is in force."""
        return msgspec.convert(self.content, Policy)

    @property
    def drafted(self) -> Policy | None:
        """What may come into force next, if somebody drafts."""
        return None if self.draft is None else msgspec.convert(self.draft, Policy)


class PolicyVersion(Record):
    """A layer as it was put into force once; never changed afterwards."""

    number = models.PositiveIntegerField()
    content = models.JSONField(default=dict, help_text="As `plumbline.policy.Policy`.")
    changes = models.JSONField(default=list, help_text="A sentence for each thing that changed.")
    reason = models.TextField()
    author_name = models.CharField(max_length=254, blank=True)

    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="policy_versions",
    )
    layer = models.ForeignKey(PolicyLayer, on_delete=models.CASCADE, related_name="versions")

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=["layer", "number"], name="policy_version_unique_per_layer"
            ),
        )

    def __str__(self) -> str:
        return f"version {self.number} of layer {self.layer_id}"
