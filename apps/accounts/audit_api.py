"""The audit log over the API."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.response import Response

from django.db.models import QuerySet

from apps.accounts.audit_words import detail_lines
from apps.accounts.models import AuditEvent, TokenScope
from apps.accounts.permissions import ScopedView, SignedInApiRequest
from apps.accounts.selectors import audit_list


class AuditEventSerializer(serializers.ModelSerializer[AuditEvent]):
    """One act: who did what to what, and when."""

    actor = serializers.CharField(
        source="actor_name", read_only=True, help_text="Blank for Plumbline itself."
    )
    told = serializers.SerializerMethodField(help_text="The detail in sentences.")

    class Meta:
        model = AuditEvent
        fields = ("id", "created_at", "actor", "action", "target", "detail", "told")
        read_only_fields = fields

    def get_told(self, event: AuditEvent) -> list[str]:
        """Give a sentence for each thing."""
        return detail_lines(event.detail)


class AuditFilterSerializer(serializers.Serializer[Any]):
    """Which events."""

    actor = serializers.CharField(max_length=254, required=False)
    action = serializers.CharField(max_length=64, required=False)
    target = serializers.CharField(max_length=200, required=False)
    since = serializers.DateTimeField(required=False)
    until = serializers.DateTimeField(required=False)


@extend_schema(tags=["audit"])
class AuditEventListView(ScopedView, GenericAPIView[AuditEvent]):
    """What was done."""

    read_scope = TokenScope.AUDIT_READ
    serializer_class = AuditEventSerializer

    def get_queryset(self) -> QuerySet[AuditEvent]:
        """Those that the address asks for."""
        asked = AuditFilterSerializer(data=self.request.query_params)
        asked.is_valid(raise_exception=True)
        return audit_list(user=self.request.user, **asked.validated_data)

    @extend_schema(
        operation_id="audit_event_list",
        parameters=[
            OpenApiParameter("actor", OpenApiTypes.STR, description="An address, or part of one."),
            OpenApiParameter(
                "action", OpenApiTypes.STR, description="`policy.publish`, or `policy` for all."
            ),
            OpenApiParameter(
                "target", OpenApiTypes.STR, description="`repository:shop`, or `shop` for any."
            ),
            OpenApiParameter("since", OpenApiTypes.DATETIME),
            OpenApiParameter("until", OpenApiTypes.DATETIME),
        ],
    )
    def get(self, request: SignedInApiRequest) -> Response:
        """List them, newest first; for administrators and who has the permission."""
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(self.get_serializer(page, many=True).data)
