"""Scans and their results over the API."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.generics import GenericAPIView
from rest_framework.response import Response

from django.db.models import QuerySet
from django.urls import reverse

from apps.accounts.models import TokenScope
from apps.accounts.permissions import ScopedView, SignedInApiRequest
from apps.repositories.models import Repository
from apps.repositories.selectors import repository_get
from apps.scans.activity import scan_get_for_cancel
from apps.scans.exceptions import ResultsForgotten
from apps.scans.models import (
    LintReport,
    MigrationReport,
    MigrationState,
    RuleResult,
    Scan,
    ScanLogEntry,
    Trigger,
)
from apps.scans.selectors import (
    lint_of,
    log_list,
    migrations_of,
    result_list,
    results_are_forgotten,
    scan_get,
    scan_latest,
    scan_list,
)
from apps.scans.services import scan_cancel, scan_request
from core.exceptions import NotFound
from core.pagination import NewestFirstPagination
from plumbline.linting.names import rule_title
from plumbline.linting.profile import FAMILIES
from plumbline.linting.results import CodeCount, FamilyResult


class ScanErrorSerializer(serializers.Serializer[dict[str, str]]):
    """Why a scan failed, and what to do."""

    code = serializers.CharField()
    text = serializers.CharField()
    remedy = serializers.CharField()


class ScanSerializer(serializers.ModelSerializer[Scan]):
    """One judgement of one commit. Times are UTC, timings seconds, the score 0 to 100."""

    repository = serializers.SlugField(source="repository.slug")
    score = serializers.DecimalField(
        max_digits=5, decimal_places=2, coerce_to_string=False, allow_null=True
    )
    timings = serializers.DictField(child=serializers.FloatField())
    counts = serializers.DictField(
        child=serializers.IntegerField(),
        help_text="Outlines and lints wanted, those of them that were unseen, and bytes.",
    )
    facts = serializers.DictField(child=serializers.CharField())
    replaced_by = serializers.SlugRelatedField[Scan](
        slug_field="public_id",
        read_only=True,
        help_text="The scan that took the place of a superseded one.",
    )
    error = serializers.SerializerMethodField(
        help_text="Why it failed; while it is queued again, why its last attempt did."
    )
    url = serializers.SerializerMethodField()

    class Meta:
        model = Scan
        fields = (
            *("public_id", "url", "repository", "ref", "commit", "state", "trigger", "lane"),
            *("phase", "attempt", "available_at", "replaced_by"),
            *("files_done", "files_total", "score", "standing", "evaluated", "applicable"),
            *("files_read", "files_excluded", "empty", "empty_reason", "error"),
            *("ruleset", "extractor", "engine", "timings", "counts", "facts"),
            *("created_at", "started_at", "finished_at"),
        )
        read_only_fields = fields

    @extend_schema_field(ScanErrorSerializer(allow_null=True))
    def get_error(self, scan: Scan) -> dict[str, str] | None:
        """Give the reason of a failure."""
        if not scan.error_code:
            return None
        return {"code": scan.error_code, "text": scan.error_text, "remedy": scan.error_remedy}

    def get_url(self, scan: Scan) -> str:
        """Give the path of this scan in the API."""
        return scan_path(scan)


class ScanRequestSerializer(serializers.Serializer[Scan]):
    """Which branch to judge."""

    ref = serializers.CharField(
        max_length=255,
        required=False,
        allow_blank=True,
        default="",
        help_text="A branch; blank is the watched one, the only one that changes the scorecard.",
    )


class RuleResultSerializer(serializers.ModelSerializer[RuleResult]):
    """What one rule said. ``share`` is the part of its subjects that is in order, 0 to 1."""

    share = serializers.FloatField(allow_null=True)

    class Meta:
        model = RuleResult
        fields = (
            *("code", "level", "preview", "state", "subjects", "violations", "suppressed"),
            *("waived", "share", "weight", "evidence", "version"),
        )
        read_only_fields = fields


class CodeCountSerializer(serializers.Serializer[Any]):
    """How often a rule of ruff is violated, and in how many files."""

    code = serializers.CharField()
    title = serializers.SerializerMethodField(help_text="The rule's name in words.")
    count = serializers.IntegerField()
    files = serializers.IntegerField()

    def get_title(self, row: CodeCount) -> str:
        """Give the rule's name in words."""
        return rule_title(row.code)


