"""Pages as a client without a browser sees them: how much they ask, what they answer."""

import pytest

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

QUERIES = 12

pytestmark = pytest.mark.usefixtures("fleet")


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/repositories/",
        "/repositories/?q=pay&sort=-score&standing=leaning",
        "/repositories/?view=matrix&sort=section:Models",
        "/repositories.csv?team=commerce",
        "/teams/",
        "/teams/commerce/",
        "/teams/commerce/?tab=repositories&sort=-score",
        "/teams/payments/?tab=repositories",
        "/teams/commerce/?tab=tasks",
        "/teams/commerce/?tab=trend&period=365",
        "/teams/payments/?tab=members",
        "/teams/payments/edit/",
        "/trends/",
        "/trends/?team=commerce&rule=TOOL02&period=1095",
        "/trends/?repository=storefront&section=Models",
        "/trends.csv?level=MUST",
        "/repositories/storefront/",
        "/repositories/storefront/?tab=findings&level=MUST&page=2",
        "/repositories/storefront/?tab=rules",
        "/repositories/storefront/?tab=ruff",
        "/repositories/storefront/?tab=ruff&family=D",
        "/repositories/storefront/?tab=migrations",
        "/repositories/storefront/?tab=migrations&rule=ban-drop-column",
        "/repositories/storefront/?tab=trend",
        "/repositories/storefront/?tab=facts",
        "/repositories/storefront/?tab=scans",
        "/repositories/storefront/history/",
        "/repositories/storefront/webhook/",
        "/repositories/register/",
        "/guide/",
        "/guide/?q=name&coverage=covered",
        "/rules/",
        "/rules/MOD08/",
        "/rules/TOOL02/?team=commerce",
    ],
)
def test_a_page_asks_the_database_a_bounded_number_of_questions(
    signed_in, path, django_assert_max_num_queries
):
    with django_assert_max_num_queries(QUERIES):
        response = signed_in.get(path)
        b"".join(response) if response.streaming else response.content
    assert response.status_code == 200


def test_a_list_asks_no_more_for_more_rows(signed_in):
    counts = []
    for path in ("/repositories/", "/repositories/?q=payments"):
        with CaptureQueriesContext(connection) as asked:
            signed_in.get(path)
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_htmx_gets_the_part_that_it_will_replace(signed_in):
    url = "/repositories/storefront/?tab=rules"
    page = signed_in.get(url)
    part = signed_in.get(url, headers={"HX-Request": "true", "HX-Target": "div#tab"})
    assert b"<!doctype html>" in page.content
    assert part.content.strip().startswith(b'<div id="tab"')
    assert b"<html" not in part.content
    assert part.content.strip() in page.content
    assert "no-store" in part["Cache-Control"]
    assert {"HX-Request", "HX-Target"} <= set(page["Vary"].split(", "))


def test_the_ruff_tab_shows_families_rules_and_files_with_or_without_htmx(signed_in):
    url = "/repositories/storefront/?tab=ruff"
    page = signed_in.get(url).content.decode()
    for text in ("Clean files by rule family", "flake8-bugbear", "Undocumented public method"):
        assert text in page
    assert "no part of the score" in page
    assert "apps/orders/generated.py" in page
    part = signed_in.get(url, headers={"HX-Request": "true", "HX-Target": "div#tab"})
    assert part.content.decode().strip() in page


def test_a_family_of_the_ruff_tab_shows_its_own_rules_alone(signed_in):
    view = signed_in.get("/repositories/storefront/?tab=ruff&family=D").context["ruff"]
    assert {row.code[0] for row in view.codes} == {"D"}
    assert (view.chosen.family, view.hidden, len(view.families)) == ("D", 0, 14)
    everything = signed_in.get("/repositories/storefront/?tab=ruff&family=none").context["ruff"]
    assert everything.chosen is None
    assert [row.count for row in everything.codes] == sorted(
        (row.count for row in everything.codes), reverse=True
    )


def test_a_commit_that_ruff_has_not_seen_says_so(signed_in):
    from apps.scans.models import LintReport

    LintReport.objects.update(data={}, problem="Ruff could not be run: no memory.")
    page = signed_in.get("/repositories/storefront/?tab=ruff").content
    assert b"Ruff could not be run: no memory." in page
    LintReport.objects.all().delete()
    assert b"Not linted yet" in signed_in.get("/repositories/storefront/?tab=ruff").content


def test_the_migrations_tab_shows_rules_places_and_reasons_with_or_without_htmx(signed_in):
    url = "/repositories/storefront/?tab=migrations"
    page = signed_in.get(url).content.decode()
    for text in (
        "findings in the SQL of migrations",
        "A column goes that old code may still read",
        "The field class <code>payments.fields.MoneyField</code>",
        "Squawk crashed on it",
        "no part of the score",
    ):
        assert text in page
    part = signed_in.get(url, headers={"HX-Request": "true", "HX-Target": "div#tab"})
    assert part.content.decode().strip() in page


def test_a_rule_of_the_migrations_tab_shows_all_of_its_own_places(signed_in):
    url = "/repositories/storefront/?tab=migrations"
    view = signed_in.get(f"{url}&rule=changing-column-type").context["migrations"]
    (group,) = view.groups
    assert (view.chosen.rule, group.hidden, len(group.findings)) == ("changing-column-type", 0, 18)
    everything = signed_in.get(f"{url}&rule=none").context["migrations"]
    assert everything.chosen is None
    assert (len(everything.groups), everything.groups[0].hidden) == (6, 13)


