"""Scans, what they found, what they cost, and the deliveries that asked for them."""

import uuid

import msgspec

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.functional import cached_property

from apps.findings.migration_results import MigrationSummary
from apps.repositories.models import LONGEST_HISTORY
from apps.rulebook.choices import Level, RuleState, Standing
from core.models import Record
from plumbline.linting.results import Lint


class ScanState(models.TextChoices):
    """Where a scan is in its life; the row, not the broker, is the truth."""

    QUEUED = "queued", "queued"
    RUNNING = "running", "running"
    DONE = "done", "done"
    FAILED = "failed", "failed"
    DEAD = "dead", "given up"
    CANCELLED = "cancelled", "cancelled"
    SUPERSEDED = "superseded", "superseded"


# Nothing happens to a scan in one of these any more.
ENDED = (
    ScanState.DONE,
    ScanState.FAILED,
    ScanState.DEAD,
    ScanState.CANCELLED,
    ScanState.SUPERSEDED,
)
ATTEMPTS = 3


class Trigger(models.TextChoices):
    """Why a scan was asked for."""

    REGISTER = "register", "registration"
    WEBHOOK = "webhook", "push"
    API = "api", "API"
    SCHEDULE = "schedule", "schedule"
    MANUAL = "manual", "by hand"
    UP = "up", "first start"
    BACKFILL = "backfill", "history"


class Lane(models.TextChoices):
    """How urgent a scan is: who waits for it, and so which workers take it."""

    INTERACTIVE = "interactive", "somebody waits for it"
    BULK = "bulk", "one of many"
    BACKFILL = "backfill", "history"


class Phase(models.TextChoices):
    """What a scan is doing now."""

    QUEUED = "queued", "waiting for a worker"
    FETCH = "fetch", "fetching the commit"
    LIST = "list", "listing files"
    READ = "read", "reading files"
    EXTRACT = "extract", "outlining files"
    EVALUATE = "evaluate", "applying the rules"
    LINT = "lint", "running ruff"
    SQL = "sql", "linting the SQL of migrations"
    RECORD = "record", "recording results"
    DONE = "done", "finished"


