"""Campaigns of the seeded fleet: one that runs well, one that is late, a draft and one that was closed to stand."""

import random
from datetime import datetime, timedelta

from django.utils import timezone

from apps.accounts.models import TokenScope, User
from apps.accounts.services import (
    digest_stop,
    member_put,
    team_create,
    token_create,
    token_revoke,
)
from apps.findings.models import Finding, FindingEvent
from apps.repositories.models import Repository
from apps.repositories.owners import owners_parse
from apps.repositories.services import code_owners_note
from apps.scorecards.models import Campaign, CampaignState
from apps.scorecards.selectors.campaigns import Scope
from apps.scorecards.services.campaigns import (
    campaign_close,
    campaign_count,
    campaign_create,
    campaign_start,
)
from tests.browser import seed


def campaigns_create() -> dict[str, Campaign]:
    """Create them for the fleet that is there; give them by what they are examples of."""
    person = User.objects.get(email=seed.EMAIL)
    chance = random.Random(11)
    often = codes_with_most_findings()
    good = _campaign(
        "No surprises on upgrade day", often[:3], person, weeks=9, chance=chance, part=0.7
    )
    late = _campaign("Reverse names", often[3:4], person, weeks=11, chance=chance, part=0.15)
    stands = _campaign(
        "Time-outs everywhere", often[4:6], person, weeks=12, chance=chance, part=1.0
    )
    stands = campaign_close(campaign=stands, version=stands.version, actor=person, stands=True)
    draft = campaign_create(
        name=f"Calm settings {seed.HOSTILE_NAME}",
        codes=often[6:9],
        scope=Scope("fleet"),
        target_on=timezone.localdate() + timedelta(days=60),
        actor=person,
        why="Every service reads its settings in one way, so that nobody has to look twice.",
    )
    return {"good": good, "late": late, "closed": stands, "draft": draft}


def codes_with_most_findings() -> list[str]:
    """The rules that score, those with most open findings first."""
    counts: dict[str, int] = {}
    for code in Finding.objects.filter(state="open", preview=False).values_list("code", flat=True):
        counts[code] = counts.get(code, 0) + 1
    return sorted(counts, key=lambda code: (-counts[code], code))


def _campaign(
    name: str,
    codes: list[str],
    person: User,
    *,
    weeks: int,
    chance: random.Random,
    part: float,
) -> Campaign:
    campaign = campaign_create(
        name=name,
        codes=codes,
        scope=Scope("fleet"),
        target_on=timezone.localdate() + timedelta(weeks=12 - weeks),
        actor=person,
        why="What is left of this costs every upgrade a day.",
    )
    campaign = campaign_start(campaign=campaign, version=1, actor=person)
    begin = timezone.now() - timedelta(weeks=weeks)
    Campaign.objects.filter(pk=campaign.pk).update(started_at=begin)
    for share in campaign.shares.order_by("id"):
        for pk in share.findings:
            if chance.random() < part:
                at = begin + timedelta(days=7 * weeks * chance.random() ** 0.8)
                happen(
                    Finding.objects.get(pk=pk),
                    chance.choice(("fixed",) * 9 + ("removed_with_file",)),
                    at,
                )
    campaign_count(campaign_id=campaign.pk)
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.RUNNING
    return campaign


def happen(finding: Finding, kind: str, at: datetime | None = None) -> None:
    """What a scan writes when a finding goes."""
    at = at or timezone.now()
    FindingEvent.objects.create(
        finding=finding, repository=finding.repository, kind=kind, cause="code", at=at,
        code=finding.code, level=finding.level, preview=finding.preview,
    )  # fmt: skip
    finding.state, finding.fixed_at = kind, at
    finding.save()


def profile_create() -> None:
    """Teams, digests and tokens of the person who looks at it all; a repository that names one of the teams."""
    person = User.objects.get(email=seed.EMAIL)
    payments = team_create(name="Payments desk", handles=["shop/payments"])
    member_put(team=payments, user=person, role="lead")
    member_put(team=team_create(name=f"Search {seed.HOSTILE_NAME}"), user=person)
    digest_stop(team_id=payments.pk, user_id=person.pk)
    for name, scopes in (
        ("CI of payments-api", ["scan:read", "scan:write"]),
        ("Old bot", TokenScope.values),
    ):
        token, _ = token_create(user=person, name=name, scopes=scopes)
    token_revoke(token=token, actor=person)
    repository = Repository.objects.get(slug="payments-api")
    owners = owners_parse("* @shop/payments\n/docs/ @shop/writers\n")
    code_owners_note(
        repository_id=repository.pk, path=".github/CODEOWNERS", owners=owners, blob="a" * 40
    )
