"""The health page, for people and for containers."""

import pytest

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("kind", ["text/html", "text/plain", "application/json"])
def test_it_needs_no_sign_in_and_says_that_all_is_well(client, kind):
    response = client.get("/health/", headers={"accept": kind})
    assert response.status_code == 200
    assert response["Content-Type"].startswith(kind)
    assert "Database" in response.content.decode()
    assert "Cache" in response.content.decode()


def test_the_page_obeys_its_own_content_policy(client):
    page = client.get("/health/", headers={"accept": "text/html"}).content.decode()
    assert "<style" not in page
    assert "<script" not in page


def test_it_says_500_when_the_cache_is_gone(client, settings, tmp_path):
    lost = settings.CACHES["default"] | {"LOCATION": f"unix://{tmp_path}/nothing.sock?db=0"}
    settings.CACHES = {"default": lost}
    response = client.get("/health/?format=json")
    assert response.status_code == 500