class Scan(Record):
    """One judgement of one repository, from the request to the recorded result."""

    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    ref = models.CharField(max_length=255, blank=True)
    commit = models.CharField(max_length=64, blank=True)
    as_of = models.DateTimeField(
        null=True,
        blank=True,
        help_text="The time of which it judges a commit of the past; blank for what is newest.",
    )
    ruleset = models.CharField(max_length=80, blank=True)
    extractor = models.CharField(max_length=64, blank=True)
    engine = models.CharField(max_length=32, blank=True)
    state = models.CharField(max_length=10, choices=ScanState, default=ScanState.QUEUED)
    trigger = models.CharField(max_length=8, choices=Trigger)
    lane = models.CharField(max_length=11, choices=Lane, default=Lane.INTERACTIVE)
    attempt = models.PositiveSmallIntegerField(default=0)
    fence = models.PositiveBigIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    available_at = models.DateTimeField(default=timezone.now)
    enqueued_at = models.DateTimeField(default=timezone.now, help_text="When it was asked for.")
    announced_at = models.DateTimeField(
        null=True, blank=True, help_text="When the workers were last told that it waits."
    )
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    phase = models.CharField(max_length=8, choices=Phase, default=Phase.QUEUED)
    files_total = models.PositiveIntegerField(default=0)
    files_done = models.PositiveIntegerField(default=0)
    error_code = models.CharField(max_length=64, blank=True)
    error_text = models.TextField(blank=True)
    error_remedy = models.TextField(blank=True)
    empty = models.BooleanField(default=False)
    empty_reason = models.TextField(blank=True)
    score = models.DecimalField(
        max_digits=5,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
    )
    score_without_waivers = models.DecimalField(
        max_digits=5,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
        help_text="What the score would be if nothing were waived or suppressed in the code.",
    )
    waived = models.PositiveIntegerField(default=0)
    suppressed = models.PositiveIntegerField(default=0)
    standing = models.CharField(max_length=8, choices=Standing, blank=True)
    evaluated = models.PositiveIntegerField(default=0)
    applicable = models.PositiveIntegerField(default=0)
    files_read = models.PositiveIntegerField(default=0)
    files_excluded = models.PositiveIntegerField(default=0)
    timings = models.JSONField(default=dict, help_text="Seconds by phase.")
    counts = models.JSONField(
        default=dict,
        help_text="What was needed and what of it was unseen, as `apps.scans.pipeline.heartbeat.Progress`.",
    )
    facts = models.JSONField(default=dict)
    valid_until = models.DateField(
        null=True,
        blank=True,
        help_text="The last day on which the same commit gives this verdict: a suppression ends after it.",
    )

    repository = models.ForeignKey(
        "repositories.Repository", on_delete=models.CASCADE, related_name="scans"
    )
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="requested_scans",
    )
    same_as = models.ForeignKey(
        "self",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="repeats",
        help_text="The earlier scan of the same commit whose rule results this one shares.",
    )
    backfill = models.ForeignKey(
        "scans.Backfill",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="scans",
        help_text="What asked for a scan of the past.",
    )

    replaced_by = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="replaces",
        help_text="The newer scan of the same branch that runs instead of a superseded one.",
    )

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=["repository", "ref"],
                condition=Q(state="queued", as_of__isnull=True),
                name="scan_one_queued_per_repository_and_ref",
            ),
            models.UniqueConstraint(
                fields=["repository"],
                condition=Q(state="running", as_of__isnull=True),
                name="scan_one_running_per_repository",
            ),
            models.UniqueConstraint(
                fields=["repository"],
                condition=Q(state__in=["queued", "running"], as_of__isnull=False),
                name="scan_one_of_the_past_at_a_time",
            ),
            models.UniqueConstraint(
                fields=["repository", "commit"],
                condition=Q(state="done", as_of__isnull=False),
                name="scan_one_result_per_commit_of_the_past",
            ),
            models.UniqueConstraint(
                fields=["repository", "commit", "ruleset", "extractor", "valid_until"],
                condition=Q(state="done", same_as__isnull=True, as_of__isnull=True),
                nulls_distinct=False,
                name="scan_one_result_per_commit_and_ruleset",
            ),
            models.CheckConstraint(
                condition=Q(state__in=ScanState.values), name="scan_state_is_known"
            ),
            models.CheckConstraint(condition=Q(lane__in=Lane.values), name="scan_lane_is_known"),
            models.CheckConstraint(
                condition=Q(as_of__isnull=True)
                | (Q(lane="backfill", ref="", same_as__isnull=True) & ~Q(commit="")),
                name="scan_of_the_past_names_its_commit",
            ),
            models.CheckConstraint(
                condition=Q(state="running", lease_until__isnull=False, attempt__gte=1)
                | (~Q(state="running") & Q(lease_until__isnull=True)),
                name="scan_running_has_a_lease",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["queued", "running"], finished_at__isnull=True)
                | (~Q(state__in=["queued", "running"]) & Q(finished_at__isnull=False)),
                name="scan_ended_has_a_time",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["failed", "dead"]) | ~Q(error_code=""),
                name="scan_failed_has_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(attempt__lte=ATTEMPTS), name="scan_has_few_attempts"
            ),
            models.CheckConstraint(
                condition=Q(score__isnull=True) | Q(score__range=(0, 100)),
                name="scan_score_is_a_percentage",
            ),
        )
        indexes = (
            models.Index(fields=["repository", "-id"], name="scan_by_repository"),
            models.Index(
                fields=["state", "lane", "announced_at"],
                condition=Q(state__in=["queued", "running"]),
                name="scan_unfinished",
            ),
            models.Index(
                fields=["-finished_at", "-id"],
                condition=Q(finished_at__isnull=False),
                name="scan_by_end",
            ),
            models.Index(
                fields=["error_code", "-finished_at"],
                condition=Q(state__in=["failed", "dead"]),
                name="scan_failed_by_code",
            ),
        )

    def __str__(self) -> str:
        return f"scan {self.public_id} ({self.state})"

    @property
    def is_finished(self) -> bool:
        """Whether nothing more will happen to this scan by itself."""
        return self.state in ENDED

    @property
    def is_postponed(self) -> bool:
        """Whether it waits for another attempt; the error says what went wrong in the last one."""
        return self.state == ScanState.QUEUED and self.attempt > 0

    @property
    def is_current(self) -> bool:
        """Whether it says how the repository's watched branch is now."""
        return not self.ref and self.as_of is None

    @property
    def duration(self) -> float | None:
        """Seconds from start to end, while both are known."""
        if self.started_at is None or self.finished_at is None:
            return None
        return (self.finished_at - self.started_at).total_seconds()

    @property
    def share_done(self) -> float:
        """Part of the files that has been dealt with, 0 to 1."""
        return min(self.files_done / self.files_total, 1.0) if self.files_total else 0.0


