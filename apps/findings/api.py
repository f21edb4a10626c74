"""Findings over the API."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from django.db.models import QuerySet

from apps.accounts.models import TokenScope
from apps.accounts.permissions import ScopedView
from apps.findings.choices import FindingState
from apps.findings.models import Finding, FindingEvent, FindingPatch
from apps.findings.selectors import finding_get, finding_history, finding_list, patch_of
from apps.findings.services import patch_request
from apps.repositories.selectors import repository_get
from core.exceptions import NotFound


class FindingSerializer(serializers.ModelSerializer[Finding]):
    """A violation at a place; lines and columns count from 1."""

    class Meta:
        model = Finding
        fields: tuple[str, ...] = (
            *("id", "fingerprint", "code", "level", "preview", "state", "path", "line", "column"),
            *("end_line", "symbol", "message", "fix", "suppressed_reason"),
            *("snippet", "snippet_start", "first_seen_at", "first_seen_commit", "introduced_by"),
            *("last_seen_at", "last_seen_commit", "fixed_at", "reopened_at", "waiver"),
        )
        read_only_fields = fields


class FindingEventSerializer(serializers.ModelSerializer[FindingEvent]):
    """One thing that happened to a finding. ``was`` is the place before a move or an edit."""

    scan = serializers.UUIDField(source="scan.public_id", default=None, read_only=True)

    class Meta:
        model = FindingEvent
        fields = ("kind", "cause", "at", "commit", "scan", "waiver", "was")
        read_only_fields = fields


class FindingDetailSerializer(FindingSerializer):
    """A violation with everything that ever happened to it, oldest first."""

    repository = serializers.SlugField(source="repository.slug", read_only=True)
    events = serializers.SerializerMethodField()

    class Meta(FindingSerializer.Meta):
        fields = (*FindingSerializer.Meta.fields, "repository", "events")
        read_only_fields = fields

    @extend_schema_field(FindingEventSerializer(many=True))
    def get_events(self, finding: Finding) -> Any:  # noqa: ANN401 - what a serializer gives
        """Give the log of this finding."""
        return FindingEventSerializer(finding_history(finding), many=True).data


@extend_schema(tags=["findings"])
class FindingView(ScopedView):
    """A finding, by an address that outlives renames."""

    read_scope = TokenScope.FINDING_READ

    @extend_schema(operation_id="finding_get", responses=FindingDetailSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """Show it with its history."""
        finding = finding_get(user=request.user, pk=pk)
        return Response(FindingDetailSerializer(finding).data)


@extend_schema(tags=["findings"])
class RepositoryFindingListView(ScopedView, GenericAPIView[Finding]):
    """The findings of a repository."""

    read_scope = TokenScope.FINDING_READ
    serializer_class = FindingSerializer
    filterset_fields = ("code", "level", "preview", "path")

    def get_queryset(self) -> QuerySet[Finding]:
        """Those of the repository that the address names, in the state that is asked for."""
        state = self.request.query_params.get("state", FindingState.OPEN)
        return finding_list(
            user=self.request.user,
            repository=repository_get(user=self.request.user, slug=self.kwargs["slug"]),
            state=None if state == "all" else state,
        )

    @extend_schema(
        operation_id="finding_list",
        parameters=[
            OpenApiParameter(
                "state",
                OpenApiTypes.STR,
                enum=[*FindingState.values, "all"],
                default=FindingState.OPEN.value,
            )
        ],
    )
    def get(self, request: Request, slug: str) -> Response:
        """List them, the open ones unless another state is asked for."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)


class FindingPatchSerializer(serializers.ModelSerializer[FindingPatch]):
    """The patch of a finding. Only a verified one has a ``diff``; a failed one says why in ``reason``."""

    class Meta:
        model = FindingPatch
        fields = ("state", "commit", "diff", "reason", "asked_at", "made_at")
        read_only_fields = fields


@extend_schema(tags=["findings"])
class FindingPatchView(ScopedView):
    """The patch of a finding, made and proved by a worker when somebody asks for it."""

    read_scope = TokenScope.FINDING_READ
    write_scope = TokenScope.FINDING_READ
    write_throttle = "scan"

    @extend_schema(operation_id="patch_get", responses=FindingPatchSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """Show it; 404 if nobody has asked for it since the finding or its file changed."""
        patch = patch_of(finding_get(user=request.user, pk=pk))
        if patch is None:
            raise NotFound("Nobody has asked for this patch.", remedy="POST to this address.")
        return Response(FindingPatchSerializer(patch).data)

    @extend_schema(
        operation_id="patch_request", request=None, responses={202: FindingPatchSerializer}
    )
    def post(self, request: Request, pk: int) -> Response:
        """Have it made; what is there already or on its way is given as it is."""
        patch = patch_request(finding=finding_get(user=request.user, pk=pk))
        return Response(FindingPatchSerializer(patch).data, status=status.HTTP_202_ACCEPTED)
