"""Baselines over the API."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from apps.accounts.models import TokenScope
from apps.accounts.permissions import ScopedView, SignedInApiRequest
from apps.findings.selectors import baseline_of, repository_get_for_baseline
from apps.findings.services import repository_baseline_set
from apps.repositories.selectors import repository_get


class BaselineSerializer(serializers.Serializer[Any]):
    """From when on what comes with the code is new."""

    baseline_at = serializers.DateTimeField(
        allow_null=True, help_text="Null stands for the first judgement."
    )


class BaselineWriteSerializer(serializers.Serializer[Any]):
    """To when the baseline moves, and why."""

    at = serializers.DateTimeField(required=False, allow_null=True, help_text="By default now.")
    reason = serializers.CharField(max_length=2000)


@extend_schema(tags=["findings"])
class BaselineView(ScopedView):
    """The baseline of a repository, which tells *leaning* from *off*."""

    read_scope = TokenScope.FINDING_READ
    write_scope = TokenScope.WAIVER_DECIDE

    @extend_schema(operation_id="baseline_get", responses=BaselineSerializer)
    def get(self, request: SignedInApiRequest, slug: str) -> Response:
        """Show it."""
        repository = repository_get(user=request.user, slug=slug)
        return Response({"baseline_at": baseline_of(repository)})

    @extend_schema(
        operation_id="baseline_set", request=BaselineWriteSerializer, responses=BaselineSerializer
    )
    def post(self, request: SignedInApiRequest, slug: str) -> Response:
        """Move it forward: what is there by then is new no more."""
        repository = repository_get_for_baseline(user=request.user, slug=slug)
        given = BaselineWriteSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        judgement = repository_baseline_set(
            repository=repository, actor=request.user, **given.validated_data
        )
        return Response({"baseline_at": judgement.baseline_at})
