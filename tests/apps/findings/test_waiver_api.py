"""Waivers over the API."""

import pytest

from apps.findings.models import Finding, Waiver
from tests.apps.factories import FindingFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def finding():
    return FindingFactory()


def ask(client, finding, **what):
    what = what or {"finding": finding.pk}
    address = f"/api/v1/repositories/{finding.repository.slug}/waivers/"
    return client.post(address, {"reason": "old clients", **what})


def test_a_bot_asks_and_an_administrator_decides(bot, finding, administrator):
    asked = ask(bot("waiver:write"), finding)
    assert asked.status_code == 201
    assert asked.data["state"] == "requested"
    address = f"/api/v1/waivers/{asked.data['id']}/"
    decide = {"decision": "approve", "version": asked.data["version"], "note": "fine"}
    decided = bot("waiver:decide", person=administrator).post(f"{address}decision/", decide)
    assert (decided.status_code, decided.data["state"]) == (200, "approved")
    assert decided.data["decided_by"] == administrator.email
    shown = bot("finding:read").get(address)
    assert shown.data["version"] == 2
    seen = bot("finding:read").get(f"/api/v1/findings/{finding.pk}/").data
    assert (seen["state"], seen["waiver"]) == ("waived", asked.data["id"])
    assert [event["kind"] for event in seen["events"]] == ["waived"]


def test_each_act_needs_its_scope(bot, finding, administrator):
    client = bot("finding:read", person=administrator)
    assert ask(client, finding).data["code"] == "scope_missing"
    asked = ask(bot("waiver:write", person=administrator), finding).data
    decision = {"decision": "decline", "version": 1}
    for scopes in ("finding:read", "waiver:write"):
        refused = bot(scopes, person=administrator).post(
            f"/api/v1/waivers/{asked['id']}/decision/", decision
        )
        assert (refused.status_code, refused.data["code"]) == (403, "scope_missing")


def test_who_may_not_decide_is_told_who_may(bot, finding):
    asked = ask(bot(), finding).data
    refused = bot().post(
        f"/api/v1/waivers/{asked['id']}/decision/", {"decision": "approve", "version": 1}
    )
    assert (refused.status_code, refused.data["code"]) == (403, "waiver_not_yours")


def test_a_stale_decision_is_a_conflict(bot, finding, administrator):
    asked = ask(bot(), finding).data
    decide = {"decision": "decline", "version": 1}
    client = bot(person=administrator)
    address = f"/api/v1/waivers/{asked['id']}/decision/"
    assert client.post(address, decide).status_code == 200
    refused = client.post(address, decide)
    assert (refused.status_code, refused.data["code"]) == (409, "waiver_changed")


def test_the_same_request_twice_is_a_conflict(bot, finding):
    assert ask(bot(), finding).status_code == 201
    again = ask(bot(), finding)
    assert (again.status_code, again.data["code"]) == (409, "waiver_exists")


def test_it_is_taken_back(bot, finding):
    asked = ask(bot(), finding).data
    done = bot("waiver:write").post(f"/api/v1/waivers/{asked['id']}/withdrawal/", {"version": 1})
    assert done.data["state"] == "withdrawn"
    assert Finding.objects.get().state == "open"


def test_lists_are_filtered_and_the_inbox_is_what_one_may_decide(bot, finding, administrator):
    slug = finding.repository.slug
    ask(bot(), finding)
    ask(bot(), finding, code="MOD07", path_pattern="apps/orders")
    ask(bot(), FindingFactory())
    reader = bot("finding:read")
    own = reader.get(f"/api/v1/repositories/{slug}/waivers/").data["results"]
    assert [row["scope"] for row in own] == ["path", "finding"]
    some = reader.get(f"/api/v1/repositories/{slug}/waivers/?scope=path").data["results"]
    assert [row["path_pattern"] for row in some] == ["apps/orders"]
    assert reader.get("/api/v1/waivers/?inbox=true").data["results"] == []
    inbox = bot(person=administrator).get("/api/v1/waivers/?inbox=true").data["results"]
    assert len(inbox) == Waiver.objects.count() == 3


def test_a_list_takes_few_queries_however_long_it_is(bot, finding, django_assert_max_num_queries):
    for _ in range(5):
        ask(bot(person=UserFactory()), FindingFactory(repository=finding.repository))
    reader = bot("finding:read")
    with django_assert_max_num_queries(6):
        assert len(reader.get("/api/v1/waivers/").data["results"]) == 5