@pytest.mark.parametrize(
    ("slug", "text"),
    [
        ("identity", b"Not on PostgreSQL"),
        ("notifications", b"No migrations"),
        ("warehouse-sync", b"Squawk could not be started."),
    ],
)
def test_migrations_without_findings_say_why(signed_in, slug, text):
    assert text in signed_in.get(f"/repositories/{slug}/?tab=migrations").content


def test_migrations_that_nobody_has_looked_at_say_so(signed_in):
    from apps.scans.models import MigrationLint, MigrationReport

    url = "/repositories/storefront/?tab=migrations"
    MigrationLint.objects.update(data={"of": "an older version"})
    assert b"The next scan makes the SQL again" in signed_in.get(url).content
    MigrationReport.objects.all().delete()
    assert b"Not looked at yet" in signed_in.get(url).content


def test_a_part_that_the_page_does_not_have_gives_the_page(signed_in):
    response = signed_in.get(
        "/repositories/storefront/", headers={"HX-Request": "true", "HX-Target": "div#nothing"}
    )
    assert b"<!doctype html>" in response.content


def test_somebody_unknown_is_sent_to_sign_in_and_a_part_of_a_page_is_refused(db):
    page = Client().get("/repositories/")
    assert page.status_code == 302
    assert page["Location"].startswith("/accounts/login/")
    part = Client().get("/repositories/", headers={"HX-Request": "true"})
    assert part.status_code == 401
    assert b"<form" not in part.content


@pytest.mark.parametrize("path", ["/repositories/none/", "/rules/NONE01/"])
def test_what_is_not_there_is_a_page_that_says_so(signed_in, path):
    response = signed_in.get(path)
    assert response.status_code == 404
    assert b"Nothing hangs here" in response.content


@pytest.mark.parametrize(
    "query",
    [
        "?page=x",
        "?page=-3",
        "?tab=none",
        "?tab=findings&state=none&level=none&code=none",
        "?tab=ruff&family=none",
        "?page=999",
    ],
)
def test_an_address_that_makes_no_sense_shows_what_comes_nearest(signed_in, query):
    assert signed_in.get(f"/repositories/storefront/{query}").status_code == 200


@pytest.mark.parametrize("query", ["?score=abc", "?score=90-10", "?sort=-nothing", "?standing=x"])
def test_a_filter_that_makes_no_sense_filters_nothing(signed_in, fleet, query):
    response = signed_in.get(f"/repositories/{query}")
    assert len(response.context["page"]) == len(fleet)


def test_the_list_is_in_the_order_that_its_address_says(signed_in):
    page = signed_in.get("/repositories/?sort=-score").context["page"]
    scores = [row.figures.score for row in page]
    known = [score for score in scores if score is not None]
    assert known == sorted(known, reverse=True)
    assert scores[len(known) :] == [None] * (len(scores) - len(known))


def test_a_score_range_of_the_distribution_lists_as_many_as_its_bar_counts(signed_in):
    bins = signed_in.get("/").context["fleet"].distribution
    for one in bins:
        page = signed_in.get(f"/repositories/?score={one.low}-{one.high}").context["page"]
        assert page.paginator.count == one.count


@pytest.mark.parametrize(
    ("referer", "target"),
    [
        ("http://testserver/rules/?q=a", "/rules/?q=a"),
        ("https://evil.example/phish", "/"),
        ("http://testserver//evil.example/", "/"),
        ("", "/"),
    ],
)
def test_choosing_a_theme_leads_back_to_this_site_alone(db, referer, target):
    client = Client()
    response = client.post("/theme/", {"theme": "dark"}, headers={"Referer": referer})
    assert response["Location"] == target
    assert client.cookies["theme"].value == "dark"
    assert b'data-theme="dark"' in client.get("/accounts/login/").content


def test_a_theme_that_is_none_goes_back_to_the_system(db):
    client = Client()
    client.post("/theme/", {"theme": "dark"})
    client.post("/theme/", {"theme": '"><script>'})
    assert b"data-theme=" not in client.get("/accounts/login/").content


def test_pages_forbid_everything_that_is_not_ours(signed_in):
    policy = signed_in.get("/")["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_a_browser_that_guesses_finds_the_icon(db):
    response = Client().get("/favicon.ico")
    assert response["Location"].endswith("img/favicon.svg")


def test_the_webhook_page_shows_a_secret_only_when_it_makes_one(signed_in):
    page = signed_in.get("/repositories/storefront/webhook/")
    assert b"/webhooks/" in page.content
    assert b'id="webhook-secret"' not in page.content
    made = signed_in.post("/repositories/storefront/webhook/")
    assert b'id="webhook-secret"' in made.content
    assert "no-store" in made["Cache-Control"]


def test_the_webhook_of_a_repository_is_not_for_everybody(fleet, django_user_model):
    other = django_user_model.objects.create_user("other@example.org", "a-password")
    client = Client()
    client.force_login(other)
    assert client.get("/repositories/storefront/webhook/").status_code == 403
    assert client.post("/repositories/storefront/webhook/").status_code == 403


def test_the_badge_of_the_snippet_needs_no_sign_in(signed_in):
    page = signed_in.get("/repositories/storefront/?tab=facts")
    (address,) = {
        part.split('"')[0]
        for part in page.content.decode().split('src="')[1:]
        if "badge.svg" in part.split('"')[0]
    }
    badge = Client().get(address.replace("&amp;", "&"))
    assert badge.status_code == 200
    assert b"not scored" not in badge.content
