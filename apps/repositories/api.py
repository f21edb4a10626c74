"""Repositories over the API."""

from typing import Any

from django_filters.rest_framework import CharFilter, FilterSet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.generics import GenericAPIView
from rest_framework.response import Response

from django.conf import settings
from django.db.models import Q, QuerySet
from django.urls import reverse

from apps.accounts.models import Team, TokenScope
from apps.accounts.permissions import ScopedView, SignedInApiRequest
from apps.accounts.selectors import team_get
from apps.repositories.models import LONGEST_HISTORY, Provider, Repository, WebhookEndpoint
from apps.repositories.selectors import (
    TeamSuggestion,
    endpoint_path,
    endpoint_secret,
    repository_get,
    repository_get_for_change,
    repository_list,
    team_suggestions,
)
from apps.repositories.services import (
    credential_set,
    repository_delete,
    repository_register,
    repository_update,
    team_suggestion_accept,
    webhook_secret_reset,
)

SSH_KEY_LIMIT = 16_384


class RepositorySerializer(serializers.ModelSerializer[Repository]):
    """A repository that is followed."""

    team: serializers.SlugRelatedField[Team] = serializers.SlugRelatedField(
        slug_field="slug", read_only=True
    )

    class Meta:
        model = Repository
        fields = (
            *("slug", "name", "url", "branch", "provider", "description", "enabled"),
            *("team", "tags"),
            *("public_id", "last_error_code", "created_at"),
        )
        read_only_fields = fields


class RepositoryRegistrationSerializer(serializers.Serializer[Repository]):
    """What it takes to follow a repository."""

    url = serializers.CharField(
        max_length=1000, help_text="Where to fetch it from: https, or ssh to a known host."
    )
    name = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    branch = serializers.CharField(
        max_length=255,
        required=False,
        allow_blank=True,
        default="",
        help_text="Blank follows the remote's default branch.",
    )
    description = serializers.CharField(
        max_length=2000, required=False, allow_blank=True, default=""
    )
    provider = serializers.ChoiceField(
        choices=Provider.choices, required=False, allow_blank=True, default=""
    )
    username = serializers.CharField(
        max_length=200, required=False, allow_blank=True, default="", write_only=True
    )
    secret = serializers.CharField(
        max_length=4000,
        required=False,
        allow_blank=True,
        default="",
        write_only=True,
        help_text="A read-only access token for a private repository. It is never shown again.",
    )
    ssh_key = serializers.CharField(
        max_length=SSH_KEY_LIMIT,
        required=False,
        allow_blank=True,
        default="",
        write_only=True,
        trim_whitespace=False,
        help_text="The private key of a read-only deploy key, for an ssh address. Never shown again.",
    )
    history_months = serializers.IntegerField(
        min_value=0,
        max_value=LONGEST_HISTORY,
        required=False,
        allow_null=True,
        default=None,
        help_text="How many months of its past are judged too, 0 for none; by default as the installation is set.",
    )


class WebhookSerializer(serializers.Serializer[dict[str, str]]):
    """Where the host announces pushes, and the secret it signs with; shown this once."""

    url = serializers.URLField()
    secret = serializers.CharField()


class WebhookStateSerializer(serializers.Serializer[WebhookEndpoint]):
    """Where the host announces pushes, and whether it does."""

    url = serializers.SerializerMethodField()
    verified_at = serializers.DateTimeField(allow_null=True)
    last_event_at = serializers.DateTimeField(allow_null=True)

    @extend_schema_field(serializers.URLField())
    def get_url(self, endpoint: WebhookEndpoint) -> str:
        """Give the full address."""
        return webhook_address(endpoint.repository)


class RegisteredRepositorySerializer(RepositorySerializer):
    """A repository that was registered just now."""

    webhook = WebhookSerializer()

    class Meta:
        model = Repository
        fields = (*RepositorySerializer.Meta.fields, "webhook")
        read_only_fields = fields


