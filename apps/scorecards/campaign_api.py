"""Campaigns over the API."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.generics import GenericAPIView
from rest_framework.pagination import LimitOffsetPagination
from rest_framework.response import Response

from django.db.models import QuerySet
from django.urls import reverse

from apps.accounts.models import TokenScope
from apps.accounts.permissions import ScopedView, SignedInApiRequest
from apps.accounts.selectors import team_get, user_get_by_email
from apps.repositories.selectors import repository_get
from apps.scorecards.models import Campaign, CampaignScope, CampaignShare, CampaignState
from apps.scorecards.selectors.campaigns import (
    Scope,
    burn_down,
    campaign_get,
    campaign_list,
    campaign_repositories,
    campaign_rules,
    paces,
)
from apps.scorecards.services.campaigns import (
    CAMPAIGN_RULES,
    campaign_change,
    campaign_close,
    campaign_create,
    campaign_discard,
    campaign_start,
)

_NAMED = 200


class CampaignPagination(LimitOffsetPagination):
    """Pages of a list whose order is its meaning."""

    default_limit = 50
    max_limit = 500


class CampaignSerializer(serializers.ModelSerializer[Campaign]):
    """Rules that shall be followed by a day, in findings frozen at the start. Acts on it name the ``version`` seen."""

    owner = serializers.EmailField(source="owner.email", default=None, read_only=True)
    rules = serializers.ListField(child=serializers.CharField(), source="codes", read_only=True)
    teams: serializers.SlugRelatedField[Any] = serializers.SlugRelatedField(
        many=True, slug_field="slug", read_only=True
    )

    class Meta:
        model = Campaign
        fields: tuple[str, ...] = (
            *("slug", "name", "why", "state", "rules", "scope", "teams", "tags", "owner"),
            *("target_on", "started_at", "closed_at", "stands", "at_start", "remaining", "fixed"),
            *("waived", "removed", "came", "patches", "repositories_held", "repositories_done"),
            *("counted_at", "created_at", "version"),
        )
        read_only_fields = fields


class BurnPointSerializer(serializers.Serializer[Any]):
    """What was left at the end of a day; days on which nothing moved are left out."""

    day = serializers.DateField()
    remaining = serializers.IntegerField()
    fixed = serializers.IntegerField()
    waived = serializers.IntegerField(help_text="Waived, or suppressed in the code.")
    removed = serializers.IntegerField(help_text="Gone with a file, a rule or a repository.")
    ideal = serializers.FloatField(help_text="On the straight way from the start to the target.")


class CampaignRuleSerializer(serializers.Serializer[Any]):
    """A rule of a campaign."""

    code = serializers.CharField()
    at_start = serializers.IntegerField(source="held")
    remaining = serializers.IntegerField(source="left")
    fixed = serializers.IntegerField(source="by_fix")
    waived = serializers.IntegerField(source="by_waiver")
    removed = serializers.IntegerField(source="by_removal")
    came = serializers.IntegerField(source="since")
    patches = serializers.IntegerField(source="ready")


class CampaignRepositorySerializer(CampaignRuleSerializer):
    """A repository of a campaign; one that was removed meanwhile keeps its name."""

    code = None  # type: ignore[assignment]
    repository = serializers.CharField(source="repository_slug")
    name = serializers.CharField(source="repository_name")


class CampaignDetailSerializer(CampaignSerializer):
    """A campaign with its burn-down, its pace and its rules."""

    repositories: serializers.SlugRelatedField[Any] = serializers.SlugRelatedField(
        many=True, slug_field="slug", read_only=True, help_text="Those that its scope names."
    )
    per_week = serializers.FloatField(
        allow_null=True, help_text="Findings that ceased to be open, over the last four weeks."
    )
    projected_on = serializers.DateField(
        allow_null=True, help_text="When nothing would be left at that pace."
    )
    burn_down = BurnPointSerializer(many=True)
    by_rule = CampaignRuleSerializer(many=True)

    class Meta(CampaignSerializer.Meta):
        fields = (
            *CampaignSerializer.Meta.fields,
            *("repositories", "per_week", "projected_on", "burn_down", "by_rule"),
        )
        read_only_fields = fields


class CampaignWriteSerializer(serializers.Serializer[Campaign]):
    """What a campaign is made of; rules and scope are frozen once it has started."""

    name = serializers.CharField(max_length=120)
    why = serializers.CharField(max_length=4000, required=False, allow_blank=True)
    rules = serializers.ListField(
        child=serializers.CharField(max_length=16), max_length=CAMPAIGN_RULES
    )
    scope = serializers.ChoiceField(choices=CampaignScope.choices)
    teams = serializers.ListField(
        child=serializers.SlugField(max_length=100), required=False, max_length=_NAMED
    )
    tags = serializers.ListField(
        child=serializers.CharField(max_length=50), required=False, max_length=_NAMED
    )
    repositories = serializers.ListField(
        child=serializers.SlugField(max_length=100), required=False, max_length=_NAMED
    )
    target_on = serializers.DateField()
    owner = serializers.EmailField(required=False, help_text="By default whoever drafts it.")


class CampaignChangeSerializer(CampaignWriteSerializer):
    """What shall be changed, of the version that was looked at. Scope and what it names go together."""

    version = serializers.IntegerField()


class CampaignVersionSerializer(serializers.Serializer[Any]):
    """Which version of the campaign was looked at."""

    version = serializers.IntegerField()


class CampaignCloseSerializer(CampaignVersionSerializer):
    """How a campaign ends; ``stands`` drafts policies that enforce its rules, for a person to publish."""

    stands = serializers.BooleanField(default=False)
    enforced_from = serializers.DateField(required=False, allow_null=True, default=None)


@extend_schema(tags=["campaigns"])
class CampaignListView(ScopedView, GenericAPIView[Campaign]):
    """The campaigns."""

    read_scope = TokenScope.CAMPAIGN_READ
    write_scope = TokenScope.CAMPAIGN_WRITE
    serializer_class = CampaignSerializer
    pagination_class = CampaignPagination

    def get_queryset(self) -> QuerySet[Campaign]:
        """All of them, or those in a state."""
        state = self.request.query_params.get("state", "")
        return campaign_list(
            user=self.request.user, state=state if state in CampaignState.values else None
        )

    @extend_schema(
        operation_id="campaign_list",
        parameters=[OpenApiParameter("state", enum=CampaignState.values)],
    )
    def get(self, request: SignedInApiRequest) -> Response:
        """List them: running ones first, those that are due next before others."""
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(
        operation_id="campaign_create",
        request=CampaignWriteSerializer,
        responses={201: CampaignSerializer},
    )
    def post(self, request: SignedInApiRequest) -> Response:
        """Draft one; it holds nothing before it starts."""
        wanted = CampaignWriteSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        values = _values(request, wanted.validated_data)
        campaign = campaign_create(actor=request.user, **values)
        location = reverse("api:campaign", args=[campaign.slug])
        return Response(
            CampaignSerializer(campaign).data,
            status.HTTP_201_CREATED,
            headers={"Location": location},
        )


@extend_schema(tags=["campaigns"])
class CampaignView(ScopedView):
    """One campaign."""

    read_scope = TokenScope.CAMPAIGN_READ
    write_scope = TokenScope.CAMPAIGN_WRITE

    @extend_schema(operation_id="campaign_get", responses=CampaignDetailSerializer)
    def get(self, request: SignedInApiRequest, slug: str) -> Response:
        """Show it with its burn-down."""
        return _detail(request, slug)

    @extend_schema(
        operation_id="campaign_change",
        request=CampaignChangeSerializer,
        responses=CampaignDetailSerializer,
    )
    def patch(self, request: SignedInApiRequest, slug: str) -> Response:
        """Change what is given."""
        campaign = campaign_get(user=request.user, slug=slug)
        wanted = CampaignChangeSerializer(data=request.data, partial=True)
        wanted.is_valid(raise_exception=True)
        values = _values(request, wanted.validated_data)
        version = values.pop("version", 0)
        campaign_change(campaign=campaign, version=version, actor=request.user, **values)
        return _detail(request, slug)

    @extend_schema(
        operation_id="campaign_discard",
        parameters=[CampaignVersionSerializer],
        request=None,
        responses={204: None},
    )
    def delete(self, request: SignedInApiRequest, slug: str) -> Response:
        """Forget a draft, of the version in ``?version=``."""
        campaign = campaign_get(user=request.user, slug=slug)
        wanted = CampaignVersionSerializer(data=request.query_params)
        wanted.is_valid(raise_exception=True)
        campaign_discard(campaign=campaign, actor=request.user, **wanted.validated_data)
        return Response(status=status.HTTP_204_NO_CONTENT)


@extend_schema(tags=["campaigns"])
class CampaignStartView(ScopedView):
    """Beginning a campaign."""

    write_scope = TokenScope.CAMPAIGN_WRITE

    @extend_schema(
        operation_id="campaign_start",
        request=CampaignVersionSerializer,
        responses=CampaignDetailSerializer,
    )
    def post(self, request: SignedInApiRequest, slug: str) -> Response:
        """Freeze what is open now and begin to count."""
        campaign = campaign_get(user=request.user, slug=slug)
        wanted = CampaignVersionSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        campaign_start(campaign=campaign, actor=request.user, **wanted.validated_data)
        return _detail(request, slug)


@extend_schema(tags=["campaigns"])
class CampaignCloseView(ScopedView):
    """Ending a campaign."""

    write_scope = TokenScope.CAMPAIGN_WRITE

    @extend_schema(
        operation_id="campaign_close",
        request=CampaignCloseSerializer,
        responses=CampaignDetailSerializer,
    )
    def post(self, request: SignedInApiRequest, slug: str) -> Response:
        """End it; perhaps with drafts of policies that enforce its rules."""
        campaign = campaign_get(user=request.user, slug=slug)
        wanted = CampaignCloseSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        campaign_close(campaign=campaign, actor=request.user, **wanted.validated_data)
        return _detail(request, slug)


@extend_schema(tags=["campaigns"])
class CampaignRepositoryListView(ScopedView, GenericAPIView[CampaignShare]):
    """The repositories of a campaign."""

    read_scope = TokenScope.CAMPAIGN_READ
    serializer_class = CampaignRepositorySerializer
    pagination_class = CampaignPagination

    @extend_schema(operation_id="campaign_repository_list")
    def get(self, request: SignedInApiRequest, slug: str) -> Response:
        """List them, those with most left first."""
        campaign = campaign_get(user=request.user, slug=slug)
        page = self.paginate_queryset(campaign_repositories(campaign))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)


def _detail(request: SignedInApiRequest, slug: str) -> Response:
    campaign = campaign_get(user=request.user, slug=slug)
    pace = paces([campaign]).get(campaign.pk)
    campaign.per_week = pace.per_week if pace else None  # type: ignore[attr-defined]
    campaign.projected_on = pace.projected_on if pace else None  # type: ignore[attr-defined]
    campaign.burn_down = burn_down(campaign)  # type: ignore[attr-defined]
    campaign.by_rule = campaign_rules(campaign)  # type: ignore[attr-defined]
    return Response(CampaignDetailSerializer(campaign).data)


def _values(request: SignedInApiRequest, given: dict[str, Any]) -> dict[str, Any]:
    """What a request gives, with everything that it names found."""
    values = dict(given)
    user = request.user
    teams = tuple(team_get(user=user, slug=slug) for slug in values.pop("teams", ()))
    tags = tuple(values.pop("tags", ()))
    repositories = tuple(
        repository_get(user=user, slug=slug) for slug in values.pop("repositories", ())
    )
    if "scope" in values:
        values["scope"] = Scope(values["scope"], teams, tags, repositories)
    if "rules" in values:
        values["codes"] = values.pop("rules")
    if "owner" in values:
        values["owner"] = user_get_by_email(email=values["owner"])
    return values