class FileCountSerializer(serializers.Serializer[Any]):
    """How many violations there are in a file."""

    path = serializers.CharField()
    count = serializers.IntegerField()


class NotLintedSerializer(serializers.Serializer[Any]):
    """A file about which ruff says nothing, and why."""

    path = serializers.CharField()
    reason = serializers.CharField()


class LintFamilySerializer(serializers.Serializer[Any]):
    """A family of rules: of how many files it was asked, and how many of them are clean."""

    family = serializers.CharField(help_text="The prefix of its codes.")
    title = serializers.SerializerMethodField(help_text="The linter that it comes from.")
    files = serializers.IntegerField()
    clean = serializers.IntegerField()
    share = serializers.FloatField(allow_null=True, help_text="Clean part of the files, 0 to 1.")
    count = serializers.IntegerField(help_text="Violations.")
    codes = CodeCountSerializer(many=True)
    worst = FileCountSerializer(many=True)

    def get_title(self, row: FamilyResult) -> str:
        """Give the linter that the family comes from."""
        return FAMILIES.get(row.family, row.family)


class LintSerializer(serializers.Serializer[LintReport]):
    """What the bundled ruff says of a commit by Plumbline's configuration. It is no part of the score."""

    commit = serializers.CharField(source="scan.commit")
    problem = serializers.CharField(help_text="Why ruff could not be run; usually blank.")
    ruff = serializers.CharField(source="result.ruff", default="", help_text="Its version.")
    files = serializers.IntegerField(source="result.files", default=0, help_text="Files linted.")
    families = LintFamilySerializer(source="result.families", many=True, default=list)
    worst = FileCountSerializer(source="result.worst", many=True, default=list)
    unlinted = serializers.IntegerField(source="result.unlinted", default=0)
    not_linted = NotLintedSerializer(
        source="result.not_linted", many=True, default=list, help_text="At most a hundred."
    )


class MigrationFindingSerializer(serializers.Serializer[Any]):
    """What Squawk says of the SQL of an operation."""

    path = serializers.CharField()
    line = serializers.IntegerField()
    operation = serializers.CharField(help_text="The kind of the operation, such as `AddField`.")
    rule = serializers.CharField()
    message = serializers.CharField()


class MigrationRuleSerializer(serializers.Serializer[Any]):
    """How often Squawk names a rule, and in how many migrations."""

    rule = serializers.CharField()
    count = serializers.IntegerField()
    migrations = serializers.IntegerField()


class OpaqueReasonSerializer(serializers.Serializer[Any]):
    """Why no SQL was made of operations, and of how many."""

    reason = serializers.CharField()
    count = serializers.IntegerField()
    kinds = serializers.ListField(
        child=serializers.CharField(), help_text="The most frequent kinds of operation."
    )


class MigrationSqlSerializer(serializers.Serializer[MigrationReport]):
    """What Squawk finds in the SQL that the migrations of a commit amount to. It is no part of the score."""

    commit = serializers.CharField(source="scan.commit")
    state = serializers.ChoiceField(
        choices=MigrationState.choices, help_text="Only `linted` comes with figures."
    )
    problem = serializers.CharField(source="reason", help_text="Why it failed; usually blank.")
    squawk = serializers.CharField(source="result.squawk", default="", help_text="Its version.")
    migrations = serializers.IntegerField(source="result.migrations", default=0)
    linted = serializers.IntegerField(
        source="result.linted",
        default=0,
        help_text="Migrations that change tables which may hold rows.",
    )
    rebuilt = serializers.IntegerField(
        source="result.rebuilt", default=0, help_text="Operations of which SQL was made."
    )
    opaque = serializers.IntegerField(
        source="result.opaque", default=0, help_text="Operations of which none could be made."
    )
    statements = serializers.IntegerField(source="result.statements", default=0)
    found = serializers.IntegerField(
        source="result.found", default=0, help_text="All findings, of which at most 500 are listed."
    )
    reasons = OpaqueReasonSerializer(source="result.reasons", many=True, default=list)
    rules = MigrationRuleSerializer(source="result.rules", many=True, default=list)
    findings = MigrationFindingSerializer(source="result.findings", many=True, default=list)
    worst = FileCountSerializer(source="result.worst", many=True, default=list)
    unlinted = serializers.IntegerField(source="result.unlinted", default=0)
    not_linted = NotLintedSerializer(
        source="result.not_linted", many=True, default=list, help_text="At most fifty."
    )


