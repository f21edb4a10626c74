"""Policies over the API, from the first draft to what holds for a repository."""

import pytest

from apps.accounts.models import AuditEvent
from apps.accounts.services import member_put, team_create
from tests.apps.factories import RepositoryFactory, UserFactory
from tests.apps.scorecards.test_policy_effects import OFF, judged

pytestmark = pytest.mark.django_db

FLEET = "/api/v1/policy/layers/fleet/"


@pytest.fixture
def client(bot, administrator):
    return bot("policy:read", "policy:write", person=administrator)


def test_a_policy_is_drafted_looked_at_and_published(client, administrator):
    shop = judged(RepositoryFactory(name="Shop", slug="shop", tags=["legacy"])).repository
    judged(violations=0)
    assert client.get(FLEET).json() == {
        "key": "fleet", "scope": "fleet", "team": None, "tag": "", "version": 0, "content": {},
        "has_draft": False, "revision": 0,
    }  # fmt: skip
    found = client.post(f"{FLEET}what-if/", {"content": OFF, "limit": 1}).json()
    assert (found["repositories"], found["moved"], found["become_plumb"]) == (2, 1, 1)
    assert [(one["repository"], one["delta"]) for one in found["effects"]] == [("shop", 20.0)]
    assert found["effects"][0]["after"]["standing"] == "plumb"
    assert client.get("/api/v1/policy/layers/").json()["results"] == []

    response = client.put(f"{FLEET}draft/", {"content": OFF, "revision": 0})
    assert (response.status_code, response.json()["revision"]) == (200, 1)
    assert response.json()["changes"] == ["MOD08: mode as the guide has it → off"]
    assert client.post(f"{FLEET}what-if/", {"offset": 2}).json()["moved"] == 1
    response = client.post(f"{FLEET}versions/", {"revision": 1, "reason": "too loud"})
    assert (response.status_code, response.json()["author"]) == (201, administrator.email)
    (version,) = client.get(f"{FLEET}versions/").json()["results"]
    assert (version["version"], version["reason"], version["content"]) == (1, "too loud", OFF)
    assert client.get(f"{FLEET}draft/").json()["content"] is None
    assert [one["key"] for one in client.get("/api/v1/policy/layers/").json()["results"]] == [
        "fleet"
    ]

    legacy = "/api/v1/policy/layers/tag:legacy/"
    client.put(f"{legacy}draft/", {"content": {"rules": {"MOD08": {"mode": "on"}}}, "revision": 0})
    client.post(f"{legacy}versions/", {"revision": 1, "reason": "old"})
    holds = client.get(f"/api/v1/repositories/{shop.slug}/policy/").json()
    assert holds["layers"] == ["fleet", "tag:legacy"]
    assert holds["content"] == {"rules": {"MOD08": {"mode": "on"}}}
    assert holds["terms"]["MOD08"] == {"level": "MUST", "weight": 10, "mode": "on"}
    acts = AuditEvent.objects.filter(action__startswith="policy").order_by("id")
    assert [(act.action, act.target) for act in acts] == [
        ("policy.draft_save", "policy:fleet"), ("policy.publish", "policy:fleet"),
        ("policy.draft_save", "policy:tag:legacy"), ("policy.publish", "policy:tag:legacy"),
    ]  # fmt: skip


def test_an_old_revision_is_a_conflict_and_changes_nothing(client):
    client.put(f"{FLEET}draft/", {"content": OFF, "revision": 0})
    late = [
        client.put(f"{FLEET}draft/", {"content": {}, "revision": 0}),
        client.post(f"{FLEET}versions/", {"revision": 0, "reason": "x"}),
        client.delete(f"{FLEET}draft/?revision=0"),
    ]
    assert [(one.status_code, one.json()["code"]) for one in late] == [(409, "draft_outdated")] * 3
    assert client.get(f"{FLEET}draft/").json()["content"] == OFF
    assert client.delete(f"{FLEET}draft/").status_code == 400
    assert client.delete(f"{FLEET}draft/?revision=1").status_code == 204


@pytest.mark.parametrize(
    "content",
    [{"rules": {"NONE99": {}}}, {"weights": {"MUST": 500}}, [], "x", None, {"waiver_days": 0}],
)
def test_what_cannot_be_applied_is_a_problem_with_a_remedy(client, content):
    for response in (
        client.put(f"{FLEET}draft/", {"content": content, "revision": 0}),
        client.post(f"{FLEET}what-if/", {"content": content}),
    ):
        assert response.status_code == 400
        assert response.json()["code"] in ("policy_invalid", "invalid")


def test_readers_look_and_leads_draft_for_their_team(bot):
    lead = UserFactory()
    member_put(team=team_create(name="Payments"), user=lead, role="lead")
    own, client = "/api/v1/policy/layers/team:payments/", bot(person=lead)
    assert client.put(f"{own}draft/", {"content": OFF, "revision": 0}).status_code == 200
    assert client.post(f"{own}versions/", {"revision": 1, "reason": "x"}).status_code == 403
    assert client.put(f"{FLEET}draft/", {"content": OFF, "revision": 0}).status_code == 403
    assert client.post(f"{FLEET}what-if/", {"content": OFF}).status_code == 200