class BackfillState(models.TextChoices):
    """Where the wish for a repository's history is in its life."""

    WAITING = "waiting", "waiting"
    RUNNING = "running", "running"
    DONE = "done", "done"
    FAILED = "failed", "failed"
    CANCELLED = "cancelled", "cancelled"


class Backfill(Record):
    """The wish for a repository's history: one scan of the past for each of its last months."""

    months = models.PositiveSmallIntegerField(
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST_HISTORY)]
    )
    state = models.CharField(max_length=9, choices=BackfillState, default=BackfillState.WAITING)
    since = models.DateTimeField(
        null=True, blank=True, help_text="The beginning of the first month, once it is known."
    )
    plan = models.JSONField(
        null=True,
        blank=True,
        help_text="The commits that stand for the months, oldest first: [commit, time], once they are known.",
    )
    attempt = models.PositiveSmallIntegerField(default=0, help_text="Of fetching the history.")
    lease_until = models.DateTimeField(
        null=True, blank=True, help_text="A worker fetches the history until then."
    )
    available_at = models.DateTimeField(default=timezone.now)
    heard_at = models.DateTimeField(
        default=timezone.now, help_text="When a worker was last told, or last went on with it."
    )
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    error_code = models.CharField(max_length=64, blank=True)
    error_text = models.TextField(blank=True)
    error_remedy = models.TextField(blank=True)

    repository = models.ForeignKey(
        "repositories.Repository", on_delete=models.CASCADE, related_name="backfills"
    )
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="requested_backfills",
    )

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=["repository"],
                condition=Q(state__in=["waiting", "running"]),
                name="backfill_one_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(state__in=BackfillState.values), name="backfill_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(months__range=(1, LONGEST_HISTORY)), name="backfill_has_some_months"
            ),
            models.CheckConstraint(
                condition=Q(plan__isnull=False) | ~Q(state__in=["running", "done"]),
                name="backfill_runs_by_a_plan",
            ),
            models.CheckConstraint(
                condition=Q(finished_at__isnull=False) | Q(state__in=["waiting", "running"]),
                name="backfill_ended_has_a_time",
            ),
        )
        indexes = (
            models.Index(
                fields=["heard_at"],
                condition=Q(state__in=["waiting", "running"]),
                name="backfill_unfinished",
            ),
        )

    def __str__(self) -> str:
        return f"{self.months} months of {self.repository_id} ({self.state})"

    @property
    def is_finished(self) -> bool:
        """Whether nothing more will happen to it by itself."""
        return self.state not in {BackfillState.WAITING, BackfillState.RUNNING}


