"""Findings over the API."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from django.db.models import QuerySet

from apps.accounts.models import TokenScope
from apps.accounts.permissions import ScopedView
from apps.findings.choices import FindingState
from apps.findings.models import Finding
from apps.findings.selectors import finding_list
from apps.repositories.selectors import repository_get


class FindingSerializer(serializers.ModelSerializer[Finding]):
    """A violation at a place; lines and columns count from 1."""

    class Meta:
        model = Finding
        fields = (
            *("fingerprint", "code", "level", "preview", "state", "path", "line", "column"),
            *("end_line", "symbol", "message", "fix", "suppressed_reason"),
            *("snippet", "snippet_start", "first_seen_at", "fixed_at", "reopened_at"),
        )
        read_only_fields = fields


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
