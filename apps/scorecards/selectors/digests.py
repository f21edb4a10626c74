"""What changed for a team in a week, and who wants to be told."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, FloatField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Cast
from django.utils import timezone

from apps.accounts.models import Team, User
from apps.accounts.selectors import team_ids_under
from apps.findings.choices import Cause, EventKind, FindingState, WaiverState
from apps.findings.models import FindingEvent, Waiver
from apps.repositories.models import Repository
from apps.rulebook.choices import Level
from apps.rulebook.policies import Group
from apps.rulebook.selectors import policy_book, rule_minutes, rules_by_code
from apps.scorecards.digests import CheapFix, Contents, EndingWaiver, NewViolations, Standing
from apps.scorecards.figures import is_task
from apps.scorecards.models import DigestMail, MailState, Snapshot
from apps.scorecards.sheets import sheet_decode
from core.days import day_begin
from plumbline.policy import applied

STANDINGS, RULES, WAIVERS, FIXES = 10, 5, 10, 3
WEEK, WAIVER_WARNING = timedelta(days=7), timedelta(days=14)


@dataclass
class _Cost:
    """What a rule would cost to put right in the repositories of a team."""

    violations: int = 0
    repositories: int = 0
    patches: int = 0


def week_before(day: date) -> date:
    """The Monday of the last week that was over on a day."""
    return day - timedelta(days=day.weekday()) - WEEK


def digest_contents(*, team: Team, week: date, today: date | None = None) -> Contents:
    """What a team's digest says of the week that began on a Monday.

    Args:
        team: The team; the repositories of teams in it count too.
        week: That Monday.
        today: The day from which waivers are told to end soon.
    """
    today = today or timezone.localdate()
    repositories = Repository.objects.filter(team__in=team_ids_under(team=team))
    ids = list(repositories.values_list("pk", flat=True))
    start = day_begin(week)
    end = day_begin(week + WEEK)
    standings = _standings(repositories, start, end)
    new = _new(ids, start, end)
    waivers = _waivers(ids, today)
    return Contents(
        week=week,
        repositories=len(ids),
        standings=standings[:STANDINGS],
        more_standings=max(len(standings) - STANDINGS, 0),
        new=new[:RULES],
        more_new=sum(item.findings for item in new[RULES:]),
        more_new_rules=max(len(new) - RULES, 0),
        waivers=waivers[:WAIVERS],
        more_waivers=max(len(waivers) - WAIVERS, 0),
        fixes=_fixes(repositories)[:FIXES],
    )


def digest_readers(*, team: Team) -> QuerySet[User]:
    """The members of a team who want its digest."""
    return User.objects.filter(
        memberships__team=team, memberships__wants_digest=True, is_active=True
    ).order_by("pk")


def digest_teams() -> QuerySet[Team]:
    """The teams that somebody wants a digest of."""
    wanted = Q(memberships__wants_digest=True, memberships__user__is_active=True)
    return Team.objects.filter(wanted).select_related("parent").distinct().order_by("pk")


def digests_unfinished(*, week: date) -> list[int]:
    """The digests of a week of which mails wait to be sent; older ones are of no use to anybody."""
    mails = DigestMail.objects.filter(state=MailState.WAITING, digest__week=week)
    return list(mails.order_by("digest_id").values_list("digest_id", flat=True).distinct())


def _standings(
    repositories: QuerySet[Repository], start: datetime, end: datetime
) -> list[Standing]:
    """The repositories whose standing changed, those that got worse first."""
    newest = Snapshot.objects.filter(
        repository=OuterRef("pk"), replayed=False, taken_at__lt=end
    ).order_by("-taken_at", "-id")
    before = newest.filter(taken_at__lt=start)
    rows = repositories.values_list(
        "slug",
        "name",
        Subquery(before.values("standing")[:1]),
        Subquery(newest.values("standing")[:1]),
        Subquery(before.values(number=Cast("score", FloatField()))[:1]),
        Subquery(newest.values(number=Cast("score", FloatField()))[:1]),
    )
    order = {"off": 0, "leaning": 1, "plumb": 2}
    found = [Standing(*row) for row in rows if row[2] and row[3] and row[2] != row[3]]
    return sorted(
        found, key=lambda item: (order.get(item.after, 9) - order.get(item.before, 9), item.name)
    )


def _new(ids: Collection[int], start: datetime, end: datetime) -> list[NewViolations]:
    """The MUST findings that came with code in the week and are still open, by rule, most first."""
    rows = (
        FindingEvent.objects.filter(
            repository_id__in=ids,
            at__gte=start,
            at__lt=end,
            kind__in=[EventKind.NEW, EventKind.REOPENED],
            cause=Cause.CODE,
            level=Level.MUST,
            preview=False,
            finding__state=FindingState.OPEN,
        )
        .order_by()
        .values_list("code")
        .annotate(
            findings=Count("finding_id", distinct=True),
            repositories=Count("repository_id", distinct=True),
        )
        .order_by("-findings", "code")
    )
    return [NewViolations(code, _title(code), findings, number) for code, findings, number in rows]


def _waivers(ids: Collection[int], today: date) -> list[EndingWaiver]:
    rows = (
        Waiver.objects.filter(
            repository_id__in=ids,
            state=WaiverState.APPROVED,
            until__range=(today, today + WAIVER_WARNING),
        )
        .order_by("until", "id")
        .values_list("repository__name", "repository__slug", "code", "until")
    )
    return [EndingWaiver(*row) for row in rows]


def _fixes(repositories: QuerySet[Repository]) -> list[CheapFix]:
    """The rules with open MUST violations, the cheapest first: what has a fix ready costs next to nothing."""
    book = policy_book()
    costs: dict[str, _Cost] = {}
    rows = repositories.filter(sheet__isnull=False).values_list(
        "team_id", "team__parent_id", "tags", "sheet__data"
    )
    for team_id, parent_id, tags, data in rows:
        terms = book.terms(Group(team_id, parent_id, tuple(tags)))
        for result in applied(sheet_decode(data), terms):
            if is_task(result):
                cost = costs.setdefault(result.code, _Cost())
                cost.violations += result.violations
                cost.repositories += 1
                cost.patches += min(result.patches, result.violations)
    found = [
        CheapFix(
            code,
            _title(code),
            cost.violations,
            cost.repositories,
            cost.patches,
            rule_minutes(code) * (cost.violations - cost.patches) + cost.patches,
        )
        for code, cost in costs.items()
    ]
    return sorted(found, key=lambda fix: (fix.minutes, fix.code))


def _title(code: str) -> str:
    rule = rules_by_code().get(code)
    return rule.title if rule else code
