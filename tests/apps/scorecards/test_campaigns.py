"""Campaigns: what they hold at the start, what becomes of it, and how they end."""

from datetime import date, timedelta
from threading import Barrier, Thread

import pytest

from django.db import connection, transaction
from django.utils import timezone

from apps.accounts.models import AuditEvent
from apps.accounts.services import member_put, team_create
from apps.findings.models import FindingEvent
from apps.findings.services import waiver_approve, waiver_request, waiver_withdraw
from apps.repositories.services import repository_delete
from apps.rulebook.models import PolicyLayer
from apps.rulebook.services import draft_save, layer_ensure
from apps.scorecards.exceptions import (
    CampaignChanged,
    CampaignEmpty,
    CampaignNotOpen,
    CampaignNotYours,
    ScopeHasNoPolicy,
)
from apps.scorecards.models import Campaign, CampaignShare, CampaignStep
from apps.scorecards.selectors.campaigns import (
    Scope,
    burn_down,
    campaign_preview,
    campaign_repositories,
    campaign_rules,
    paces,
)
from apps.scorecards.services.campaigns import (
    campaign_change,
    campaign_close,
    campaign_count,
    campaign_create,
    campaign_start,
    campaigns_count,
)
from core.exceptions import Invalid
from tests.apps.factories import FindingFactory, RepositoryFactory, ScanFactory, UserFactory

pytestmark = pytest.mark.django_db

FLEET = Scope("fleet")


def happen(finding, kind, *, cause="code", at=None, state=None):
    """What a scan writes when something happens to a finding."""
    at = at or timezone.now()
    FindingEvent.objects.create(
        finding=finding, repository=finding.repository, kind=kind, cause=cause, at=at,
        code=finding.code, level=finding.level,
    )  # fmt: skip
    finding.state = state or kind
    finding.fixed_at = at if finding.state == "fixed" else None
    finding.save()


def draft(actor, scope=FLEET, *, codes=("MOD08",), days=70):
    return campaign_create(
        name="No surprises", codes=codes, scope=scope, actor=actor,
        target_on=timezone.localdate() + timedelta(days),
    )  # fmt: skip


def started(actor, scope=FLEET, **values):
    return campaign_start(campaign=draft(actor, scope, **values), version=1, actor=actor)


def figures(campaign):
    campaign.refresh_from_db()
    return campaign.remaining, campaign.fixed, campaign.waived, campaign.removed, campaign.came


def test_what_is_open_at_the_start_is_held_and_nothing_else(administrator):
    shop, depot = RepositoryFactory(), RepositoryFactory()
    FindingFactory.create_batch(3, repository=shop, fix="safe")
    FindingFactory(repository=depot)
    FindingFactory(repository=depot, code="MOD07")
    FindingFactory(repository=shop, state="suppressed")
    tally = campaign_preview(user=administrator, scope=FLEET, codes=["MOD08"])
    assert (tally.findings, tally.repositories, tally.patches) == (4, 2, 3)
    campaign = started(administrator)
    assert (campaign.at_start, campaign.repositories_held, campaign.patches) == (4, 2, 3)
    FindingFactory(repository=depot)
    campaign_count(campaign_id=campaign.pk)
    assert figures(campaign) == (4, 0, 0, 0, 1)
    assert AuditEvent.objects.first().detail["findings"] == 4


def test_the_burn_down_follows_the_log_day_by_day(administrator):
    repository = RepositoryFactory()
    one, two, three, four = FindingFactory.create_batch(4, repository=repository)
    stranger = FindingFactory(repository=repository, code="MOD07")
    campaign = started(administrator, codes=["MOD08"], days=8)
    begin = timezone.now() - timedelta(8)
    Campaign.objects.filter(pk=campaign.pk).update(started_at=begin)
    for finding, kind, days, state in (
        (one, "fixed", 1, None),
        (stranger, "fixed", 1, None),
        (two, "suppressed", 2, None),
        (three, "removed_with_file", 2, None),
        (one, "moved", 3, "fixed"),
        (one, "reopened", 4, "open"),
        (one, "fixed", 6, None),
    ):
        happen(finding, kind, at=begin + timedelta(days, minutes=1), state=state)
    assert campaigns_count(repository_id=repository.pk) == 1
    assert figures(campaign) == (1, 1, 1, 1, 0)
    points = burn_down(campaign)
    first = points[0].day
    found = [((point.day - first).days, point.remaining, point.fixed) for point in points]
    assert found == [(0, 4, 0), (1, 3, 1), (2, 1, 1), (4, 2, 0), (6, 1, 1), (8, 1, 1)]
    assert [point.ideal for point in points][:3] == [4.0, 3.75, 3.5]
    pace = paces([campaign])[campaign.pk]
    assert (round(pace.per_week, 2), pace.projected_on) == (
        round(3 / 9 * 7, 2),
        timezone.localdate() + timedelta(3),
    )
    steps = list(CampaignStep.objects.values_list("pk"))
    campaigns_count()
    assert list(CampaignStep.objects.values_list("pk")) == steps
    assert four.state == "open"


def test_a_waiver_and_its_end_are_counted_without_a_scan(administrator, monkeypatch):
    sent = []
    monkeypatch.setattr(
        "apps.scorecards.receivers.enqueue_on_commit", lambda *a, **k: sent.append(a)
    )
    finding = FindingFactory()
    ScanFactory(repository=finding.repository, finished=True)
    campaign = started(administrator)
    waiver = waiver_request(
        repository=finding.repository, finding=finding, reason="soon", actor=administrator
    )
    waiver = waiver_approve(waiver=waiver, actor=administrator, version=1)
    assert sent == [("scorecards.campaigns_count", finding.repository_id)]
    campaigns_count(repository_id=finding.repository_id)
    assert figures(campaign)[:3] == (0, 0, 1)
    assert campaign.repositories_done == 1
    waiver_withdraw(waiver=waiver, actor=administrator, version=2)
    campaigns_count(repository_id=finding.repository_id)
    assert figures(campaign)[:3] == (1, 0, 0)