class ScanLogEntry(models.Model):
    """One thing that happened to a scan; entries are added, never changed."""

    at = models.DateTimeField(
        db_default=Now(), editable=False, help_text="By the database's clock."
    )
    kind = models.SlugField(max_length=32, db_index=False)
    text = models.TextField()
    facts = models.JSONField(default=dict)

    scan = models.ForeignKey(Scan, on_delete=models.CASCADE, related_name="log_entries")

    class Meta:
        verbose_name_plural = "scan log entries"
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.kind}: {self.text}"


class UnreadableFile(Record):
    """A file that a scan had to leave unread, and why."""

    path = models.TextField()
    reason = models.TextField()

    scan = models.ForeignKey(Scan, on_delete=models.CASCADE, related_name="unreadable_files")

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return self.path


class RuleResult(Record):
    """What one rule said in one scan."""

    code = models.CharField(max_length=16)
    level = models.CharField(max_length=6, choices=Level)
    preview = models.BooleanField(default=False)
    state = models.CharField(max_length=14, choices=RuleState)
    subjects = models.PositiveIntegerField(default=0)
    violations = models.PositiveIntegerField(default=0)
    suppressed = models.PositiveIntegerField(default=0)
    waived = models.PositiveIntegerField(
        default=0, help_text="Violations that waivers cover; they are not among the violations."
    )
    evidence = models.TextField(blank=True)
    weight = models.PositiveSmallIntegerField(default=0)
    version = models.CharField(
        max_length=16, blank=True, help_text="Hash of the rule as it judged, without the engine."
    )

    scan = models.ForeignKey(Scan, on_delete=models.CASCADE, related_name="results")

    class Meta:
        ordering = ("code",)
        constraints = (
            models.UniqueConstraint(fields=["scan", "code"], name="rule_result_unique_per_scan"),
            models.CheckConstraint(
                condition=Q(state__in=RuleState.values), name="rule_result_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(level__in=Level.values), name="rule_result_level_is_known"
            ),
        )
        indexes = (models.Index(fields=["code", "scan"], name="rule_result_by_rule"),)

    def __str__(self) -> str:
        return f"{self.code} {self.state}"

    @property
    def share(self) -> float | None:
        """Part of the subjects that is in order, 0 to 1, without suppressed and waived ones."""
        counted = self.subjects - self.suppressed - self.waived
        return max(0.0, 1 - self.violations / counted) if counted > 0 else None


class Outline(Record):
    """What one blob says, extracted once and shared by all repositories."""

    blob = models.CharField(max_length=64)
    kind = models.CharField(max_length=16)
    extractor = models.CharField(max_length=64)
    data = models.BinaryField()
    size = models.PositiveIntegerField(help_text="Bytes before compression.")
    last_used_on = models.DateField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["extractor", "kind", "blob"], name="outline_unique_per_blob_and_extractor"
            ),
        )
        indexes = (models.Index(fields=["last_used_on"], name="outline_by_last_use"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.blob[:12]}"


class LintedBlob(Record):
    """What ruff says of one blob in one role, found out once and shared by all repositories."""

    blob = models.CharField(max_length=64)
    role = models.CharField(max_length=64)
    linter = models.CharField(max_length=64, help_text="Ruff's version and how it was asked.")
    data = models.BinaryField()
    last_used_on = models.DateField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["linter", "blob", "role"], name="linted_blob_unique_per_role_and_linter"
            ),
        )
        indexes = (models.Index(fields=["last_used_on"], name="linted_blob_by_last_use"),)

    def __str__(self) -> str:
        return f"{self.role} {self.blob[:12]}"


class LintReport(Record):
    """What ruff says of a scan's commit, or why it says nothing. It stands beside the results and never scores."""

    linter = models.CharField(max_length=64)
    problem = models.TextField(blank=True)
    data = models.JSONField(default=dict, help_text="As `plumbline.linting.results.Lint`.")

    scan = models.OneToOneField(Scan, on_delete=models.CASCADE, related_name="lint_report")

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"ruff on {self.scan_id}"

    @cached_property
    def result(self) -> Lint | None:
        """What ruff says; nothing if it could not be run, or if an older Plumbline wrote it otherwise."""
        try:
            return msgspec.convert(self.data, Lint)
        except msgspec.ValidationError:
            return None


