"""The history of a repository over the API."""

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.response import Response

from django.urls import reverse

from apps.accounts.models import TokenScope
from apps.accounts.permissions import ScopedView, SignedInApiRequest
from apps.repositories.models import LONGEST_HISTORY
from apps.repositories.selectors import repository_get
from apps.scans.api import ScanErrorSerializer, scan_path
from apps.scans.backfills import BackfillProgress, Month, backfill_progress
from apps.scans.models import Backfill, BackfillState
from apps.scans.services import backfill_cancel, backfill_request
from core.exceptions import NotFound


class BackfillRequestSerializer(serializers.Serializer[Backfill]):
    """How far to go back."""

    months = serializers.IntegerField(
        min_value=1,
        max_value=LONGEST_HISTORY,
        required=False,
        allow_null=True,
        default=None,
        help_text="By default as the installation is set.",
    )


class MonthSerializer(serializers.Serializer[Month]):
    """A commit that stands for a month, and what came of it."""

    commit = serializers.CharField()
    at = serializers.DateTimeField(help_text="When the commit was made, as far as it says so.")
    state = serializers.CharField(help_text="As a scan's; blank while its turn has not come.")
    score = serializers.DecimalField(
        source="scan.score",
        max_digits=5,
        decimal_places=2,
        coerce_to_string=False,
        allow_null=True,
        default=None,
    )
    scan = serializers.SerializerMethodField()

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_scan(self, month: Month) -> str | None:
        """Give the path of its scan in the API."""
        return scan_path(month.scan) if month.scan else None


class BackfillSerializer(serializers.Serializer[BackfillProgress]):
    """How far the judgement of a repository's last months is."""

    repository = serializers.SlugField(source="backfill.repository.slug")
    months_wanted = serializers.IntegerField(source="backfill.months")
    state = serializers.ChoiceField(source="backfill.state", choices=BackfillState.choices)
    months_over = serializers.IntegerField(source="over")
    months_failed = serializers.SerializerMethodField()
    months = MonthSerializer(many=True, help_text="Oldest first; empty while they are not known.")
    error = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField(source="backfill.created_at")
    started_at = serializers.DateTimeField(source="backfill.started_at", allow_null=True)
    finished_at = serializers.DateTimeField(source="backfill.finished_at", allow_null=True)

    @extend_schema_field(serializers.IntegerField())
    def get_months_failed(self, progress: BackfillProgress) -> int:
        """Count the months that could not be judged."""
        return len(progress.failed)

    @extend_schema_field(ScanErrorSerializer(allow_null=True))
    def get_error(self, progress: BackfillProgress) -> dict[str, str] | None:
        """Give the reason of a failure."""
        backfill = progress.backfill
        if not backfill.error_code:
            return None
        return {
            "code": backfill.error_code,
            "text": backfill.error_text,
            "remedy": backfill.error_remedy,
        }


@extend_schema(tags=["scans"])
class BackfillView(ScopedView):
    """The history of a repository: its newest backfill."""

    read_scope = TokenScope.SCAN_READ
    write_scope = TokenScope.SCAN_WRITE
    write_throttle = "scan"

    @extend_schema(operation_id="backfill_get", responses=BackfillSerializer)
    def get(self, request: SignedInApiRequest, slug: str) -> Response:
        """Show how far it is."""
        return Response(BackfillSerializer(self._progress(request, slug)).data)

    @extend_schema(
        operation_id="backfill_request",
        request=BackfillRequestSerializer,
        responses={202: BackfillSerializer},
    )
    def post(self, request: SignedInApiRequest, slug: str) -> Response:
        """Ask for the judgement of the last months; while that is at work, it is given, made longer if need be."""
        wanted = BackfillRequestSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        backfill_request(
            repository=repository_get(user=request.user, slug=slug),
            months=wanted.validated_data["months"],
            requested_by=request.user,
        )
        return Response(
            BackfillSerializer(self._progress(request, slug)).data,
            status=status.HTTP_202_ACCEPTED,
            headers={"Location": reverse("api:repository-backfill", args=[slug])},
        )

    @extend_schema(operation_id="backfill_cancel", responses=BackfillSerializer)
    def delete(self, request: SignedInApiRequest, slug: str) -> Response:
        """End it; the months that are judged stay."""
        progress = self._progress(request, slug)
        backfill_cancel(backfill=progress.backfill, actor=request.user)
        return Response(BackfillSerializer(self._progress(request, slug)).data)

    def _progress(self, request: SignedInApiRequest, slug: str) -> BackfillProgress:
        progress = backfill_progress(repository_get(user=request.user, slug=slug))
        if progress is None:
            raise NotFound(
                "Nobody has asked for the history of this repository.", code="no_backfill"
            )
        return progress
