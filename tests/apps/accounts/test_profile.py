"""Somebody's own page."""

import pytest
from rest_framework.test import APIClient

from apps.accounts.models import ApiToken, AuditEvent, Membership
from apps.accounts.services import member_put, team_create, token_create
from tests.apps.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def me(client, user):
    client.force_login(user)
    return client


def test_a_token_is_made_shown_once_used_and_revoked(me, user):
    page = me.get("/profile/")
    assert b"No token yet" in page.content
    form = {"name": "CI", "days": "30", "scopes": ["scan:read", "campaign:read"]}
    made = me.post("/profile/tokens/", form)
    token = ApiToken.objects.get()
    text = made.context["made"]["text"]
    assert text in made.content.decode()
    assert "no-store" in made["Cache-Control"]
    assert text not in me.get("/profile/").content.decode()
    assert sorted(token.scopes) == ["campaign:read", "scan:read"]
    bot = APIClient()
    bot.credentials(HTTP_AUTHORIZATION=f"Bearer {text}")
    assert bot.get("/api/v1/campaigns/").status_code == 200
    assert bot.get("/api/v1/teams/").status_code == 403
    assert me.post(f"/profile/tokens/{token.pk}/revoke/").status_code == 302
    assert bot.get("/api/v1/campaigns/").status_code == 401
    assert "revoked" in me.get("/profile/").content.decode()
    actions = set(AuditEvent.objects.values_list("action", flat=True))
    assert {"token.create", "token.revoke"} <= actions


def test_what_is_missing_is_said_and_others_tokens_are_not_there(me):
    refused = me.post("/profile/tokens/", {"name": "CI", "days": "9999"})
    assert refused.status_code == 200
    assert refused.content.count(b"errorlist") == 2
    assert not ApiToken.objects.exists()
    other, _ = token_create(user=UserFactory(), name="other", scopes=["scan:read"])
    assert me.post(f"/profile/tokens/{other.pk}/revoke/").status_code == 404
    assert other.name not in me.get("/profile/").content.decode()


def test_names_and_digests_are_chosen(me, user, django_assert_max_num_queries):
    teams = [team_create(name=name) for name in ("Payments", "Search", "Ledger")]
    for team in teams[:2]:
        member_put(team=team, user=user)
    for number in range(30):
        token_create(user=user, name=f"bot {number}", scopes=["scan:read"])
    with django_assert_max_num_queries(12):
        page = me.get("/profile/?page=2").content.decode()
    assert page.count("checked") >= 2
    assert "Ledger" not in page
    me.post("/profile/name/", {"first_name": "Ada", "last_name": "L\u202e"})
    user.refresh_from_db()
    assert user.get_full_name() == "Ada L\\u202e"
    me.post("/profile/digests/", {"team": [teams[1].pk]})
    assert dict(Membership.objects.values_list("team__name", "wants_digest")) == {
        "Payments": False,
        "Search": True,
    }
    page = me.post("/profile/digests/", {"team": [teams[2].pk]}, follow=True)
    assert b"none of your teams" in page.content


def test_strangers_are_sent_to_sign_in(client):
    assert client.get("/profile/")["Location"].startswith("/accounts/login/")
    assert client.post("/profile/tokens/", {}).status_code == 302