def test_a_repository_that_goes_leaves_its_past_behind(administrator):
    gone, kept = RepositoryFactory(name="Gone"), RepositoryFactory()
    mine, _ = FindingFactory.create_batch(2, repository=gone)
    FindingFactory(repository=kept)
    campaign = started(administrator)
    happen(mine, "fixed")
    campaigns_count()
    repository_delete(repository=gone, actor=administrator)
    campaigns_count()
    assert figures(campaign)[:4] == (1, 1, 0, 1)
    assert (campaign.at_start, campaign.repositories_held, campaign.repositories_done) == (3, 2, 1)
    assert burn_down(campaign)[-1].remaining == 1
    rows = {row["repository_name"]: row for row in campaign_repositories(campaign)}
    assert rows["Gone"]["still_there"] is None
    assert campaign_rules(campaign)[0]["repositories_left"] == 1


def test_leads_run_campaigns_for_their_own_teams_only(user):
    team, other = team_create(name="Payments"), team_create(name="Search")
    inner = team_create(name="Ledger", parent=team)
    member_put(team=team, user=user, role="lead")
    FindingFactory(repository=RepositoryFactory(team=inner))
    FindingFactory(repository=RepositoryFactory(team=other))
    campaign = started(user, Scope("teams", teams=(team,)))
    assert campaign.at_start == 1
    own = RepositoryFactory(registered_by=user)
    draft(user, Scope("repositories", repositories=(own,)))
    for scope in (
        FLEET,
        Scope("tags", tags=("tier-1",)),
        Scope("teams", teams=(team, other)),
        Scope("repositories", repositories=(own, RepositoryFactory())),
    ):
        with pytest.raises(CampaignNotYours):
            draft(user, scope)
    with pytest.raises(CampaignNotYours):
        campaign_close(campaign=campaign, version=2, actor=UserFactory())


def test_what_cannot_be_a_campaign_is_refused(administrator):
    for scope, codes, days in (
        (Scope("teams"), ["MOD08"], 3),
        (FLEET, [], 3),
        (FLEET, ["MOD08"], -1),
    ):
        with pytest.raises(Invalid):
            draft(administrator, scope, codes=codes, days=days)
    with pytest.raises(CampaignEmpty):
        started(administrator)
    assert Campaign.objects.get().state == "draft"


def test_what_it_holds_is_frozen_once_it_runs(administrator):
    FindingFactory()
    campaign = draft(administrator)
    campaign = campaign_change(campaign=campaign, version=1, actor=administrator, codes=["MOD08"])
    campaign = campaign_start(campaign=campaign, version=2, actor=administrator)
    renamed = campaign_change(campaign=campaign, version=3, actor=administrator, name="Calm")
    assert (renamed.name, renamed.version) == ("Calm", 4)
    with pytest.raises(CampaignNotOpen):
        campaign_change(campaign=campaign, version=4, actor=administrator, codes=["MOD07"])
    with pytest.raises(CampaignChanged):
        campaign_change(campaign=campaign, version=3, actor=administrator, name="Late")


def test_closing_drafts_a_policy_on_top_of_what_others_drafted(administrator):
    FindingFactory()
    fleet = layer_ensure(scope="fleet")
    draft_save(
        layer=fleet,
        revision=0,
        content={"rules": {"MOD08": {"weight": 7}, "MOD07": {"mode": "off"}}},
    )
    campaign = started(administrator)
    campaign = campaign_close(
        campaign=campaign,
        version=2,
        actor=administrator,
        stands=True,
        enforced_from=date(2030, 1, 1),
    )
    assert (campaign.state, campaign.stands) == ("closed", True)
    fleet.refresh_from_db()
    assert fleet.number == 0, "only a person puts it into force"
    assert fleet.draft["rules"] == {
        "MOD07": {"mode": "off"},
        "MOD08": {"level": "MUST", "weight": 7, "mode": "enforced", "enforced_from": "2030-01-01"},
    }
    with pytest.raises(CampaignNotOpen):
        campaign_close(campaign=campaign, version=3, actor=administrator)


def test_named_repositories_have_no_policy_to_stand_in(administrator):
    repository = FindingFactory().repository
    campaign = started(administrator, Scope("repositories", repositories=(repository,)))
    with pytest.raises(ScopeHasNoPolicy):
        campaign_close(campaign=campaign, version=2, actor=administrator, stands=True)
    campaign.refresh_from_db()
    assert campaign.state == "running"
    assert not PolicyLayer.objects.exists()
    assert campaign_close(campaign=campaign, version=2, actor=administrator).state == "closed"


@pytest.mark.django_db(transaction=True)
def test_of_two_who_close_at_once_one_does(administrator):
    FindingFactory()
    campaign = started(administrator)
    barrier, outcomes = Barrier(2), []

    def close():
        barrier.wait()
        try:
            with transaction.atomic():
                campaign_close(campaign=campaign, version=2, actor=administrator, stands=True)
            outcomes.append("closed")
        except CampaignChanged:
            outcomes.append("too late")
        finally:
            connection.close()

    threads = [Thread(target=close) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["closed", "too late"]
    assert AuditEvent.objects.filter(action="campaign.close").count() == 1
    assert CampaignShare.objects.get().remaining == 1
