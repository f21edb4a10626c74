"""The API's resources: shapes, pages, filters, problems."""

from decimal import Decimal

import pytest
from rest_framework.test import APIClient

from django.core.cache import cache

from apps.repositories.models import Repository
from apps.repositories.selectors import endpoint_secret
from apps.scans.models import Scan
from apps.scorecards.services import snapshot_take
from tests.apps.factories import (
    FindingFactory,
    RepositoryFactory,
    RuleResultFactory,
    ScanFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

API = "/api/v1"


@pytest.fixture
def judged(repository):
    """A repository with one finished scan, two results and three findings."""
    Scan.objects.all().delete()
    scan = ScanFactory(repository=repository, finished=True, score=Decimal("87.30"))
    RuleResultFactory(scan=scan)
    RuleResultFactory(scan=scan, code="TYP01", state="pass", violations=0, subjects=1)
    for number in range(3):
        FindingFactory(repository=repository, line=number + 1, snippet="a = 1")
    snapshot_take(scan=scan)
    return scan


def test_a_registered_repository_comes_with_its_webhook_once(bot):
    client = bot()
    response = client.post(f"{API}/repositories/", {"url": "https://github.com/example/shop"})
    body = response.json()
    assert response.status_code == 201
    assert response["Location"] == f"{API}/repositories/shop/"
    repository = Repository.objects.get()
    assert body["webhook"]["url"].endswith(f"/webhooks/github/{repository.webhook.public_id}/")
    assert len(body["webhook"]["secret"]) > 30
    assert "webhook" not in client.get(response["Location"]).json()
    assert Scan.objects.get().trigger == "register"


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"url": "file:///etc"}, "local_path_refused"),
        ({"url": "/etc"}, "local_path_refused"),
        ({"url": "ext::sh -c id"}, "protocol_refused"),
        ({"url": "https://user:pass@github.com/a/b"}, "credentials_in_address"),
        ({"url": "https://169.254.169.254/a"}, "private_address"),
        ({"url": "https://github.com/a/b", "branch": "-x"}, "ref_invalid"),
        ({"url": "https://github.com/a/b", "provider": "x"}, "invalid"),
        ({}, "invalid"),
    ],
)
def test_what_cannot_be_registered_is_a_problem_with_a_code(bot, wrong, code):
    response = bot().post(f"{API}/repositories/", wrong)
    assert (response.status_code, response.json()["code"]) == (400, code)
    assert response.json()["detail"]
    assert not Repository.objects.exists()


def test_a_duplicate_is_a_conflict_with_a_remedy(bot, repository):
    response = bot().post(f"{API}/repositories/", {"url": repository.url})
    assert (response.status_code, response.json()["code"]) == (409, "repository_exists")
    assert "remedy" in response.json()


def test_a_repository_can_be_changed_and_removed(bot, repository):
    client = bot()
    changed = client.patch(f"{API}/repositories/shop/", {"enabled": False, "name": "Shop"})
    assert (changed.json()["enabled"], changed.json()["name"]) == (False, "Shop")
    refused = client.post(f"{API}/repositories/shop/scans/")
    assert (refused.status_code, refused.json()["code"]) == (409, "repository_disabled")
    assert client.delete(f"{API}/repositories/shop/").status_code == 204
    assert client.get(f"{API}/repositories/shop/").status_code == 404


def test_a_credential_is_written_and_never_shown(bot, repository):
    client = bot()
    response = client.put(f"{API}/repositories/shop/credential/", {"secret": "t0psecret"})
    assert response.status_code == 204
    assert "t0psecret" not in client.get(f"{API}/repositories/shop/").content.decode()


def test_a_new_webhook_secret_is_shown_once_and_replaces_the_old_one(bot, repository):
    client = bot()
    old = endpoint_secret(repository.webhook)
    made = client.post(f"{API}/repositories/shop/webhook/").json()
    repository.webhook.refresh_from_db()
    assert made["secret"] == endpoint_secret(repository.webhook) != old
    shown = client.get(f"{API}/repositories/shop/webhook/").json()
    assert shown == {"url": made["url"], "verified_at": None, "last_event_at": None}


def test_pages_by_cursor_show_each_row_once_while_rows_arrive(bot):
    RepositoryFactory.create_batch(5)
    client = bot()
    seen, url = [], f"{API}/repositories/?page_size=2"
    while url:
        page = client.get(url).json()
        seen += [row["slug"] for row in page["results"]]
        RepositoryFactory()
        url = page["next"]
    assert len(seen) == len(set(seen)) == 5


