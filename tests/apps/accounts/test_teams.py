import pytest

from django.db import IntegrityError, transaction

from apps.accounts.models import AuditEvent, Membership, Team
from apps.accounts.selectors import team_get_for_change, team_ids_under, team_may_change
from apps.accounts.services import (
    member_put,
    member_remove,
    team_create,
    team_delete,
    team_update,
)
from apps.accounts.services.teams import TeamExists, TeamNested
from core.exceptions import Forbidden, Invalid
from tests.apps.factories import UserFactory

pytestmark = pytest.mark.django_db


def test_a_team_is_made_with_its_handles_in_one_spelling():
    team = team_create(name="Payments", handles=["@Shop/Payments", "shop/payments "])
    assert (team.slug, team.handles) == ("payments", ["shop/payments"])
    assert AuditEvent.objects.get().action == "team.create"


@pytest.mark.parametrize("name", ["", "  ", "!!!", "New"])
def test_a_name_that_gives_no_address_is_refused(name):
    with pytest.raises(Invalid):
        team_create(name=name)


@pytest.mark.parametrize("handle", ["a b", "../x", "-x", "x" * 200, "é/x"])
def test_a_handle_that_no_forge_knows_is_refused(handle):
    with pytest.raises(Invalid):
        team_create(name="Payments", handles=[handle])


def test_two_teams_of_one_name_are_refused_in_any_case():
    team_create(name="Payments")
    with pytest.raises(TeamExists):
        team_create(name="payments")


def test_teams_stand_one_inside_another_and_no_deeper():
    top = team_create(name="Commerce")
    inner = team_create(name="Payments", parent=top)
    assert team_ids_under(team=top) == [top.pk, inner.pk]
    with pytest.raises(TeamNested):
        team_create(name="Cards", parent=inner)
    other = team_create(name="Platform")
    with pytest.raises(TeamNested):
        team_update(team=top, parent=other)
    with pytest.raises(TeamNested):
        team_update(team=other, parent=other)
    assert team_update(team=inner, parent=None).parent is None


def test_the_database_refuses_a_team_inside_itself():
    team = team_create(name="Payments")
    with pytest.raises(IntegrityError), transaction.atomic():
        Team.objects.filter(pk=team.pk).update(parent=team)


def test_a_change_is_recorded_with_before_and_after_and_none_is_not():
    team = team_create(name="Payments")
    team_update(team=team, name="Money")
    team_update(team=team, name="Money")
    (event,) = AuditEvent.objects.filter(action="team.update")
    assert (event.detail["before"]["name"], event.detail["after"]["name"]) == ("Payments", "Money")


def test_a_removed_team_leaves_its_repositories_and_inner_teams(repository):
    top = team_create(name="Commerce")
    inner = team_create(name="Payments", parent=top)
    repository.team = top
    repository.save()
    team_delete(team=top)
    repository.refresh_from_db()
    inner.refresh_from_db()
    assert repository.team is None
    assert inner.parent is None


def test_a_member_is_taken_in_once_and_may_become_lead(user):
    team = team_create(name="Payments")
    member_put(team=team, user=user)
    member_put(team=team, user=user)
    assert not team_may_change(user=user, team=team)
    member_put(team=team, user=user, role="lead")
    assert Membership.objects.get().role == "lead"
    assert team_may_change(user=user, team=team)
    member_remove(team=team, user=user)
    member_remove(team=team, user=user)
    assert not Membership.objects.exists()
    actions = [event.action for event in AuditEvent.objects.filter(target="team:payments")]
    assert actions.count("team.member_put") == 2
    assert actions.count("team.member_remove") == 1


def test_who_leads_the_outer_team_may_change_the_inner_one(user):
    top = team_create(name="Commerce")
    inner = team_create(name="Payments", parent=top)
    with pytest.raises(Forbidden):
        team_get_for_change(user=user, slug=inner.slug)
    member_put(team=top, user=user, role="lead")
    assert team_get_for_change(user=user, slug=inner.slug) == inner


def test_teams_are_made_over_the_api_by_administrators_alone(bot, administrator):
    answer = bot().post("/api/v1/teams/", {"name": "Payments"})
    assert answer.status_code == 403
    client = bot(person=administrator)
    assert client.post("/api/v1/teams/", {"name": "Commerce"}).status_code == 201
    answer = client.post("/api/v1/teams/", {"name": "Payments", "part_of": "commerce"})
    assert answer["Location"] == "/api/v1/teams/payments/"
    assert answer.json()["part_of"] == "commerce"
    assert client.patch("/api/v1/teams/payments/", {"part_of": None}).json()["part_of"] is None
    person = UserFactory()
    put = client.put("/api/v1/teams/payments/members/", {"email": person.email, "role": "lead"})
    assert put.json() == {"email": person.email, "role": "lead"}
    assert client.get("/api/v1/teams/payments/members/").json() == [put.json()]
    gone = client.delete(f"/api/v1/teams/payments/members/?email={person.email}")
    assert gone.status_code == 204
    assert client.delete("/api/v1/teams/payments/").status_code == 204
    assert [team["slug"] for team in client.get("/api/v1/teams/").json()["results"]] == ["commerce"]
