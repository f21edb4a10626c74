"""What we watch: repositories, the way into them, and the way their hosts reach us."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from apps.repositories.git.configuration import CredentialKind
from core.models import Record

LONGEST_HISTORY = 60
"""How many months of a repository's past may be judged."""


class Provider(models.TextChoices):
    """Who hosts a repository; decides how its webhooks are signed."""

    GITHUB = "github", "GitHub"
    GITLAB = "gitlab", "GitLab"
    GITEA = "gitea", "Gitea"
    FORGEJO = "forgejo", "Forgejo"
    BITBUCKET = "bitbucket", "Bitbucket"
    OTHER = "other", "another host"


class Repository(Record):
    """A branch of a git repository whose compliance is followed."""

    name = models.CharField(max_length=200)
    slug = models.SlugField(max_length=100, unique=True)
    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    url = models.CharField(max_length=1000)
    branch = models.CharField(
        max_length=255, blank=True, help_text="Blank follows the remote's default branch."
    )
    provider = models.CharField(max_length=16, choices=Provider, default=Provider.OTHER)
    description = models.TextField(blank=True)
    enabled = models.BooleanField(default=True)
    last_error_code = models.CharField(max_length=64, blank=True, editable=False)
    tags = ArrayField(
        models.CharField(max_length=50),
        default=list,
        blank=True,
        help_text="Words by which repositories are grouped beside their teams.",
    )

    team = models.ForeignKey(
        "accounts.Team",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="repositories",
    )
    registered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="registered_repositories",
    )

    class Meta:
        verbose_name_plural = "repositories"
        ordering = ("name", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["url", "branch"], name="repository_unique_by_url_and_branch"
            ),
            models.CheckConstraint(
                condition=models.Q(provider__in=Provider.values),
                name="repository_provider_is_known",
            ),
        )
        indexes = (GinIndex(fields=["tags"], name="repository_by_tag"),)

    def __str__(self) -> str:
        return self.name


class Credential(Record):
    """The key to one private repository: written, used by the fetcher, never shown again."""

    kind = models.CharField(
        max_length=16, choices=CredentialKind, default=CredentialKind.TOKEN, editable=False
    )
    username = models.CharField(max_length=200)
    sealed_secret = models.TextField(editable=False)

    repository = models.OneToOneField(
        Repository, on_delete=models.CASCADE, related_name="credential"
    )

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(kind__in=CredentialKind.values),
                name="credential_kind_is_known",
            ),
        )

    def __str__(self) -> str:
        return f"credential of {self.repository_id}"


class CodeOwnership(Record):
    """Whom the repository's own CODEOWNERS file names, most named first; what suggests a team."""

    path = models.CharField(max_length=200)
    blob = models.CharField(
        max_length=64, blank=True, help_text="What the file said, so that it is read once."
    )
    owners = models.JSONField(
        default=list, help_text="[name, number of patterns, whether the default owner] each."
    )

    repository = models.OneToOneField(
        Repository, on_delete=models.CASCADE, related_name="code_owners"
    )

    class Meta:
        verbose_name_plural = "code ownership"

    def __str__(self) -> str:
        return f"owners in {self.path} of {self.repository_id}"


class WebhookEndpoint(Record):
    """The address to which a repository's host announces pushes, and the secret it signs with."""

    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    sealed_secret = models.TextField(editable=False)
    verified_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_event_at = models.DateTimeField(null=True, blank=True, editable=False)

    repository = models.OneToOneField(Repository, on_delete=models.CASCADE, related_name="webhook")

    def __str__(self) -> str:
        return str(self.public_id)


class MirrorUsage(Record):
    """What the mirrors of one worker machine amounted to when it last worked; sizes in bytes."""

    store = models.CharField(max_length=32, unique=True)
    host = models.CharField(max_length=255)
    mirrors = models.PositiveIntegerField(default=0)
    size = models.PositiveBigIntegerField(default=0)
    bound = models.PositiveBigIntegerField(default=0)
    oldest_use_at = models.DateTimeField(null=True, blank=True)
    noted_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "mirror usage"
        ordering = ("host", "id")

    def __str__(self) -> str:
        return f"{self.mirrors} mirrors on {self.host}"
