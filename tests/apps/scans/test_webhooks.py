import hashlib
import hmac
import json
import uuid

import pytest

from django.db import OperationalError

from apps.repositories.models import Provider, WebhookEndpoint
from apps.repositories.selectors import endpoint_secret
from apps.repositories.services import webhook_secret_reset
from apps.scans.models import Scan, WebhookDelivery
from apps.scans.providers import PROVIDERS
from apps.scans.webhooks import BODY_LIMIT

pytestmark = pytest.mark.django_db

ZEROS = "0" * 40


@pytest.fixture
def endpoint(repository) -> WebhookEndpoint:
    """The endpoint of a repository that follows main and has no scan yet."""
    repository.branch = "main"
    repository.save()
    Scan.objects.all().delete()
    return repository.webhook


@pytest.fixture
def deliver(client, endpoint):
    """A function that sends what GitHub would, signed unless a signature is given."""

    def send(body="", event="push", *, delivery=None, signature=None, path=None, **headers):
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        secret = endpoint_secret(endpoint)
        right = "sha256=" + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
        return client.generic(
            "POST",
            path or f"/webhooks/github/{endpoint.public_id}/",
            raw,
            content_type=headers.pop("content_type", "application/json"),
            headers={
                "X-GitHub-Event": event,
                "X-GitHub-Delivery": delivery or str(uuid.uuid4()),
                "X-Hub-Signature-256": right if signature is None else signature,
                **headers,
            },
        )

    return send


def push(branch: str = "main", **more) -> dict:
    return {"ref": f"refs/heads/{branch}", "after": "a" * 40, **more}


def test_githubs_own_example_of_a_signature_fits():
    assert PROVIDERS["github"].signature_fits(
        {
            "X-Hub-Signature-256": "sha256="
            "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
        },
        b"Hello, World!",
        "It's a Secret to Everybody",
    )


@pytest.mark.parametrize(
    "signature", ["", "sha256=", "sha1=757107ea", "sha256=757107ea", "sha256=\u00e9" + "0" * 63]
)
def test_anything_else_does_not_fit(signature):
    fits = PROVIDERS["github"].signature_fits({"X-Hub-Signature-256": signature}, b"x", "secret")
    assert not fits


def test_an_empty_secret_fits_nothing():
    right = "sha256=" + hmac.new(b"", b"x", hashlib.sha256).hexdigest()
    assert not PROVIDERS["github"].signature_fits({"X-Hub-Signature-256": right}, b"x", "")


def test_a_push_asks_for_a_scan(deliver, repository):
    response = deliver(push())
    scan = Scan.objects.get()
    assert response.status_code == 202
    assert response.json() == {
        "scan": f"/api/v1/scans/{scan.public_id}/",
        "id": str(scan.public_id),
    }
    assert (scan.repository, scan.trigger, scan.ref) == (repository, "webhook", "")


def test_a_second_delivery_starts_no_second_scan(deliver):
    first = deliver(push(), delivery="d-1")
    Scan.objects.update(state="done", finished_at="2026-01-01T00:00:00Z")
    second = deliver(push(), delivery="d-1")
    assert (first.status_code, second.status_code) == (202, 200)
    assert first.json() == second.json()
    assert Scan.objects.count() == 1


def test_a_replay_under_a_new_id_is_looked_at_late_and_once(deliver, repository):
    deliver(push(), delivery="d-1")
    Scan.objects.update(state="done", finished_at="2026-01-01T00:00:00Z")
    for number in range(2, 6):
        assert deliver(push(), delivery=f"d-{number}").status_code == 202
    waiting = Scan.objects.get(state="queued")
    assert waiting.available_at > WebhookDelivery.objects.earliest("id").created_at


def test_a_ping_verifies_the_endpoint(deliver, endpoint):
    response = deliver({"zen": "Design for failure."}, event="ping")
    endpoint.refresh_from_db()
    assert response.status_code == 200
    assert endpoint.verified_at
    assert endpoint.last_event_at
    assert not Scan.objects.exists()


@pytest.mark.parametrize(
    ("event", "body"),
    [
        ("issues", {}),
        ("push", push(deleted=True)),
        ("push", {"ref": "refs/heads/main", "after": ZEROS}),
        ("push", push("feature/other")),
        ("push", {"ref": "refs/tags/v1", "after": "a" * 40}),
    ],
)
def test_what_changes_nothing_here_is_answered_with_nothing(deliver, event, body):
    response = deliver(body, event=event)
    assert (response.status_code, response.content) == (204, b"")
    assert not Scan.objects.exists()
    assert WebhookDelivery.objects.get().outcome == "ignored"


def test_without_a_watched_branch_the_hosts_default_branch_counts(deliver, repository):
    repository.branch = ""
    repository.save()
    host = {"repository": {"default_branch": "trunk"}}
    assert deliver(push("main", **host)).status_code == 204
    assert deliver(push("trunk", **host)).status_code == 202


