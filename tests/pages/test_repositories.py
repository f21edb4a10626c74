"""The table of repositories: what an address asks for, what is on screen as CSV, acts on many."""

import csv
import io

import pytest

from django.test import Client

from apps.accounts.models import AuditEvent, User
from apps.repositories.models import Repository
from apps.scans.models import Scan
from apps.scorecards.repository_query import COLUMNS

pytestmark = pytest.mark.usefixtures("fleet")


def shown(client, query):
    page = client.get(f"/repositories/{query}")
    return [row.figures.name for row in page.context["page"]]


def table(client, query):
    answer = client.get(f"/repositories.csv{query}")
    return list(csv.DictReader(io.StringIO(b"".join(answer).decode())))


def test_the_address_says_which_repositories_in_which_order(signed_in):
    assert shown(signed_in, "?team=payments") == ["billing", "payments-api"]
    assert shown(signed_in, "?team=commerce&sort=-name") == [
        *("storefront", "payments-api", "partner-portal", "billing"),
    ]
    assert shown(signed_in, "?team=commerce&tag=critical&q=bill") == ["billing"]
    assert shown(signed_in, "?trouble=failed") == ["legacy-crm"]
    assert shown(signed_in, "?standing=plumb") == ["identity", "notifications"]
    assert "legacy-crm" not in shown(signed_in, "?score=0-100")
    by_week = shown(signed_in, "?sort=-week")
    assert set(by_week[-4:]) == {"data-platform", "design-tokens", "legacy-crm", "mobile-backend"}
    nonsense = "?sort=nothing&standing=x&score=9&trouble=y&provider=z&page=nine&columns=q&view=q"
    assert len(shown(signed_in, nonsense)) == 16
    assert shown(signed_in, "?team=nobody&tag=%00") == []


def test_columns_may_be_chosen_and_a_form_s_blanks_leave_the_address(signed_in):
    page = signed_in.get("/repositories/?q=&team=commerce&columns=score&columns=must")
    assert page["HX-Replace-Url"] == "/repositories/?team=commerce&columns=score&columns=must"
    head = page.content.decode().partition("</thead>")[0]
    assert head.count('scope="col"') == 3
    assert "12 weeks" not in head.partition("<thead")[2]


def test_csv_has_all_of_what_is_on_screen_and_no_formula(signed_in):
    rows = table(signed_in, "?team=commerce&sort=-score&columns=score&columns=standing")
    assert [row["Repository"] for row in rows] == shown(signed_in, "?team=commerce&sort=-score")
    assert list(rows[0]) == [
        *("Repository", "URL", "Branch", "Team", "Tags", "Commit", "Standing", "Score"),
    ]
    Repository.objects.filter(name="billing").update(name="=1+1")
    assert "'=1+1" in [row["Repository"] for row in table(signed_in, "")]
    matrix = table(signed_in, "?view=matrix&q=storefront")
    assert 0 <= float(matrix[0]["Models"]) <= 100


def test_an_address_does_not_name_columns_when_all_are_ticked(signed_in):
    part = {"HX-Request": "true", "HX-Target": "div#listing"}
    ticked = "&".join(f"columns={name}" for name in COLUMNS)
    page = signed_in.get(f"/repositories/?q=pay&team=&{ticked}", headers=part)
    assert page["HX-Replace-Url"] == "/repositories/?q=pay"
    some = signed_in.get("/repositories/?q=pay&team=&columns=must&columns=score", headers=part)
    assert some["HX-Replace-Url"] == "/repositories/?q=pay&columns=score&columns=must"


def test_the_matrix_shows_shares_and_sorts_by_a_section(signed_in):
    page = signed_in.get("/repositories/?view=matrix&sort=-section:Ruff%20Configuration")
    matrix = page.context["listing"].matrix
    place = [column.label for column in matrix.columns].index("Ruff Configuration")
    shares = [line.cells[place].percent for line in matrix.rows]
    known = [int(share) for share in shares if share]
    assert known == sorted(known, reverse=True)
    assert shares[len(known) :] == [""] * (len(shares) - len(known))
    assert b'aria-sort="descending"' in page.content
    assert len(page.content) < 150_000


def test_many_are_scanned_grouped_and_tagged_by_who_may(signed_in, fleet):
    before = Scan.objects.count()
    ticked = {"repository": ["billing", "storefront"]}
    told = signed_in.post("/repositories/many/act/?team=commerce", {**ticked, "act": "scan"})
    assert told.url == "/repositories/?team=commerce"
    assert set(Scan.objects.order_by("-id")[: Scan.objects.count() - before]) <= set(
        Scan.objects.filter(repository__name__in=["billing", "storefront"], lane="bulk")
    )
    signed_in.post("/repositories/many/act/", {**ticked, "act": "team", "team": "platform"})
    signed_in.post("/repositories/many/act/", {**ticked, "act": "tag", "tag": "Late, loud"})
    billing = Repository.objects.select_related("team").get(name="billing")
    assert billing.team.slug == "platform"
    assert billing.tags == ["critical", "late", "loud"]
    everything = {"all": "1", "act": "team", "team": "none"}
    signed_in.post("/repositories/many/act/?team=platform", everything)
    assert not Repository.objects.filter(team__slug="platform").exists()
    assert AuditEvent.objects.filter(action="repository.update").count() == 9
    for wrong, answer in (
        ({"act": "scan"}, "No repository was chosen"),
        ({**ticked, "act": "team"}, "nothing to do"),
        ({**ticked, "act": "tag", "tag": "!"}, "cannot be used"),
        ({**ticked, "act": "team", "team": "nobody"}, "no such team"),
    ):
        page = signed_in.post("/repositories/many/act/", wrong, follow=True)
        assert answer in page.content.decode()


def test_a_lead_acts_on_the_repositories_of_the_team_alone(fleet):
    lead = Client()
    lead.force_login(User.objects.get(email="lead@example.org"))
    ticked = {"repository": ["billing", "storefront"], "act": "tag", "tag": "mine"}
    page = lead.post("/repositories/many/act/", ticked, follow=True)
    assert "1 repository has the tag mine. 1 are not yours to change." in page.content.decode()
    assert list(Repository.objects.filter(tags__contains=["mine"])) == [fleet["billing"]]
    member = Client()
    member.force_login(User.objects.get(email="member@example.org"))
    page = member.post("/repositories/many/act/", ticked, follow=True)
    assert "You may change none of these" in page.content.decode()
    assert b'name="repository"' not in member.get("/repositories/").content
