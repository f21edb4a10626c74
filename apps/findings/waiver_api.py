"""Waivers over the API."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.generics import GenericAPIView
from rest_framework.response import Response

from django.db.models import QuerySet

from apps.accounts.models import TokenScope
from apps.accounts.permissions import ScopedView, SignedInApiRequest
from apps.findings.models import Waiver
from apps.findings.selectors import finding_get, waiver_get, waiver_inbox, waiver_list
from apps.findings.services import (
    waiver_approve,
    waiver_decline,
    waiver_request,
    waiver_withdraw,
)
from apps.repositories.selectors import repository_get


class WaiverSerializer(serializers.ModelSerializer[Waiver]):
    """Leave to break a rule for a while. Acts on it name the ``version`` that was looked at."""

    repository = serializers.SlugField(source="repository.slug", read_only=True)
    requested_by = serializers.EmailField(source="requested_by.email", default=None, read_only=True)
    decided_by = serializers.EmailField(source="decided_by.email", default=None, read_only=True)

    class Meta:
        model = Waiver
        fields = (
            *("id", "repository", "scope", "code", "finding", "path_pattern", "reason", "state"),
            *("until", "requested_by", "created_at", "decided_by", "decided_at"),
            *("decision_note", "ended_at", "version"),
        )
        read_only_fields = fields


class WaiverWriteSerializer(serializers.Serializer[Waiver]):
    """What shall be waived: one finding, or a rule, everywhere or under a path."""

    finding = serializers.IntegerField(required=False, allow_null=True, help_text="Its id.")
    code = serializers.CharField(max_length=16, required=False, allow_blank=True)
    path_pattern = serializers.CharField(
        max_length=400, required=False, allow_blank=True, help_text="A glob of paths, or a folder."
    )
    reason = serializers.CharField(max_length=4000)
    until = serializers.DateField(
        required=False, allow_null=True, help_text="By default the last day that is allowed."
    )


class DecisionSerializer(serializers.Serializer[Any]):
    """Whether a waiver shall hold. ``until`` may shorten or lengthen it, within what is allowed."""

    decision = serializers.ChoiceField(choices=["approve", "decline"])
    version = serializers.IntegerField(help_text="Of the waiver that was looked at.")
    note = serializers.CharField(max_length=4000, required=False, allow_blank=True, default="")
    until = serializers.DateField(required=False, allow_null=True, default=None)


class WithdrawalSerializer(serializers.Serializer[Any]):
    """That a waiver or a request is taken back."""

    version = serializers.IntegerField(help_text="Of the waiver that was looked at.")


@extend_schema(tags=["waivers"])
class WaiverListView(ScopedView, GenericAPIView[Waiver]):
    """The waivers of the whole fleet."""

    read_scope = TokenScope.FINDING_READ
    serializer_class = WaiverSerializer
    filterset_fields = ("state", "scope", "code")

    def get_queryset(self) -> QuerySet[Waiver]:
        """All that the caller may see, or those that wait for the caller's decision."""
        if self.request.query_params.get("inbox") == "true":
            return waiver_inbox(user=self.request.user)
        return waiver_list(user=self.request.user)

    @extend_schema(
        operation_id="waiver_list_all",
        parameters=[
            OpenApiParameter(
                "inbox", OpenApiTypes.BOOL, description="Only those that you may decide."
            )
        ],
    )
    def get(self, request: SignedInApiRequest) -> Response:
        """List them, newest first."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)


@extend_schema(tags=["waivers"])
class RepositoryWaiverListView(ScopedView, GenericAPIView[Waiver]):
    """The waivers of a repository."""

    read_scope = TokenScope.FINDING_READ
    write_scope = TokenScope.WAIVER_WRITE
    serializer_class = WaiverSerializer
    filterset_fields = ("state", "scope", "code")

    def get_queryset(self) -> QuerySet[Waiver]:
        """Those of the repository that the address names."""
        repository = repository_get(user=self.request.user, slug=self.kwargs["slug"])
        return waiver_list(user=self.request.user, repository=repository)

    @extend_schema(operation_id="waiver_list")
    def get(self, request: SignedInApiRequest, slug: str) -> Response:
        """List them, newest first."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(
        operation_id="waiver_request",
        request=WaiverWriteSerializer,
        responses={201: WaiverSerializer},
    )
    def post(self, request: SignedInApiRequest, slug: str) -> Response:
        """Ask for one."""
        repository = repository_get(user=request.user, slug=slug)
        asked = WaiverWriteSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        wanted = dict(asked.validated_data)
        pk = wanted.pop("finding", None)
        finding = None if pk is None else finding_get(user=request.user, pk=pk)
        waiver = waiver_request(
            repository=repository, actor=request.user, finding=finding, **wanted
        )
        return Response(WaiverSerializer(waiver).data, status=status.HTTP_201_CREATED)


@extend_schema(tags=["waivers"])
class WaiverView(ScopedView):
    """One waiver."""

    read_scope = TokenScope.FINDING_READ

    @extend_schema(operation_id="waiver_get", responses=WaiverSerializer)
    def get(self, request: SignedInApiRequest, pk: int) -> Response:
        """Show it."""
        return Response(WaiverSerializer(waiver_get(user=request.user, pk=pk)).data)


@extend_schema(tags=["waivers"])
class WaiverDecisionView(ScopedView):
    """The decision on a waiver."""

    write_scope = TokenScope.WAIVER_DECIDE

    @extend_schema(
        operation_id="waiver_decide", request=DecisionSerializer, responses=WaiverSerializer
    )
    def post(self, request: SignedInApiRequest, pk: int) -> Response:
        """Approve or decline it; scores that it changes are changed at once."""
        asked = DecisionSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        wanted = asked.validated_data
        act: dict[str, Any] = {
            "waiver": waiver_get(user=request.user, pk=pk),
            "actor": request.user,
            "version": wanted["version"],
            "note": wanted["note"],
        }
        if wanted["decision"] == "approve":
            waiver = waiver_approve(until=wanted["until"], **act)
        else:
            waiver = waiver_decline(**act)
        return Response(WaiverSerializer(waiver).data)


@extend_schema(tags=["waivers"])
class WaiverWithdrawalView(ScopedView):
    """The end of a waiver before its time."""

    write_scope = TokenScope.WAIVER_WRITE

    @extend_schema(
        operation_id="waiver_withdraw", request=WithdrawalSerializer, responses=WaiverSerializer
    )
    def post(self, request: SignedInApiRequest, pk: int) -> Response:
        """Take a request back, or end an approved waiver."""
        asked = WithdrawalSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        waiver = waiver_withdraw(
            waiver=waiver_get(user=request.user, pk=pk),
            actor=request.user,
            version=asked.validated_data["version"],
        )
        return Response(WaiverSerializer(waiver).data)
