import pytest

from apps.scorecards.badge import badge_key, badge_svg
from tests.apps.factories import RepositoryFactory, SnapshotFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(db):
    return SnapshotFactory(score="87.30", standing="leaning").repository


def test_score_and_standing_are_on_the_badge(client, user, shop):
    client.force_login(user)
    response = client.get(f"/repositories/{shop.slug}/badge.svg")
    assert response["Content-Type"].startswith("image/svg+xml")
    assert b"87 \xc2\xb7 leaning" in response.content
    assert "private" in response["Cache-Control"]


def test_who_knows_the_key_needs_no_sign_in(client, shop):
    response = client.get(f"/repositories/{shop.slug}/badge.svg?key={badge_key(shop)}")
    assert response.status_code == 200
    assert response["Cache-Control"] == "public, max-age=300"


@pytest.mark.parametrize("key", ["x", "\u00e9"])
def test_a_wrong_key_and_an_unknown_repository_look_alike(client, shop, key):
    wrong = client.get(f"/repositories/{shop.slug}/badge.svg", {"key": key})
    unknown = client.get("/repositories/nothing/badge.svg", {"key": key})
    assert wrong.status_code == unknown.status_code == 404
    assert wrong.content == unknown.content == badge_svg(None, "").encode()


def test_without_key_or_sign_in_there_is_no_badge(client, shop):
    assert client.get(f"/repositories/{shop.slug}/badge.svg").status_code == 401


def test_an_unchanged_badge_is_not_sent_again(client, shop):
    url = f"/repositories/{shop.slug}/badge.svg?key={badge_key(shop)}"
    etag = client.get(url)["ETag"]
    again = client.get(url, headers={"If-None-Match": etag})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", etag)


def test_a_repository_without_a_score_has_a_badge_that_says_so(client):
    repository = RepositoryFactory()
    url = f"/repositories/{repository.slug}/badge.svg?key={badge_key(repository)}"
    assert b"not scored" in client.get(url).content


def test_text_on_a_badge_is_escaped():
    assert "<script" not in badge_svg(1.0, "<script>")


def test_the_badge_is_one_well_formed_document():
    from xml.etree import ElementTree

    assert ElementTree.fromstring(badge_svg(99.5, "plumb")).tag.endswith("svg")  # noqa: S314


def test_the_title_of_a_badge_tells_the_score_without_waivers_where_it_is_another():
    assert "plumbline: 91 · leaning (84 without waivers)" in badge_svg(91.0, "leaning", 84.2)
    assert "without" not in badge_svg(91.0, "leaning", 91.2)
