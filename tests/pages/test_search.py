"""One search over everything."""

import pytest

from apps.accounts.models import Team
from tests.apps.factories import FindingFactory, RepositoryFactory

HITS = {"HX-Request": "true", "HX-Target": "div#hits"}


def found(reader, **query):
    groups = reader.get("/search/", query).context["groups"]
    return {group.name: [hit.address for hit in group.hits] for group in groups}


def test_repositories_rules_teams_and_the_guide_are_found_and_findings_in_one_repository(
    reader, django_assert_max_num_queries
):
    shop = RepositoryFactory(name="Orders", slug="orders")
    RepositoryFactory(name="All the orders", slug="all-orders")
    RepositoryFactory(name="Other", slug="other", url="https://git.example.org/ORDERS/x")
    Team.objects.create(name="Order team", slug="order-team")
    finding = FindingFactory(repository=shop, path="apps/orders/models.py")
    FindingFactory(
        repository=shop, path="apps/orders/old.py", state="fixed", fixed_at="2026-01-01T00:00Z"
    )
    with django_assert_max_num_queries(12):
        everything = found(reader, q="ORDER", repository="orders")
    assert everything["Repositories"] == [
        "/repositories/orders/",
        "/repositories/all-orders/",
        "/repositories/other/",
    ]
    assert everything["Open findings of Orders"] == [f"/repositories/orders/findings/{finding.pk}/"]
    assert len(everything["Teams"]) == 1
    assert found(reader, q="mod08")["Rules"][0] == "/rules/MOD08/"
    assert found(reader, q="MOD-08")["The guide"][0] == "/guide/?q=MOD-08"
    assert "Open findings of Orders" not in found(reader, q="orders", repository="nothing")


@pytest.mark.parametrize("text", ["", "  ", "\0", "x" * 500, "no-such-thing-anywhere"])
def test_what_finds_nothing_says_so_as_page_and_as_list(reader, text):
    page = reader.get("/search/", {"q": text})
    assert page.context["groups"] == []
    part = reader.get("/search/", {"q": text}, headers=HITS).content
    assert part.startswith(b'<div id="hits"') and b"<html" not in part
