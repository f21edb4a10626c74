"""A scorecard that people without an account may read."""

import pytest

from django.test import Client

from apps.accounts.models import AuditEvent
from apps.scans.models import UnreadableFile
from apps.scorecards.models import SharedLink
from apps.scorecards.sharing import shared_path
from tests.apps.factories import (
    FindingFactory,
    RepositoryFactory,
    ScanFactory,
    SnapshotFactory,
    UserFactory,
)

PAGE = "/repositories/shop/share/"


@pytest.fixture
def owner(db):
    return UserFactory(email="owner@example.org")


@pytest.fixture
def shop(owner):
    repository = RepositoryFactory(
        slug="shop",
        name="Shop",
        url="https://git.example.org/secret-place/shop",
        registered_by=owner,
    )
    SnapshotFactory(scan=ScanFactory(repository=repository, finished=True), score=81)
    FindingFactory(repository=repository, path="apps/unseen/models.py", snippet="KEY = 1")
    return repository


@pytest.fixture
def sharer(owner):
    client = Client()
    client.force_login(owner)
    return client


def test_nothing_is_shared_unless_the_installation_says_so(shop, sharer, settings):
    assert b"PLUMBLINE_PUBLIC_SCORECARDS" in sharer.get(PAGE).content
    assert sharer.post(PAGE, {"act": "begin"}).status_code == 403
    settings.PLUMBLINE_PUBLIC_SCORECARDS = True
    sharer.post(PAGE, {"act": "begin"})
    path = shared_path(SharedLink.objects.get())
    assert Client().get(path).status_code == 200
    settings.PLUMBLINE_PUBLIC_SCORECARDS = False
    assert Client().get(path).status_code == 404


def test_a_link_shows_figures_alone_until_it_is_ended(
    shop, sharer, settings, django_assert_max_num_queries
):
    settings.PLUMBLINE_PUBLIC_SCORECARDS = True
    sharer.post(PAGE, {"act": "begin"})
    sharer.post(PAGE, {"act": "begin"})
    link = SharedLink.objects.get()
    path = shared_path(link)
    assert path in sharer.get(PAGE).content.decode()
    with django_assert_max_num_queries(12):
        page = Client().get(path)
    text = page.content.decode()
    assert "Shop" in text and "81.0" in text
    for private in (
        "secret-place",
        "owner@example.org",
        "unseen",
        "KEY = 1",
        "/repositories/shop/",
    ):
        assert private not in text
    assert page["X-Robots-Tag"] == "noindex, nofollow" and "no-store" in page["Cache-Control"]
    assert Client().get(path[:-2] + "x/").status_code == 404
    stranger = Client()
    stranger.force_login(UserFactory())
    assert stranger.post(PAGE, {"act": "end"}).status_code == 403
    sharer.post(PAGE, {"act": "end"})
    assert Client().get(path).status_code == 404
    sharer.post(PAGE, {"act": "begin"})
    assert Client().get(path).status_code == 404, "a new link is another one"
    acts = AuditEvent.objects.order_by("id").values_list("action", flat=True)
    assert list(acts) == ["scorecard.share", "scorecard.unshare", "scorecard.share"]


def test_a_badge_is_written_for_three_languages_and_leads_where_its_reader_may_go(
    shop, sharer, settings
):
    settings.PLUMBLINE_PUBLIC_SCORECARDS = True
    facts = sharer.get("/repositories/shop/?tab=facts").content.decode()
    assert facts.count('data-copy="badge-') == 3
    sharer.post(PAGE, {"act": "begin"})
    texts = [snippet.text for snippet in sharer.get(PAGE).context["snippets"]]
    assert [text[:3] for text in texts] == ["[![", "<a ", ".. "]
    assert all(shared_path(SharedLink.objects.get()) in text for text in texts)


def test_a_shared_score_says_that_it_is_partial_but_not_which_files_it_lacks(
    shop, sharer, settings
):
    settings.PLUMBLINE_PUBLIC_SCORECARDS = True
    sharer.post(PAGE, {"act": "begin"})
    UnreadableFile.objects.create(
        scan=shop.scans.get(), path="apps/secret/broken.py", reason="not Python"
    )
    text = Client().get(shared_path(SharedLink.objects.get())).content.decode()
    assert "1 file could not be read, so the score is partial" in text
    assert "apps/secret" not in text and "?tab=" not in text
