"""Who may do what over the API, over every route."""

import pytest
from rest_framework.test import APIClient

from django.urls import get_resolver

from apps.accounts.models import ApiToken, TokenScope
from apps.accounts.services import team_create, token_revoke
from tests.apps.factories import UserFactory

pytestmark = pytest.mark.django_db

NOBODYS = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
READS = {
    "/api/v1/repositories/": TokenScope.REPOSITORY_READ,
    "/api/v1/repositories/shop/": TokenScope.REPOSITORY_READ,
    "/api/v1/repositories/shop/webhook/": TokenScope.REPOSITORY_READ,
    "/api/v1/scorecards/": TokenScope.REPOSITORY_READ,
    "/api/v1/repositories/shop/scorecard/": TokenScope.REPOSITORY_READ,
    "/api/v1/repositories/shop/badge.svg": TokenScope.REPOSITORY_READ,
    "/api/v1/repositories/shop/scans/": TokenScope.SCAN_READ,
    "/api/v1/repositories/shop/results/": TokenScope.SCAN_READ,
    "/api/v1/repositories/shop/lint/": TokenScope.SCAN_READ,
    "/api/v1/repositories/shop/migrations/": TokenScope.SCAN_READ,
    "/api/v1/repositories/shop/backfill/": TokenScope.SCAN_READ,
    "/api/v1/repositories/shop/findings/": TokenScope.FINDING_READ,
    "/api/v1/findings/1/": TokenScope.FINDING_READ,
    "/api/v1/findings/1/patch/": TokenScope.FINDING_READ,
    "/api/v1/repositories/shop/waivers/": TokenScope.FINDING_READ,
    "/api/v1/waivers/": TokenScope.FINDING_READ,
    "/api/v1/waivers/1/": TokenScope.FINDING_READ,
    "/api/v1/repositories/shop/team-suggestions/": TokenScope.REPOSITORY_READ,
    "/api/v1/teams/": TokenScope.TEAM_READ,
    "/api/v1/teams/payments/": TokenScope.TEAM_READ,
    "/api/v1/teams/payments/members/": TokenScope.TEAM_READ,
    "/api/v1/campaigns/": TokenScope.CAMPAIGN_READ,
    "/api/v1/campaigns/calm/": TokenScope.CAMPAIGN_READ,
    "/api/v1/campaigns/calm/repositories/": TokenScope.CAMPAIGN_READ,
    "/api/v1/policy/layers/": TokenScope.POLICY_READ,
    "/api/v1/policy/layers/fleet/": TokenScope.POLICY_READ,
    "/api/v1/policy/layers/fleet/draft/": TokenScope.POLICY_READ,
    "/api/v1/policy/layers/fleet/versions/": TokenScope.POLICY_READ,
    "/api/v1/repositories/shop/policy/": TokenScope.POLICY_READ,
    "/api/v1/audit/": TokenScope.AUDIT_READ,
    "/api/v1/guide/": None,
    "/api/v1/rules/": None,
    "/api/v1/rules/MOD08/": None,
}
WRITES = {
    ("post", "/api/v1/repositories/"): TokenScope.REPOSITORY_WRITE,
    ("patch", "/api/v1/repositories/shop/"): TokenScope.REPOSITORY_WRITE,
    ("delete", "/api/v1/repositories/shop/"): TokenScope.REPOSITORY_WRITE,
    ("put", "/api/v1/repositories/shop/credential/"): TokenScope.REPOSITORY_WRITE,
    ("post", "/api/v1/repositories/shop/webhook/"): TokenScope.REPOSITORY_WRITE,
    ("post", "/api/v1/repositories/shop/scans/"): TokenScope.SCAN_WRITE,
    ("post", "/api/v1/repositories/shop/backfill/"): TokenScope.SCAN_WRITE,
    ("delete", "/api/v1/repositories/shop/backfill/"): TokenScope.SCAN_WRITE,
    ("post", "/api/v1/findings/1/patch/"): TokenScope.FINDING_READ,
    ("post", "/api/v1/repositories/shop/waivers/"): TokenScope.WAIVER_WRITE,
    ("post", "/api/v1/waivers/1/withdrawal/"): TokenScope.WAIVER_WRITE,
    ("post", "/api/v1/waivers/1/decision/"): TokenScope.WAIVER_DECIDE,
    ("post", "/api/v1/teams/"): TokenScope.TEAM_WRITE,
    ("patch", "/api/v1/teams/payments/"): TokenScope.TEAM_WRITE,
    ("delete", "/api/v1/teams/payments/"): TokenScope.TEAM_WRITE,
    ("put", "/api/v1/teams/payments/members/"): TokenScope.TEAM_WRITE,
    ("delete", "/api/v1/teams/payments/members/"): TokenScope.TEAM_WRITE,
    ("post", "/api/v1/repositories/shop/team-suggestions/"): TokenScope.REPOSITORY_WRITE,
    ("post", "/api/v1/campaigns/"): TokenScope.CAMPAIGN_WRITE,
    ("patch", "/api/v1/campaigns/calm/"): TokenScope.CAMPAIGN_WRITE,
    ("delete", "/api/v1/campaigns/calm/"): TokenScope.CAMPAIGN_WRITE,
    ("post", "/api/v1/campaigns/calm/start/"): TokenScope.CAMPAIGN_WRITE,
    ("post", "/api/v1/campaigns/calm/close/"): TokenScope.CAMPAIGN_WRITE,
    ("put", "/api/v1/policy/layers/fleet/draft/"): TokenScope.POLICY_WRITE,
    ("delete", "/api/v1/policy/layers/fleet/draft/"): TokenScope.POLICY_WRITE,
    ("post", "/api/v1/policy/layers/fleet/versions/"): TokenScope.POLICY_WRITE,
    # It changes nothing.
    ("post", "/api/v1/policy/layers/fleet/what-if/"): TokenScope.POLICY_READ,
}
ROUTES = [("get", path, scope) for path, scope in READS.items()] + [
    (method, path, scope) for (method, path), scope in WRITES.items()
]