class RepositoryChangeSerializer(serializers.Serializer[Repository]):
    """What may be changed; whatever is left out stays."""

    url = serializers.CharField(max_length=1000, required=False)
    name = serializers.CharField(max_length=200, required=False)
    branch = serializers.CharField(max_length=255, required=False, allow_blank=True)
    description = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    provider = serializers.ChoiceField(choices=Provider.choices, required=False)
    enabled = serializers.BooleanField(required=False)
    team = serializers.SlugField(
        max_length=100, required=False, allow_null=True, help_text="Null takes it from its team."
    )
    tags = serializers.ListField(
        child=serializers.CharField(max_length=50), required=False, max_length=20
    )


class CredentialSerializer(serializers.Serializer[dict[str, str]]):
    """The key to a private repository; written and never shown."""

    username = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    secret = serializers.CharField(
        max_length=4000,
        required=False,
        allow_blank=True,
        default="",
        help_text="An access token, for an https address.",
    )
    ssh_key = serializers.CharField(
        max_length=SSH_KEY_LIMIT,
        required=False,
        allow_blank=True,
        default="",
        trim_whitespace=False,
        help_text="A private key without a passphrase, for an ssh address.",
    )


def webhook_address(repository: Repository) -> str:
    """The full address to which the repository's host announces pushes."""
    return f"{settings.SITE_URL.rstrip('/')}{endpoint_path(repository)}"


class RepositoryFilter(FilterSet):  # type: ignore[misc]  # django-filter has no stubs
    """By host, whether it is scanned, team (with those in it) and tag."""

    team = CharFilter(method="by_team", help_text="Slug of a team; those in it count too.")
    tag = CharFilter(field_name="tags", method="by_tag", help_text="One tag.")

    class Meta:
        model = Repository
        fields = ("provider", "enabled")

    def by_team(
        self, queryset: QuerySet[Repository], _name: str, value: str
    ) -> QuerySet[Repository]:
        """Those of a team and of the teams in it."""
        return queryset.filter(Q(team__slug=value) | Q(team__parent__slug=value))

    def by_tag(
        self, queryset: QuerySet[Repository], _name: str, value: str
    ) -> QuerySet[Repository]:
        """Those with a tag."""
        return queryset.filter(tags__contains=[value])


@extend_schema(tags=["repositories"])
class RepositoryListView(ScopedView, GenericAPIView[Repository]):
    """The repositories that are followed."""

    read_scope = TokenScope.REPOSITORY_READ
    write_scope = TokenScope.REPOSITORY_WRITE
    write_throttle = "register"
    serializer_class = RepositorySerializer
    filterset_class = RepositoryFilter

    def get_queryset(self) -> QuerySet[Repository]:
        """Those that the caller may see."""
        return repository_list(user=self.request.user)

    @extend_schema(operation_id="repository_list")
    def get(self, request: SignedInApiRequest) -> Response:
        """List them, newest first."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(
        operation_id="repository_register",
        request=RepositoryRegistrationSerializer,
        responses={201: RegisteredRepositorySerializer},
    )
    def post(self, request: SignedInApiRequest) -> Response:
        """Follow one more; its first scan is asked for at once."""
        wanted = RepositoryRegistrationSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        repository = repository_register(actor=request.user, **wanted.validated_data)
        body = {
            **RepositorySerializer(repository).data,
            "webhook": {
                "url": webhook_address(repository),
                "secret": endpoint_secret(repository.webhook),
            },
        }
        location = reverse("api:repository", args=[repository.slug])
        return Response(body, status=status.HTTP_201_CREATED, headers={"Location": location})


@extend_schema(tags=["repositories"])
class RepositoryView(ScopedView):
    """One repository."""

    read_scope = TokenScope.REPOSITORY_READ
    write_scope = TokenScope.REPOSITORY_WRITE

    @extend_schema(operation_id="repository_get", responses=RepositorySerializer)
    def get(self, request: SignedInApiRequest, slug: str) -> Response:
        """Show it."""
        return Response(RepositorySerializer(repository_get(user=request.user, slug=slug)).data)

    @extend_schema(
        operation_id="repository_update",
        request=RepositoryChangeSerializer,
        responses=RepositorySerializer,
    )
    def patch(self, request: SignedInApiRequest, slug: str) -> Response:
        """Change what is given; a new address or branch is scanned at once."""
        repository = repository_get_for_change(user=request.user, slug=slug)
        wanted = RepositoryChangeSerializer(data=request.data, partial=True)
        wanted.is_valid(raise_exception=True)
        changes = wanted.validated_data
        if changes.get("team"):
            changes["team"] = team_get(user=request.user, slug=changes["team"])
        repository = repository_update(repository=repository, actor=request.user, **changes)
        return Response(RepositorySerializer(repository).data)

    @extend_schema(operation_id="repository_delete", responses={204: None})
    def delete(self, request: SignedInApiRequest, slug: str) -> Response:
        """Stop following it and forget its scans and findings."""
        repository = repository_get_for_change(user=request.user, slug=slug)
        repository_delete(repository=repository, actor=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)


class TeamSuggestionSerializer(serializers.Serializer[TeamSuggestion]):
    """A team that the repository's CODEOWNERS names."""

    team = serializers.SlugField(source="team.slug")
    handle = serializers.CharField()
    patterns = serializers.IntegerField()
    is_default = serializers.BooleanField()


