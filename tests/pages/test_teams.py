"""Pages of teams: what their repositories add up to, and who may change what."""

import pytest

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import Membership, Team, User
from apps.repositories.models import Repository

pytestmark = pytest.mark.usefixtures("fleet")


def client_of(email):
    client = Client()
    client.force_login(User.objects.get(email=email))
    return client


def told(client, path, **sent):
    return client.post(path, sent, follow=True).content.decode()


def test_a_team_counts_its_own_repositories_and_those_of_the_teams_in_it(signed_in, fleet):
    rows = {row.team.slug: row for row in signed_in.get("/teams/").context["teams"]}
    assert list(rows) == ["commerce", "payments", "storefront", "platform"]
    assert [rows[slug].repositories for slug in rows] == [4, 2, 2, 3]
    outer, inner = rows["commerce"], (rows["payments"], rows["storefront"])
    assert outer.must_open == sum(row.must_open for row in inner)
    assert rows["platform"].plumb == 2
    assert rows["payments"].members == 2
    assert outer.history


def test_a_team_s_page_tells_the_worst_rules_and_the_cheapest_tasks(signed_in):
    page = signed_in.get("/teams/commerce/")
    worst, tasks = page.context["worst"], page.context["tasks"]
    assert [rule.failing for rule in worst] == sorted(
        (rule.failing for rule in worst), reverse=True
    )
    assert {task.level for task in tasks} == {"MUST"}
    assert [task.minutes for task in tasks] == sorted(task.minutes for task in tasks)
    assert sum(one.count for one in page.context["card"].overview.distribution) == 4
    every = signed_in.get("/teams/commerce/?tab=tasks").context["tasks"]
    assert [task.code for task in every[: len(tasks)]] == [task.code for task in tasks]
    part = signed_in.get(
        "/teams/commerce/?tab=trend", headers={"HX-Request": "true", "HX-Target": "div#tab"}
    )
    assert part.content.strip().startswith(b'<div id="tab"')
    assert part.context["charts"].score["data"]


def test_administrators_make_and_remove_teams_and_leads_change_their_own(signed_in, fleet):
    fields = {"name": "Data", "parent": "commerce", "handles": "shop/data\n@shop/bi"}
    assert "The team Data was made" in told(signed_in, "/teams/new/", **fields)
    made = Team.objects.get(slug="data")
    assert (made.parent.slug, made.handles) == ("commerce", ["shop/bi", "shop/data"])
    assert "There is a team of this name already" in told(signed_in, "/teams/new/", **fields)
    nested = {"name": "Deeper", "parent": "data"}
    assert "Select a valid choice" in told(signed_in, "/teams/new/", **nested)
    lead = client_of("lead@example.org")
    assert "The team was changed" in told(lead, "/teams/payments/edit/", name="Payments & more")
    assert lead.get("/teams/platform/edit/").status_code == 403
    assert lead.get("/teams/new/").status_code == 403
    assert lead.post("/teams/payments/remove/").status_code == 403
    assert "Its repositories stay" in told(signed_in, "/teams/payments/remove/")
    assert Repository.objects.get(name="billing").team is None


def test_leads_say_who_is_in_a_team_and_members_do_not(fleet):
    lead, member = client_of("lead@example.org"), client_of("member@example.org")
    path = "/teams/payments/member/"
    put = {"act": "put", "email": "member@example.org", "role": "lead"}
    assert member.post(path, put).status_code == 403
    assert b"Add somebody" not in member.get("/teams/payments/?tab=members").content
    assert "member@example.org is a lead of Payments" in told(lead, path, **put)
    assert "Nobody signs in as no@example.org" in told(
        lead, path, **put | {"email": "no@example.org"}
    )
    assert "Give an e-mail address" in told(lead, path, **put | {"role": "queen"})
    assert "no longer in" in told(lead, path, act="remove", email="member@example.org")
    assert not Membership.objects.filter(user__email="member@example.org").exists()


def test_a_repository_that_names_the_team_as_its_owner_can_be_taken_in(signed_in, fleet):
    page = signed_in.get("/teams/payments/?tab=repositories")
    assert page.context["suggested"] == [fleet["reporting"]]
    assert "reporting now belongs to Payments" in told(
        signed_in, "/teams/payments/take/", repository="reporting"
    )
    assert signed_in.get("/teams/payments/?tab=repositories").context["suggested"] == []
    lead = client_of("lead@example.org")
    assert "Only an administrator" in told(lead, "/teams/payments/take/", repository="identity")


def test_a_rule_s_page_tells_how_a_team_follows_it_and_who_does_best(signed_in):
    fleet = signed_in.get("/rules/TOOL02/").context["fleet"]
    shares = [row.share for row in fleet.failing]
    assert shares == sorted(shares)
    assert all(row.share == 1 and row.state == "pass" for row in fleet.exemplars)
    assert fleet.charts.score["data"][0]["y"][-1] == pytest.approx(
        fleet.totals.share * 100, abs=0.1
    )
    team = signed_in.get("/rules/TOOL02/?team=commerce").context["fleet"]
    assert (team.totals.applicable, team.failing.paginator.count) == (4, 4)
    lead = client_of("lead@example.org")
    for path in ("/rules/TOOL02/", "/teams/payments/", "/teams/payments/?tab=trend"):
        with CaptureQueriesContext(connection) as asked:
            assert lead.get(path).status_code == 200
        assert len(asked) <= 12, path