def test_repositories_can_be_filtered(bot):
    RepositoryFactory(provider="gitlab")
    RepositoryFactory(enabled=False)
    rows = bot().get(f"{API}/repositories/?provider=gitlab").json()["results"]
    assert [row["provider"] for row in rows] == ["gitlab"]


def test_a_scan_request_is_accepted_with_the_address_to_watch(bot, repository):
    client = bot()
    Scan.objects.all().delete()
    first = client.post(f"{API}/repositories/shop/scans/", {})
    again = client.post(f"{API}/repositories/shop/scans/", {})
    assert first.status_code == again.status_code == 202
    assert first["Location"] == again["Location"] == first.json()["url"]
    shown = client.get(first["Location"]).json()
    assert (shown["state"], shown["trigger"], shown["score"]) == ("queued", "api", None)


def test_a_hostile_branch_is_refused(bot, repository):
    response = bot().post(f"{API}/repositories/shop/scans/", {"ref": "--upload-pack=x"})
    assert (response.status_code, response.json()["code"]) == (400, "ref_invalid")


def test_a_finished_scan_shows_figures_and_no_error(bot, judged):
    body = bot().get(f"{API}/scans/{judged.public_id}/").json()
    assert (body["score"], body["standing"], body["error"]) == (87.3, "off", None)
    assert (body["repository"], body["evaluated"], body["applicable"]) == ("shop", 10, 12)


def test_a_failed_scan_shows_code_text_and_remedy(bot):
    scan = ScanFactory(
        state="failed",
        finished_at="2026-01-01T00:00:00Z",
        error_code="dns",
        error_text="The host's name is not known.",
        error_remedy="Check the spelling.",
    )
    assert bot().get(f"{API}/scans/{scan.public_id}/").json()["error"] == {
        "code": "dns",
        "text": "The host's name is not known.",
        "remedy": "Check the spelling.",
    }


def test_results_come_by_rule_from_the_scan_and_from_the_repository(bot, judged):
    client = bot()
    by_scan = client.get(f"{API}/scans/{judged.public_id}/results/").json()
    by_repository = client.get(f"{API}/repositories/shop/results/").json()
    assert [row["code"] for row in by_scan["results"]] == ["MOD08", "TYP01"]
    assert by_scan["results"] == by_repository["results"]
    assert by_scan["results"][0]["share"] == 0.8


def test_the_results_of_a_repeat_are_those_it_repeats(bot, judged, repository):
    repeat = ScanFactory(repository=repository, finished=True, same_as=judged)
    rows = bot().get(f"{API}/scans/{repeat.public_id}/results/").json()["results"]
    assert [row["code"] for row in rows] == ["MOD08", "TYP01"]


def test_results_can_be_filtered_by_state(bot, judged):
    rows = bot().get(f"{API}/scans/{judged.public_id}/results/?state=pass").json()["results"]
    assert [row["code"] for row in rows] == ["TYP01"]


def test_results_before_the_first_scan_are_a_clear_problem(bot, repository):
    response = bot().get(f"{API}/repositories/shop/results/")
    assert (response.status_code, response.json()["code"]) == (404, "no_scan")


def test_findings_are_the_open_ones_unless_asked_otherwise(bot, judged, repository):
    FindingFactory(repository=repository, state="fixed", fixed_at="2026-01-01T00:00:00Z")
    FindingFactory()
    client = bot()
    counts = {
        query: len(client.get(f"{API}/repositories/shop/findings/{query}").json()["results"])
        for query in ("", "?state=fixed", "?state=all", "?code=TYP01", "?level=MUST")
    }
    assert counts == {"": 3, "?state=fixed": 1, "?state=all": 4, "?code=TYP01": 0, "?level=MUST": 3}


def test_a_finding_has_its_place_message_and_code(bot, judged):
    row = bot().get(f"{API}/repositories/shop/findings/").json()["results"][0]
    assert row["path"] == "apps/orders/models.py"
    assert (row["code"], row["level"], row["column"], row["snippet"]) == (
        "MOD08",
        "MUST",
        5,
        "a = 1",
    )


def test_the_scorecard_says_what_to_do_first(bot, judged):
    card = bot().get(f"{API}/repositories/shop/scorecard/").json()
    assert (card["score"], card["standing"], card["must_open"]) == (90.0, "leaning", 3)
    assert [task["code"] for task in card["tasks"]] == ["MOD08"]
    assert set(card["states"]) == {
        *("pass", "fail", "not_applicable", "waived", "error", "not_evaluated")
    }