class TeamAcceptSerializer(serializers.Serializer[Any]):
    """Which of the suggested teams the repository is given to."""

    team = serializers.SlugField(max_length=100)


@extend_schema(tags=["repositories"])
class TeamSuggestionView(ScopedView):
    """Which team a repository seems to belong to."""

    read_scope = TokenScope.REPOSITORY_READ
    write_scope = TokenScope.REPOSITORY_WRITE

    @extend_schema(
        operation_id="repository_team_suggestions", responses=TeamSuggestionSerializer(many=True)
    )
    def get(self, request: SignedInApiRequest, slug: str) -> Response:
        """Show the teams that its CODEOWNERS names, best first."""
        repository = repository_get(user=request.user, slug=slug)
        suggestions = team_suggestions(repository=repository)
        body = [TeamSuggestionSerializer(suggestion).data for suggestion in suggestions]
        return Response(body)

    @extend_schema(
        operation_id="repository_team_suggestion_accept",
        request=TeamAcceptSerializer,
        responses=RepositorySerializer,
    )
    def post(self, request: SignedInApiRequest, slug: str) -> Response:
        """Give the repository to one of them."""
        repository = repository_get_for_change(user=request.user, slug=slug)
        wanted = TeamAcceptSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        team = team_get(user=request.user, slug=wanted.validated_data["team"])
        repository = team_suggestion_accept(repository=repository, team=team, actor=request.user)
        return Response(RepositorySerializer(repository).data)


@extend_schema(tags=["repositories"])
class CredentialView(ScopedView):
    """The key to a private repository."""

    write_scope = TokenScope.REPOSITORY_WRITE
    write_throttle = "register"

    @extend_schema(
        operation_id="repository_credential_set",
        request=CredentialSerializer,
        responses={204: None},
    )
    def put(self, request: SignedInApiRequest, slug: str) -> Response:
        """Keep a new one, encrypted."""
        repository = repository_get_for_change(user=request.user, slug=slug)
        wanted = CredentialSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        credential_set(repository=repository, actor=request.user, **wanted.validated_data)
        return Response(status=status.HTTP_204_NO_CONTENT)


@extend_schema(tags=["repositories"])
class WebhookView(ScopedView):
    """The way in which a repository's host reaches us."""

    read_scope = TokenScope.REPOSITORY_READ
    write_scope = TokenScope.REPOSITORY_WRITE
    write_throttle = "register"

    @extend_schema(operation_id="repository_webhook_get", responses=WebhookStateSerializer)
    def get(self, request: SignedInApiRequest, slug: str) -> Response:
        """Show its address, and when it was last heard of."""
        repository = repository_get(user=request.user, slug=slug)
        return Response(WebhookStateSerializer(repository.webhook).data)

    @extend_schema(
        operation_id="repository_webhook_reset",
        request=None,
        responses=WebhookSerializer,
    )
    def post(self, request: SignedInApiRequest, slug: str) -> Response:
        """Make a new secret and show it, this once; the old one is refused from now on."""
        repository = repository_get_for_change(user=request.user, slug=slug)
        secret = webhook_secret_reset(repository=repository, actor=request.user)
        return Response({"url": webhook_address(repository), "secret": secret})
