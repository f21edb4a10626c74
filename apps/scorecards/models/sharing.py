"""Scorecards that people without an account may read."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from core.models import Record


class SharedLink(Record):
    """A link under which a repository's scorecard can be read without signing in, until somebody ends it.

    The address also holds a key that is derived from the installation's secret, so that nobody who reads this table
    can open the page.
    """

    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    ended_at = models.DateTimeField(null=True, blank=True, editable=False)

    repository = models.ForeignKey(
        "repositories.Repository", on_delete=models.CASCADE, related_name="shared_links"
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="shared_links",
    )

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=["repository"],
                condition=Q(ended_at__isnull=True),
                name="shared_link_one_live_per_repository",
            ),
        )

    def __str__(self) -> str:
        return f"link to {self.repository_id}"
