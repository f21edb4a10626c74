"""Teams, tags and a past that leads up to the present, for the seeded fleet: the same each time."""

import random
from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from django.utils import timezone

from apps.accounts.models import MembershipRole, User
from apps.accounts.services import member_put, team_create
from apps.repositories.models import CodeOwnership, Repository
from apps.scorecards.models import RulesetUse, Sheet, Snapshot
from apps.scorecards.services import day_due, days_settle, headlines_write
from apps.scorecards.sheets import Changes, changes_encode, sheet_decode
from plumbline.policy import Result

_MADE_UP = (
    *("score", "must_open", "should_open", "sections", "whole", "changes", "flows"),
    *("new", "fixed", "reopened", "causes", "patches", "waived"),
)
TEAMS = {
    "Payments": ("Commerce", ("payments-api", "billing")),
    "Storefront": ("Commerce", ("storefront", "partner-portal")),
    "Platform": ("", ("identity", "notifications", "search-gateway")),
}
TAGS = {
    "critical": ("payments-api", "identity", "billing"),
    "internal": ("back-office", "reporting"),
}


def groups_create(made: dict[str, Repository], now: datetime) -> None:
    """Group the repositories, tell what moved their scores, and add it all up."""
    outer = team_create(name="Commerce", description="Everything that customers pay for.")
    teams = {
        name: team_create(
            name=name, parent=outer if parent else None, handles=[f"shop/{name.lower()}"]
        )
        for name, (parent, _) in TEAMS.items()
    }
    for name, (_, members) in TEAMS.items():
        Repository.objects.filter(name__in=members).update(team=teams[name])
    for tag, members in TAGS.items():
        Repository.objects.filter(name__in=members).update(tags=[tag])
    for person, role in (("lead", MembershipRole.LEAD), ("member", MembershipRole.MEMBER)):
        user = User.objects.create_user(f"{person}@example.org", "a plumb line hangs straight")
        member_put(team=teams["Payments"], user=user, role=role)
    CodeOwnership.objects.create(
        repository=made["reporting"], path="CODEOWNERS", owners=[["shop/payments", 3, True]]
    )
    for number, day in enumerate((90, 33), 1):
        at = now - timedelta(days=day)
        RulesetUse.objects.create(ruleset=f"sha256:{number}", engine=f"1.{number}", first_at=at)
    _past_lead_up(made.values())
    headlines_write(repository_ids=[repository.pk for repository in made.values()])
    keys = [outer.pk, *(team.pk for team in teams.values())]
    day_due(day=timezone.localdate(now - timedelta(days=400)), teams=keys)
    days_settle()


def _past_lead_up(repositories: Iterable[Repository]) -> None:
    """Let earlier figures end where the newest are, which follow from results, and say what came and went."""
    chance = random.Random(11)
    for repository in repositories:
        past = list(Snapshot.objects.filter(repository=repository).order_by("taken_at", "id"))
        if len(past) < 2 or past[-1].score is None:
            continue
        last = past[-1]
        shift = last.score - past[-2].score + round(chance.uniform(-1, 2))
        must, should = last.must_open - past[-2].must_open, last.should_open - past[-2].should_open
        results = sheet_decode(Sheet.objects.get(repository=repository).data)
        failing = [result for result in results if result.violations and not result.preview]
        before = None
        for back, snapshot in zip(range(len(past) - 1, 0, -1), past, strict=False):
            snapshot.score = min(max(snapshot.score + shift, 0), 100)
            snapshot.must_open += must
            snapshot.should_open += should
            snapshot.sections = {
                name: [max(value - back * chance.uniform(0, 1.5), 0), rules, broken]
                for name, (value, rules, broken) in last.sections.items()
            }
            worse = [_worse(result, back) for result in failing]
            snapshot.whole = before is None
            shown = [*results, *worse] if before is None else worse
            by_code = {result.code: result for result in shown}
            snapshot.changes = changes_encode(Changes(list(by_code.values()), []))
            codes = chance.sample([result.code for result in failing], min(3, len(failing)))
            snapshot.flows = {code: [chance.randrange(3), chance.randrange(5), 0] for code in codes}
            snapshot.new, snapshot.fixed, snapshot.reopened = (
                sum(row[place] for row in snapshot.flows.values()) for place in range(3)
            )
            moved = float(snapshot.score - before) if before is not None else 0.0
            snapshot.causes = {"code": moved} if moved else {}
            before = snapshot.score
        last.causes = {"code": float(last.score - before)}
        last.patches, last.waived = chance.randrange(12), chance.choice((0, 0, 3))
        Snapshot.objects.bulk_update(
            past,
            _MADE_UP,
        )


def _worse(result: Result, back: int) -> Result:
    """What a rule that fails now said so many weeks before."""
    violations = min(result.violations + back // 2, max(result.subjects, result.violations))
    return msgspec.structs.replace(result, violations=violations, version="", patches=0)