class ScanLogSerializer(serializers.ModelSerializer[ScanLogEntry]):
    """One thing that happened to a scan."""

    facts = serializers.DictField(help_text="The figures in the text, by kind of entry.")

    class Meta:
        model = ScanLogEntry
        fields = ("at", "kind", "text", "facts")
        read_only_fields = fields


class LogPagination(NewestFirstPagination):
    """A log is read from its beginning."""

    ordering = "id"
    page_size = 200


class ResultPagination(NewestFirstPagination):
    """Results come by the code of their rule."""

    ordering = "code"
    page_size = 200


def scan_path(scan: Scan) -> str:
    """The path of a scan in the API."""
    return reverse("api:scan", args=[scan.public_id])


@extend_schema(tags=["scans"])
class RepositoryScanListView(ScopedView, GenericAPIView[Scan]):
    """The scans of a repository."""

    read_scope = TokenScope.SCAN_READ
    write_scope = TokenScope.SCAN_WRITE
    write_throttle = "scan"
    serializer_class = ScanSerializer
    filterset_fields = ("state", "trigger", "commit", "ref")

    def get_queryset(self) -> QuerySet[Scan]:
        """Those of the repository that the address names."""
        repository = repository_get(user=self.request.user, slug=self.kwargs["slug"])
        return scan_list(user=self.request.user, repository=repository)

    @extend_schema(operation_id="scan_list")
    def get(self, request: SignedInApiRequest, slug: str) -> Response:
        """List them, newest first."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(
        operation_id="scan_request",
        request=ScanRequestSerializer,
        responses={202: ScanSerializer},
    )
    def post(self, request: SignedInApiRequest, slug: str) -> Response:
        """Ask for a scan; while one waits, that one is given."""
        repository = repository_get(user=request.user, slug=slug)
        wanted = ScanRequestSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        scan = scan_request(
            repository=repository,
            trigger=Trigger.API,
            ref=wanted.validated_data["ref"],
            requested_by=request.user,
        )
        return Response(
            ScanSerializer(scan).data,
            status=status.HTTP_202_ACCEPTED,
            headers={"Location": scan_path(scan)},
        )


@extend_schema(tags=["scans"])
class ScanView(ScopedView):
    """One scan."""

    read_scope = TokenScope.SCAN_READ

    @extend_schema(operation_id="scan_get", responses=ScanSerializer)
    def get(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        """Show how far it is, or what came of it."""
        return Response(ScanSerializer(scan_get(user=request.user, public_id=public_id)).data)


@extend_schema(tags=["scans"])
class ScanCancelView(ScopedView):
    """The end of a scan before its time."""

    write_scope = TokenScope.SCAN_WRITE
    write_throttle = "scan"

    @extend_schema(operation_id="scan_cancel", request=None, responses=ScanSerializer)
    def post(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        """Cancel a scan that waits or runs; one that has ended answers 409."""
        scan = scan_get_for_cancel(user=request.user, public_id=public_id)
        scan_cancel(scan=scan, actor=request.user)
        return Response(ScanSerializer(scan_get(user=request.user, public_id=public_id)).data)


@extend_schema(tags=["scans"])
class ScanLogView(ScopedView, GenericAPIView[ScanLogEntry]):
    """What happened to one scan."""

    read_scope = TokenScope.SCAN_READ
    serializer_class = ScanLogSerializer
    pagination_class = LogPagination

    def get_queryset(self) -> QuerySet[ScanLogEntry]:
        """That of the scan that the address names."""
        return log_list(scan_get(user=self.request.user, public_id=self.kwargs["public_id"]))

    @extend_schema(operation_id="scan_log_list")
    def get(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        """List it, the oldest entry first."""
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(self.get_serializer(page, many=True).data)


class _ResultListView(ScopedView, GenericAPIView[RuleResult]):
    read_scope = TokenScope.SCAN_READ
    serializer_class = RuleResultSerializer
    pagination_class = ResultPagination
    filterset_fields = ("state", "level", "preview")

    def respond(self) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)


@extend_schema(tags=["scans"])
class ScanResultListView(_ResultListView):
    """The rule results of one scan."""

    def get_queryset(self) -> QuerySet[RuleResult]:
        """Those of the scan that the address names."""
        scan = scan_get(user=self.request.user, public_id=self.kwargs["public_id"])
        if results_are_forgotten(scan):
            raise ResultsForgotten
        return result_list(scan)

    @extend_schema(operation_id="scan_result_list")
    def get(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        """List them by rule."""
        return self.respond()


@extend_schema(tags=["scans"])
class RepositoryResultListView(_ResultListView):
    """The rule results of a repository's newest finished scan."""

    def get_queryset(self) -> QuerySet[RuleResult]:
        """Those of the newest scan of the watched branch."""
        return result_list(
            _latest(repository_get(user=self.request.user, slug=self.kwargs["slug"]))
        )

    @extend_schema(operation_id="repository_result_list")
    def get(self, request: SignedInApiRequest, slug: str) -> Response:
        """List them by rule."""
        return self.respond()