class MigrationLint(Record):
    """What Squawk finds in the SQL of one set of migrations, found out once for every scan that has the same set."""

    digest = models.CharField(
        max_length=64, unique=True, help_text="Of the rebuilt migrations and of what lints them."
    )
    problem = models.TextField(blank=True, help_text="Why the same migrations fail each time.")
    data = models.JSONField(
        default=dict, help_text="As `apps.findings.migration_results.MigrationSummary`."
    )
    last_used_on = models.DateField()

    class Meta:
        indexes = (models.Index(fields=["last_used_on"], name="migration_lint_by_last_use"),)

    def __str__(self) -> str:
        return f"migrations {self.digest[:12]}"

    @cached_property
    def result(self) -> MigrationSummary | None:
        """What was found; nothing if there is a problem, or if an older Plumbline wrote it otherwise."""
        try:
            return msgspec.convert(self.data, MigrationSummary)
        except msgspec.ValidationError:
            return None


class MigrationSqlPart(Record):
    """The SQL of some migrations in a row, for every set of migrations that is the same up to their end."""

    digest = models.CharField(
        max_length=64,
        unique=True,
        help_text="Of all migrations up to the last, and of what makes the SQL.",
    )
    data = models.BinaryField(help_text="Encoded by the child that made it, compressed.")
    last_used_on = models.DateField()

    class Meta:
        indexes = (models.Index(fields=["last_used_on"], name="migration_sql_by_last_use"),)

    def __str__(self) -> str:
        return f"SQL {self.digest[:12]}"


class MigrationState(models.TextChoices):
    """What can be said of the migrations of a commit."""

    LINTED = "linted", "linted"
    NONE = "none", "no migrations"
    OTHER = "other", "not on PostgreSQL"
    FAILED = "failed", "failed"


class MigrationReport(Record):
    """Which linted set of migrations a scan's commit has, or why none. It stands beside the results, unscored."""

    checker = models.CharField(max_length=64, help_text="What lints the migrations.")
    state = models.CharField(max_length=6, choices=MigrationState)
    problem = models.TextField(blank=True, help_text="Why there is no result this time.")

    lint = models.ForeignKey(
        MigrationLint, on_delete=models.PROTECT, null=True, blank=True, related_name="reports"
    )
    scan = models.OneToOneField(Scan, on_delete=models.CASCADE, related_name="migration_report")

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(state__in=MigrationState.values), name="migration_report_state_is_known"
            ),
        )

    def __str__(self) -> str:
        return f"migrations of {self.scan_id}"

    @property
    def result(self) -> MigrationSummary | None:
        """What was found, if anything could be."""
        return self.lint.result if self.lint is not None else None

    @property
    def reason(self) -> str:
        """Why there is no result; blank if there is one."""
        return self.problem or (self.lint.problem if self.lint is not None else "")


class DeliveryOutcome(models.TextChoices):
    """What a webhook delivery led to."""

    SCANNED = "scanned", "asked for a scan"
    VERIFIED = "verified", "verified the endpoint"
    IGNORED = "ignored", "nothing to do"


class WebhookDelivery(Record):
    """A delivery that was accepted; a second one with the same id does nothing new."""

    delivery_id = models.CharField(max_length=200)
    body_digest = models.CharField(max_length=64)
    event = models.CharField(max_length=64)
    outcome = models.CharField(max_length=8, choices=DeliveryOutcome)

    endpoint = models.ForeignKey(
        "repositories.WebhookEndpoint", on_delete=models.CASCADE, related_name="deliveries"
    )
    scan = models.ForeignKey(
        Scan, on_delete=models.SET_NULL, null=True, blank=True, related_name="deliveries"
    )

    class Meta:
        verbose_name_plural = "webhook deliveries"
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=["endpoint", "delivery_id"], name="webhook_delivery_unique_per_endpoint"
            ),
        )
        indexes = (
            models.Index(fields=["endpoint", "body_digest"], name="webhook_delivery_by_body"),
        )

    def __str__(self) -> str:
        return f"{self.event} {self.delivery_id}"


