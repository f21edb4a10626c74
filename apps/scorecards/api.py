"""Scorecards and badges over the API."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import AllowAny
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.cache import get_conditional_response

from apps.accounts.models import TokenScope
from apps.accounts.permissions import HasScope, ScopedView
from apps.repositories.models import Repository
from apps.repositories.selectors import repository_get, repository_list
from apps.rulebook.choices import Level, Standing
from apps.scorecards.badge import badge_etag, badge_path, badge_svg
from apps.scorecards.selectors import (
    Scorecard,
    badge_repository,
    fleet_rows,
    repository_scorecard,
    snapshot_latest,
)

BADGE_MAX_AGE = 300


class TaskSerializer(serializers.Serializer[Any]):
    """A rule to bring in order before the repository is plumb."""

    code = serializers.CharField()
    title = serializers.CharField()
    level = serializers.ChoiceField(choices=Level.choices)
    section = serializers.CharField()
    effort = serializers.CharField()
    violations = serializers.IntegerField()
    minutes = serializers.IntegerField(help_text="Roughly, for all of it.")


class SectionSerializer(serializers.Serializer[Any]):
    """How far a section of the guide is followed."""

    name = serializers.CharField()
    score = serializers.FloatField(help_text="By the arithmetic of the whole score, 0 to 100.")
    rules = serializers.IntegerField(help_text="Rules evaluated.")
    failing = serializers.IntegerField(help_text="Rules with open violations.")


class ScorecardSerializer(serializers.Serializer[Scorecard]):
    """Whether a repository complies, and if not what first."""

    repository = serializers.SlugField(source="repository.slug")
    commit = serializers.CharField(source="scan.commit", default="")
    score = serializers.FloatField(allow_null=True, help_text="0 to 100.")
    score_without_waivers = serializers.FloatField(
        allow_null=True, help_text="If nothing were waived or suppressed in the code."
    )
    waived = serializers.IntegerField()
    suppressed = serializers.IntegerField()
    standing = serializers.ChoiceField(choices=Standing.choices, allow_blank=True)
    delta = serializers.FloatField(allow_null=True, help_text="Points against 30 days ago.")
    evaluated = serializers.IntegerField()
    applicable = serializers.IntegerField()
    must_open = serializers.IntegerField()
    should_open = serializers.IntegerField()
    unreadable = serializers.IntegerField()
    tasks = TaskSerializer(many=True)
    sections = SectionSerializer(many=True)
    states = serializers.DictField(child=serializers.IntegerField())
    taken_at = serializers.DateTimeField(allow_null=True)
    badge = serializers.SerializerMethodField(help_text="A public address of the badge.")

    def get_badge(self, card: Scorecard) -> str:
        """Give the badge's address with its key."""
        return badge_path(card.repository)


class ScorecardRowSerializer(serializers.Serializer[Any]):
    """One repository of the fleet in figures."""

    repository = serializers.SlugField(source="slug")
    name = serializers.CharField()
    commit = serializers.CharField()
    score = serializers.FloatField(allow_null=True, help_text="0 to 100.")
    score_without_waivers = serializers.FloatField(
        allow_null=True, help_text="If nothing were waived or suppressed in the code."
    )
    waived = serializers.IntegerField()
    suppressed = serializers.IntegerField()
    standing = serializers.ChoiceField(choices=Standing.choices, allow_blank=True)
    delta = serializers.FloatField(allow_null=True, help_text="Points against 30 days ago.")
    evaluated = serializers.IntegerField()
    applicable = serializers.IntegerField()
    must_open = serializers.IntegerField()
    should_open = serializers.IntegerField()
    tasks_to_plumb = serializers.IntegerField()
    taken_at = serializers.DateTimeField(allow_null=True)
    attention = serializers.CharField(help_text="What somebody should look at; usually blank.")


class SvgRenderer(BaseRenderer):
    """Gives a drawing as it is; what is no drawing (a refusal) becomes an unknown badge."""

    media_type = "image/svg+xml"
    format = "svg"
    charset = "utf-8"

    def render(
        self,
        data: object,
        accepted_media_type: str | None = None,
        renderer_context: object = None,
    ) -> bytes:
        """Encode the drawing."""
        return (data if isinstance(data, str) else badge_svg(None, "")).encode()


@extend_schema(tags=["scorecards"])
class ScorecardListView(ScopedView, GenericAPIView[Repository]):
    """The fleet in figures."""

    read_scope = TokenScope.REPOSITORY_READ
    serializer_class = ScorecardRowSerializer
    filterset_fields = ("provider", "enabled")

    def get_queryset(self) -> QuerySet[Repository]:
        """The repositories that the caller may see."""
        return repository_list(user=self.request.user)

    @extend_schema(operation_id="scorecard_list")
    def get(self, request: Request) -> Response:
        """List the newest figures of each repository, the newest repository first."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        ids = [repository.pk for repository in page]
        found = fleet_rows(user=request.user, repositories=self.get_queryset().filter(pk__in=ids))
        rows = {row.repository_id: row for row in found}
        shown = [rows[pk] for pk in ids if pk in rows]
        return self.get_paginated_response(ScorecardRowSerializer(shown, many=True).data)


@extend_schema(tags=["scorecards"])
class ScorecardView(ScopedView):
    """The scorecard of a repository."""

    read_scope = TokenScope.REPOSITORY_READ

    @extend_schema(operation_id="scorecard_get", responses=ScorecardSerializer)
    def get(self, request: Request, slug: str) -> Response:
        """Show it."""
        card = repository_scorecard(user=request.user, slug=slug)
        return Response(ScorecardSerializer(card).data)


@extend_schema(tags=["scorecards"])
class BadgeView(ScopedView):
    """The badge of a repository: for whoever may see it, and for whoever knows its key."""

    read_scope = TokenScope.REPOSITORY_READ
    renderer_classes = [SvgRenderer]

    def get_permissions(self) -> list[AllowAny | HasScope]:
        """Let a key stand in for a sign-in."""
        return [AllowAny()] if "key" in self.request.query_params else [HasScope()]

    @extend_schema(
        operation_id="badge_get",
        parameters=[
            OpenApiParameter(
                "key", OpenApiTypes.STR, description="From the scorecard; replaces a sign-in."
            )
        ],
        responses={
            (200, "image/svg+xml"): OpenApiTypes.STR,
            304: OpenApiResponse(description="It is as it was."),
        },
    )
    def get(self, request: Request, slug: str) -> HttpResponse:
        """Draw it; the same drawing has the same ETag."""
        key = request.query_params.get("key", "")
        repository = (
            badge_repository(slug=slug, key=key)
            if key
            else repository_get(user=request.user, slug=slug)
        )
        snapshot = snapshot_latest(repository)
        score = float(snapshot.score) if snapshot and snapshot.score is not None else None
        without = snapshot.score_without_waivers if snapshot else None
        svg = badge_svg(
            score,
            snapshot.standing if snapshot else "",
            None if without is None else float(without),
        )
        etag = badge_etag(svg)
        unchanged = get_conditional_response(request, etag=etag)
        response = Response(svg) if unchanged is None else unchanged
        response["ETag"] = etag
        audience = "public" if key else "private"
        response["Cache-Control"] = f"{audience}, max-age={BADGE_MAX_AGE}"
        return response
