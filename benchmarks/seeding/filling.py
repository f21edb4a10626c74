"""Writing a made-up fleet: teams, people and policies as anybody would make them, what scans record by COPY."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import batched
from uuid import UUID

from psycopg.types.json import Jsonb

from django.db import connection, transaction
from django.utils import timezone

from apps.accounts.models import Team, User
from apps.accounts.services import team_create
from apps.repositories.models import Provider, Repository
from apps.repositories.services import endpoint_create
from apps.rulebook.models import PolicyLayer, PolicyVersion
from apps.scans.models import RuleResult, Scan
from apps.scorecards.models import DayDue, RulesetUse, Sheet, Snapshot
from apps.scorecards.services import days_settle
from benchmarks.seeding.expanding import findings_expand
from benchmarks.seeding.history import History, Step
from benchmarks.seeding.plan import FleetPlan, FleetSize
from core.bulk import rows_copy

Say = Callable[[str], None]
_CHUNK = 10_000

_TABLES = (
    "findings_finding", "findings_findingevent", "scans_scan", "scans_ruleresult", "scorecards_snapshot",
)  # fmt: skip
_SCAN_FIELDS = (
    "id", "created_at", "public_id", "ref", "commit", "ruleset", "extractor", "engine", "state", "trigger", "lane",
    "attempt", "fence", "available_at", "enqueued_at", "announced_at", "started_at", "finished_at", "phase",
    "files_total", "files_done", "error_code", "error_text", "error_remedy", "empty", "empty_reason", "score",
    "score_without_waivers", "waived", "suppressed", "standing", "evaluated", "applicable", "files_read",
    "files_excluded", "timings", "counts", "facts", "repository", "same_as",
)  # fmt: skip
_SNAPSHOT_FIELDS = (
    "created_at", "taken_at", "replayed", "score", "score_without_waivers", "waived", "suppressed", "occasion",
    "standing", "evaluated", "applicable", "must_open", "should_open", "new_must", "tasks_to_plumb", "patches",
    "causes", "sections", "changes", "whole", "new", "fixed", "reopened", "flows", "repository", "scan",
)  # fmt: skip
_RESULT_FIELDS = (
    "created_at", "scan", "code", "level", "preview", "state", "subjects", "violations", "suppressed", "waived",
    "evidence", "weight", "version",
)  # fmt: skip
_TIMINGS = Jsonb(
    {"fetch": 0.6, "list": 0.1, "read": 0.2, "extract": 0.3, "evaluate": 0.4, "record": 0.2}
)


def fleet_fill(size: FleetSize, *, email: str, password: str, say: Say) -> None:
    """Write a whole fleet of this size into an empty database."""
    plan = FleetPlan(size, timezone.now())
    say(f"planned {sum(len(one.moves) for one in plan.repositories):,} changes of repositories")
    teams = _people(plan, email, password)
    policies = _policies(plan)
    ids = _repositories(plan, teams)
    history = History(plan, ids, policies)
    with _bare_tables():
        with transaction.atomic():
            _unchecked()
            _record(history)
            say(f"{history.snapshots:,} snapshots, {history.scans:,} scans")
            _newest(history)
            say("the newest results")
        with transaction.atomic():
            _unchecked()
            for what in findings_expand(history):
                say(what)
    say("indexes are made")
    _roll_up(plan, say)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    say("vacuumed")


def _people(plan: FleetPlan, email: str, password: str) -> list[Team]:
    user = User.objects.create_superuser(email=email, password=password)
    teams: list[Team] = []
    for number, name in enumerate(plan.team_names()):
        parent = teams[number - number % 5] if number % 5 else None
        teams.append(team_create(name=name, parent=parent, actor=user))
    return teams


def _policies(plan: FleetPlan) -> list[tuple[int, dict[str, int]]]:
    """Versions of the fleet's policy, each with the day from which it held and its weights."""
    layer = PolicyLayer.objects.create(scope="fleet")
    heavy = sorted(plan.rules, key=lambda code: (-plan.rules[code].examples.__len__(), code))[:3]
    found, weights = [], {}
    for number, (day, code) in enumerate(zip(plan.policy_days, heavy, strict=True), 1):
        weights = {**weights, code: 5}
        content = {"rules": {name: {"weight": weight} for name, weight in weights.items()}}
        PolicyVersion.objects.create(
            layer=layer, number=number, content=content, changes=[f"{code}: weight → 5"],
            reason="Weighs more than it is worth at present", author_name="manager@example.org",
        )  # fmt: skip
        at = plan.midnight - timedelta(days=plan.size.days - day)
        PolicyVersion.objects.filter(layer=layer, number=number).update(created_at=at)
        PolicyLayer.objects.filter(pk=layer.pk).update(number=number, content=content)
        found.append((day, weights))
    return found


