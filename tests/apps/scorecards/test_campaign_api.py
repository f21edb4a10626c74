"""Campaigns over the API."""

from datetime import timedelta

import pytest

from django.utils import timezone

from apps.accounts.services import team_create
from apps.scorecards.models import Campaign
from tests.apps.factories import FindingFactory, RepositoryFactory

pytestmark = pytest.mark.django_db
URL = "/api/v1/campaigns/"


def wanted(**values):
    day = timezone.localdate() + timedelta(30)
    return {
        "name": "Reverse names",
        "rules": ["mod08"],
        "scope": "fleet",
        "target_on": day,
        **values,
    }


def test_a_campaign_is_drafted_started_watched_and_closed(bot, administrator):
    FindingFactory.create_batch(2)
    client = bot("campaign:read", "campaign:write", person=administrator)
    made = client.post(URL, wanted())
    assert (made.status_code, made["Location"]) == (201, f"{URL}reverse-names/")
    assert (made.data["state"], made.data["rules"], made.data["version"]) == ("draft", ["MOD08"], 1)
    changed = client.patch(made["Location"], {"version": 1, "why": "So that queries read well."})
    assert (changed.data["version"], changed.data["scope"]) == (2, "fleet")
    started = client.post(f"{made['Location']}start/", {"version": 2})
    assert (started.data["state"], started.data["remaining"]) == ("running", 2)
    assert [point["remaining"] for point in started.data["burn_down"]] == [2]
    assert started.data["by_rule"][0]["code"] == "MOD08"
    rows = client.get(f"{made['Location']}repositories/?limit=1").data
    assert (rows["count"], rows["results"][0]["remaining"]) == (2, 1)
    late = client.post(f"{made['Location']}close/", {"version": 2})
    assert (late.status_code, late.data["code"]) == (409, "campaign_changed")
    closed = client.post(f"{made['Location']}close/", {"version": 3, "stands": True})
    assert (closed.data["state"], closed.data["stands"]) == ("closed", True)
    assert client.get(f"{URL}?state=running").data["results"] == []
    assert len(client.get(f"{URL}?state=closed").data["results"]) == 1


def test_acts_need_their_scope_and_their_person(bot, administrator, user):
    team = team_create(name="Payments")
    FindingFactory(repository=RepositoryFactory(team=team))
    assert bot("campaign:read").post(URL, wanted()).data["code"] == "scope_missing"
    assert bot("campaign:write").get(URL).data["code"] == "scope_missing"
    values = wanted(scope="teams", teams=["payments"])
    refused = bot(person=user).post(URL, values)
    assert (refused.status_code, refused.data["code"]) == (403, "campaign_not_yours")
    made = bot(person=administrator).post(URL, values)
    assert made.data["teams"] == ["payments"]
    refused = bot(person=user).delete(f"{made['Location']}?version=1")
    assert refused.data["code"] == "campaign_not_yours"
    assert bot(person=administrator).delete(f"{made['Location']}?version=1").status_code == 204
    assert not Campaign.objects.exists()


@pytest.mark.parametrize(
    "values",
    [
        {"rules": ["XXX99"]},
        {"rules": []},
        {"scope": "teams"},
        {"scope": "teams", "teams": ["nobody"]},
        {"target_on": "2020-01-01"},
        {"owner": "nobody@example.org"},
    ],
)
def test_what_cannot_be_used_is_refused_with_a_reason(bot, administrator, values):
    refused = bot(person=administrator).post(URL, wanted(**values))
    assert refused.status_code in (400, 404)
    assert refused.data["detail"]


def test_a_list_takes_few_queries_however_long_it_is(
    bot, administrator, django_assert_max_num_queries
):
    client = bot(person=administrator)
    for _ in range(4):
        client.post(URL, wanted())
    with django_assert_max_num_queries(6):
        assert len(client.get(URL).data["results"]) == 4