def test_a_scorecard_without_a_scan_is_empty(bot, repository):
    card = bot().get(f"{API}/repositories/shop/scorecard/").json()
    assert (card["score"], card["tasks"], card["commit"]) == (None, [], "")


def test_the_fleet_comes_in_figures_a_page_at_a_time(bot, judged, django_assert_max_num_queries):
    RepositoryFactory.create_batch(3)
    client = bot()
    client.get(f"{API}/scorecards/")
    with django_assert_max_num_queries(6):
        first = client.get(f"{API}/scorecards/?page_size=3").json()
    assert [row["score"] for row in first["results"]] == [None] * 3
    (row,) = client.get(first["next"]).json()["results"]
    assert (row["repository"], row["score"], row["must_open"]) == ("shop", 90.0, 3)


def test_the_guide_is_listed_with_its_coverage(bot):
    rows = {row["statement"]: row for row in bot().get(f"{API}/guide/").json()["results"]}
    assert (rows["MOD-08"]["coverage"], rows["MOD-08"]["rule"]) == ("covered", "MOD08")
    assert rows["MOD-08"]["reason"] == ""
    assert rows["TOOL-06"]["rule"] is None


def test_rules_come_from_the_engine(bot):
    client = bot()
    rules = client.get(f"{API}/rules/").json()["results"]
    assert "MOD08" in {rule["code"] for rule in rules}
    rule = client.get(f"{API}/rules/mod08/").json()
    assert rule["statement"] == "MOD-08"
    assert rule["what"]
    assert rule["examples"][0]["files"]


def test_lists_take_few_queries_however_long(bot, judged, django_assert_max_num_queries):
    client = bot()
    client.get(f"{API}/rules/")
    ScanFactory.create_batch(10, repository=judged.repository, finished=True)
    for path in ("repositories/", "repositories/shop/scans/", "repositories/shop/findings/"):
        with django_assert_max_num_queries(3):
            assert client.get(f"{API}/{path}").status_code == 200


def test_an_impatient_bot_is_slowed_down(bot, repository, settings):
    cache.clear()
    client = bot()
    statuses = {client.post(f"{API}/repositories/shop/scans/", {}).status_code for _ in range(61)}
    assert statuses == {202, 429}
    response = client.post(f"{API}/repositories/shop/scans/", {})
    assert response.json()["code"] == "throttled"
    assert response["Retry-After"]
    assert client.get(f"{API}/repositories/shop/scans/").status_code == 200


def test_a_body_that_is_no_json_is_a_problem(bot, repository):
    response = bot().post(f"{API}/repositories/shop/scans/", "{", content_type="application/json")
    assert (response.status_code, response.json()["code"]) == (400, "parse_error")


class TestTokensForPeople:
    PASSWORD = "correct horse battery staple"

    def pair(self, user) -> dict:
        response = APIClient().post(
            f"{API}/token/", {"email": user.email, "password": self.PASSWORD}
        )
        assert response.status_code == 200
        return response.json()

    def test_a_person_gets_in_with_an_access_token(self, user, repository):
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {self.pair(user)['access']}")
        assert client.get(f"{API}/repositories/").status_code == 200

    def test_a_refresh_token_is_used_once(self, user):
        pair = self.pair(user)
        refresh = {"refresh": pair["refresh"]}
        assert APIClient().post(f"{API}/token/refresh/", refresh).status_code == 200
        assert APIClient().post(f"{API}/token/refresh/", refresh).status_code == 401

    def test_a_revoked_refresh_token_gives_nothing(self, user):
        refresh = {"refresh": self.pair(user)["refresh"]}
        assert APIClient().post(f"{API}/token/revoke/", refresh).status_code == 200
        assert APIClient().post(f"{API}/token/refresh/", refresh).status_code == 401

    def test_a_wrong_password_gives_nothing(self, user):
        response = APIClient().post(f"{API}/token/", {"email": user.email, "password": "x"})
        assert response.status_code == 401

    def test_a_password_does_not_stand_in_for_a_second_factor(self, user):
        from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

        TOTP.activate(user, generate_totp_secret())
        response = APIClient().post(
            f"{API}/token/", {"email": user.email, "password": self.PASSWORD}
        )
        assert (response.status_code, response.json()["code"]) == (403, "second_factor_needed")

    def test_guessing_is_slowed_down(self):
        user = UserFactory()
        statuses = [
            APIClient().post(f"{API}/token/", {"email": user.email, "password": "x"}).status_code
            for _ in range(11)
        ]
        assert statuses == [401] * 10 + [429]