@extend_schema(tags=["scans"])
class ScanLintView(ScopedView):
    """What ruff says of the commit of one scan."""

    read_scope = TokenScope.SCAN_READ

    @extend_schema(operation_id="scan_lint_get", responses=LintSerializer)
    def get(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        """Show it, family by family."""
        return _lint_respond(scan_get(user=request.user, public_id=public_id))


@extend_schema(tags=["scans"])
class RepositoryLintView(ScopedView):
    """What ruff says of a repository's newest judged commit."""

    read_scope = TokenScope.SCAN_READ

    @extend_schema(operation_id="repository_lint_get", responses=LintSerializer)
    def get(self, request: SignedInApiRequest, slug: str) -> Response:
        """Show it, family by family."""
        return _lint_respond(_latest(repository_get(user=request.user, slug=slug)))


@extend_schema(tags=["scans"])
class ScanMigrationsView(ScopedView):
    """What Squawk finds in the migrations of one scan's commit."""

    read_scope = TokenScope.SCAN_READ

    @extend_schema(operation_id="scan_migrations_get", responses=MigrationSqlSerializer)
    def get(self, request: SignedInApiRequest, public_id: UUID) -> Response:
        """Show it, with the findings by rule."""
        return _migrations_respond(scan_get(user=request.user, public_id=public_id))


@extend_schema(tags=["scans"])
class RepositoryMigrationsView(ScopedView):
    """What Squawk finds in the migrations of a repository's newest judged commit."""

    read_scope = TokenScope.SCAN_READ

    @extend_schema(operation_id="repository_migrations_get", responses=MigrationSqlSerializer)
    def get(self, request: SignedInApiRequest, slug: str) -> Response:
        """Show it, with the findings by rule."""
        return _migrations_respond(_latest(repository_get(user=request.user, slug=slug)))


def _latest(repository: Repository) -> Scan:
    scan = scan_latest(repository)
    if scan is None:
        raise NotFound("No scan of this repository has finished yet.", code="no_scan")
    return scan


def _lint_respond(scan: Scan) -> Response:
    report = lint_of(scan)
    if report is None:
        raise NotFound("Ruff has not looked at this commit yet.", code="no_lint")
    return Response(LintSerializer(report).data)


def _migrations_respond(scan: Scan) -> Response:
    report = migrations_of(scan)
    if report is None:
        raise NotFound("Nobody has looked at the migrations of this commit yet.", code="no_lint")
    return Response(MigrationSqlSerializer(report).data)