@pytest.mark.parametrize(("method", "path", "scope"), ROUTES)
def test_nobody_gets_in_without_signing_in(repository, method, path, scope):
    response = getattr(APIClient(), method)(path, {})
    assert response.status_code == 401
    assert response["WWW-Authenticate"].startswith("Bearer")
    if not path.endswith(".svg"):
        assert response.json()["code"] == "not_authenticated"


@pytest.mark.parametrize(("method", "path", "scope"), ROUTES)
def test_a_revoked_token_gets_nowhere(repository, bot, method, path, scope):
    client = bot()
    token_revoke(token=ApiToken.objects.get())
    assert getattr(client, method)(path, {}).status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "scope"), [route for route in ROUTES if route[2] is not None]
)
def test_a_token_with_every_other_scope_is_refused(repository, bot, method, path, scope):
    client = bot(*(set(TokenScope.values) - {scope}))
    response = getattr(client, method)(path, {})
    assert response.status_code == 403
    if not path.endswith(".svg"):
        assert response.json()["code"] == "scope_missing"


@pytest.mark.parametrize(("path", "scope"), READS.items())
def test_a_token_with_the_scope_gets_in(repository, bot, administrator, path, scope):
    team_create(name="Payments")
    response = bot(scope or TokenScope.SCAN_READ, person=administrator).get(path)
    needs_more = path.endswith(
        ("/results/", "/lint/", "/migrations/", "/backfill/", "/1/", "/patch/")
    )
    needs_more = needs_more or "/calm/" in path
    assert response.status_code == (404 if needs_more else 200)


def test_a_person_who_signed_in_needs_no_scope(repository, user):
    client = APIClient()
    client.force_login(user)
    assert client.get("/api/v1/repositories/").status_code == 200


def test_who_did_not_register_a_repository_may_read_and_scan_but_not_change_it(repository, bot):
    client = bot(person=UserFactory())
    assert client.get("/api/v1/repositories/shop/").status_code == 200
    assert client.post("/api/v1/repositories/shop/scans/").status_code == 202
    for method in ("patch", "delete"):
        response = getattr(client, method)("/api/v1/repositories/shop/", {"name": "x"})
        assert (response.status_code, response.json()["code"]) == (403, "permission_denied")
    response = client.put("/api/v1/repositories/shop/credential/", {"secret": "x"})
    assert response.status_code == 403
    assert client.post("/api/v1/repositories/shop/webhook/").status_code == 403


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/repositories/nothing/",
        "/api/v1/repositories/nothing/scans/",
        "/api/v1/repositories/nothing/findings/",
        "/api/v1/repositories/nothing/waivers/",
        "/api/v1/findings/1/",
        "/api/v1/waivers/1/",
        f"/api/v1/scans/{NOBODYS}/",
        f"/api/v1/scans/{NOBODYS}/results/",
        f"/api/v1/scans/{NOBODYS}/lint/",
        f"/api/v1/scans/{NOBODYS}/migrations/",
        "/api/v1/policy/layers/team:nobody/",
        "/api/v1/rules/NONE99/",
        "/api/v1/nothing/",
    ],
)
def test_what_is_not_there_is_a_problem_object(bot, path):
    response = bot().get(path)
    assert response.status_code == 404
    assert response.json()["code"] == "not_found"


def test_this_page_knows_every_route_of_the_api(repository):
    """A route that is added has to be added above, or here with the reason why not."""
    tested_elsewhere = {
        *("token", "token-refresh", "token-revoke", "schema", "docs"),
        # By public id: test_api.py, scans/test_log.py.
        *("scan", "scan-result-list", "scan-lint", "scan-migrations", "scan-log", "scan-cancel"),
        "repository-baseline",  # scans/test_baselines.py
    }
    listed = {
        *("repository-list", "repository", "repository-credential", "repository-scorecard"),
        *(
            "repository-webhook",
            "guide",
            "scorecard-list",
            "repository-badge",
            "repository-scan-list",
            "repository-result-list",
        ),
        *(
            "repository-finding-list",
            "finding",
            "finding-patch",
            "repository-waiver-list",
            "waiver-list",
            "waiver",
            "waiver-decision",
            "waiver-withdrawal",
            "repository-lint",
            "repository-migrations",
            "repository-backfill",
            "rule-list",
            "rule",
        ),
        *("repository-team-suggestions", "team-list", "team", "team-members"),
        *("campaign-list", "campaign", "campaign-start", "campaign-close"),
        "campaign-repository-list",
        *("policy-layer-list", "policy-layer", "policy-draft", "policy-versions"),
        *("policy-what-if", "repository-policy", "audit-event-list"),
    }
    patterns = next(
        pattern
        for pattern in get_resolver().url_patterns
        if getattr(pattern, "namespace", None) == "api"
    )
    names = {key for key in patterns.reverse_dict if isinstance(key, str)}
    assert names == listed | tested_elsewhere