class Tally(models.Model):
    """A number that only grows: what `/metrics` shows of the past, kept for all processes together."""

    name = models.CharField(max_length=64)
    labels = models.JSONField(default=dict)
    value = models.FloatField(default=0)

    class Meta:
        verbose_name_plural = "tallies"
        constraints = (
            models.UniqueConstraint(fields=["name", "labels"], name="tally_unique_per_labels"),
        )

    def __str__(self) -> str:
        return f"{self.name} {self.labels}"


class Pulse(models.Model):
    """When a job that runs by the clock last came to its end."""

    job = models.CharField(max_length=32, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.job


class ChunkState(models.TextChoices):
    """Where a part of a large scan is in its life."""

    PENDING = "pending", "pending"
    LEASED = "leased", "leased"
    DONE = "done", "done"


class ChunkWork(models.TextChoices):
    """What is done with the blobs of a part of a large scan."""

    OUTLINE = "outline", "outlining"
    LINT = "lint", "running ruff"
    SQL = "sql", "making the SQL of migrations"


class ScanChunk(Record):
    """Part of the blobs of a large scan, for any worker to take; gone when the scan ends.

    What is done with them goes into the caches by blob, so that doing it twice or not at all changes no result.
    """

    number = models.PositiveIntegerField()
    scan_fence = models.PositiveBigIntegerField(help_text="Void once the scan's is another.")
    work = models.CharField(max_length=7, choices=ChunkWork)
    keys = models.JSONField(
        help_text="Blob and kind of each file, blob and role, or digest and version."
    )
    job = models.BinaryField(default=b"", help_text="What makes the SQL of migrations, compressed.")
    own_names = models.JSONField(default=list, help_text="The repository's own names, for ruff.")
    state = models.CharField(max_length=7, choices=ChunkState, default=ChunkState.PENDING)
    fence = models.PositiveIntegerField(default=0)
    attempt = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    files_done = models.PositiveIntegerField(default=0)
    casualties = models.JSONField(
        default=list, help_text="Blob, kind and reason of files that ended their child."
    )

    scan = models.ForeignKey(Scan, on_delete=models.CASCADE, related_name="chunks")

    class Meta:
        ordering = ("number",)
        constraints = (
            models.UniqueConstraint(
                fields=["scan", "number"], name="scan_chunk_unique_number_per_scan"
            ),
            models.CheckConstraint(
                condition=Q(state__in=ChunkState.values), name="scan_chunk_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(work__in=ChunkWork.values), name="scan_chunk_work_is_known"
            ),
            models.CheckConstraint(
                condition=Q(lease_until__isnull=False) | ~Q(state="leased"),
                name="scan_chunk_leased_has_a_lease",
            ),
        )

    def __str__(self) -> str:
        return f"part {self.number} of {self.scan_id} ({self.state})"


class WorkerCheck(Record):
    """What a worker machine found when it last tried its own sandbox and looked at its git."""

    host = models.CharField(max_length=255, unique=True)
    allowed = models.JSONField(
        default=list, help_text="What a confined child tried and was let through with."
    )
    missing = models.JSONField(default=list, help_text="Measures that the machine does not offer.")
    problem = models.TextField(blank=True)
    checked_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("host",)

    def __str__(self) -> str:
        return f"{self.host}: {self.trouble or 'in order'}"

    @property
    def is_in_order(self) -> bool:
        """Whether everything was denied that had to be."""
        return not self.trouble

    @property
    def trouble(self) -> str:
        """What is wrong, as sentences; empty if nothing is."""
        lets = f"The sandbox lets a parser {', '.join(self.allowed)}." if self.allowed else ""
        return f"{self.problem} {lets}".strip()