def _repositories(plan: FleetPlan, teams: list[Team]) -> list[int]:
    made = Repository.objects.bulk_create(
        [
            Repository(
                name=one.name,
                slug=one.name,
                url=f"https://git.example.org/{one.name}.git",
                provider=Provider.GITLAB if one.number % 3 else Provider.GITHUB,
                team=None if one.team is None else teams[one.team],
                tags=one.tags,
                enabled=one.number % 97 != 0,
            )
            for one in plan.repositories
        ],
        batch_size=500,
    )
    for one in made:
        endpoint_create(repository=one)
    return [one.pk for one in made]


def _record(history: History) -> None:
    """Scans and snapshots, a chunk at a time."""
    for steps in batched(history.steps(), _CHUNK, strict=False):
        rows_copy(Scan, _SCAN_FIELDS, (_scan_row(step) for step in steps if step.has_scan))
        rows_copy(Snapshot, _SNAPSHOT_FIELDS, (_snapshot_row(step) for step in steps))


def _scan_row(step: Step) -> tuple[object, ...]:
    at, began = step.at, step.at - timedelta(seconds=2)
    return (
        *(step.scan_id, began, UUID(int=step.scan_id), "", f"{step.scan_id:040x}", step.ruleset),
        *(
            "made-up",
            step.engine,
            "done",
            "webhook",
            "interactive",
            1,
            1,
            began,
            began,
            began,
            began,
            at,
        ),
        *("done", step.files, step.files, "", "", "", False, "", step.score, step.unwaived),
        *(
            step.waived,
            0,
            step.standing,
            step.evaluated,
            step.applicable,
            step.files,
            step.files // 5,
        ),
        *(_TIMINGS, Jsonb({}), Jsonb({}), step.repository_id, None),
    )


def _snapshot_row(step: Step) -> tuple[object, ...]:
    new, fixed = (sum(row[place] for row in step.flows.values()) for place in (0, 1))
    return (
        *(step.at, step.at, False, step.score, step.unwaived, step.waived, 0, step.occasion),
        *(step.standing, step.evaluated, step.applicable, step.must_open, step.should_open),
        *(step.new_must, step.tasks, step.patches, Jsonb(step.causes), step.sections),
        *(
            step.changes,
            step.whole,
            new,
            fixed,
            0,
            Jsonb(step.flows),
            step.repository_id,
            step.scan_id,
        ),
    )


def _newest(history: History) -> None:
    """Sheets and rule results of each repository's newest scan."""
    rows_copy(RuleResult, _RESULT_FIELDS, history.result_rows())
    Sheet.objects.bulk_create(list(history.sheets()), batch_size=200)


def _roll_up(plan: FleetPlan, say: Say) -> None:
    first = plan.midnight - timedelta(days=plan.size.days)
    for number, day in enumerate([0, *plan.ruleset_days]):
        RulesetUse.objects.create(
            ruleset=f"sha256:made-up-{number}",
            engine=f"1.{number}",
            first_at=first + timedelta(days=day),
        )
    DayDue.objects.create(day=first.date(), teams=list(Team.objects.values_list("pk", flat=True)))
    # As if it had waited: days of the past are collected for a while in a fleet of this size.
    DayDue.objects.update(created_at=first)
    say(f"{days_settle():,} rows of days added up")


@contextmanager
def _bare_tables() -> Iterator[None]:
    """Take indexes away while tables are filled, and make them again."""
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit TO off")
        cursor.execute("SET maintenance_work_mem TO '512MB'")
        cursor.execute("SET work_mem TO '128MB'")
        cursor.execute(
            "SELECT indexname, indexdef FROM pg_indexes i WHERE tablename = ANY(%s) AND NOT EXISTS "
            "(SELECT FROM pg_constraint c WHERE c.conname = i.indexname)",
            [list(_TABLES)],
        )
        indexes = cursor.fetchall()
        for name, _definition in indexes:
            cursor.execute(f'DROP INDEX "{name}"')
    yield
    with connection.cursor() as cursor:
        for _name, definition in indexes:
            cursor.execute(definition)


def _unchecked() -> None:
    """Leave foreign keys unchecked in this transaction: what is made up here names what is there."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role TO replica")