def test_a_disabled_repository_ignores_pushes(deliver, repository):
    repository.enabled = False
    repository.save()
    assert deliver(push()).status_code == 204


def test_a_wrong_signature_and_an_unknown_endpoint_look_alike(deliver):
    wrong = deliver(push(), signature="sha256=" + "0" * 64)
    unknown = deliver(push(), path=f"/webhooks/github/{uuid.uuid4()}/")
    assert (
        (wrong.status_code, wrong.content) == (unknown.status_code, unknown.content) == (401, b"")
    )
    assert not WebhookDelivery.objects.exists()


def test_a_changed_body_is_refused(deliver, endpoint, client):
    raw = json.dumps(push()).encode()
    right = hmac.new(endpoint_secret(endpoint).encode(), raw, hashlib.sha256).hexdigest()
    assert deliver(push("other"), signature=f"sha256={right}").status_code == 401


def test_the_old_secret_is_refused_after_a_reset(deliver, endpoint, repository):
    raw = json.dumps(push()).encode()
    old = hmac.new(endpoint_secret(endpoint).encode(), raw, hashlib.sha256).hexdigest()
    webhook_secret_reset(repository=repository)
    endpoint.refresh_from_db()
    assert deliver(push(), signature=f"sha256={old}").status_code == 401
    assert deliver(push()).status_code == 202


def test_an_endpoint_answers_to_its_own_host_alone(deliver, repository):
    repository.provider = Provider.BITBUCKET
    repository.save()
    assert deliver(push()).status_code == 401


def test_an_unknown_host_is_not_there(deliver, endpoint):
    assert deliver(push(), path=f"/webhooks/sourcehut/{endpoint.public_id}/").status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b'{"ref": 1}',
        b'{"ref": "refs/heads/main", "after": {}}',
        b'{"ref": "refs/heads/main", "repository": {"default_branch": 1}}',
        b"[" * 100_000,
        b"\xff\xfe",
    ],
)
def test_a_signed_body_that_makes_no_sense_is_a_clear_refusal(deliver, body):
    response = deliver(body)
    assert (response.status_code, response.json()["code"]) == (400, "malformed_delivery")


def test_a_form_encoded_delivery_is_read_too(deliver):
    from urllib.parse import urlencode

    raw = urlencode({"payload": json.dumps(push())}).encode()
    response = deliver(raw, content_type="application/x-www-form-urlencoded")
    assert response.status_code == 202


def test_a_body_beyond_the_limit_is_not_read(deliver):
    assert deliver(b"x" * (BODY_LIMIT + 1)).status_code == 413


def test_a_large_body_within_the_limit_is_read(deliver):
    assert deliver(push(commits=["x" * 3_000_000])).status_code == 202


def test_only_post_is_answered(client, endpoint):
    assert client.get(f"/webhooks/github/{endpoint.public_id}/").status_code == 405


def test_an_endpoint_that_is_called_too_often_says_when_to_come_back(deliver, monkeypatch):
    monkeypatch.setattr("apps.scans.webhooks.PER_ENDPOINT", 5)
    answers = [deliver({}, event="issues") for _ in range(6)]
    assert [answer.status_code for answer in answers] == [204] * 5 + [429]
    assert answers[-1]["Retry-After"] == "60"


def test_a_sender_without_the_secret_is_soon_not_listened_to(deliver, monkeypatch):
    monkeypatch.setattr("apps.scans.webhooks.REFUSED_PER_ADDRESS", 3)
    statuses = [deliver(push(), signature="sha256=00").status_code for _ in range(5)]
    assert statuses == [401] * 3 + [429] * 2
    assert deliver(push()).status_code == 429


def test_a_host_may_announce_as_much_as_it_has_to_say(deliver, monkeypatch):
    monkeypatch.setattr("apps.scans.webhooks.REFUSED_PER_ADDRESS", 3)
    assert {deliver(push()).status_code for _ in range(10)} == {202}


def test_nobody_can_use_up_the_deliveries_of_an_endpoint_without_its_secret(deliver, monkeypatch):
    monkeypatch.setattr("apps.scans.webhooks.PER_ENDPOINT", 3)
    for _ in range(5):
        assert deliver(push(), signature="sha256=00").status_code == 401
    assert deliver(push()).status_code == 202


def test_without_a_database_a_delivery_is_not_accepted(deliver, monkeypatch):
    def away(**_kwargs):
        raise OperationalError

    monkeypatch.setattr("apps.scans.webhooks.endpoint_get", away)
    response = deliver(push())
    assert (response.status_code, response["Retry-After"]) == (503, "10")


def test_a_delivery_takes_few_queries(deliver, django_assert_max_num_queries):
    with django_assert_max_num_queries(15):
        deliver(push())
