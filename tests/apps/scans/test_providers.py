"""Each host's own way of signing and spelling."""

import hashlib
import hmac
import json
from urllib.parse import urlencode

import pytest

from apps.scans.providers import PROVIDERS, Malformed, Occasion

SECRET = "It's a Secret to Everybody"
SHA = "a" * 40


def signed(body: bytes) -> str:
    return hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()


def headers_of(host: str, body: bytes, event: str = "") -> dict[str, str]:
    """What the host sends along."""
    return {
        "github": {
            "X-GitHub-Event": event or "push",
            "X-GitHub-Delivery": "d-1",
            "X-Hub-Signature-256": f"sha256={signed(body)}",
        },
        "gitlab": {
            "X-Gitlab-Event": event or "Push Hook",
            "Idempotency-Key": "d-1",
            "X-Gitlab-Token": SECRET,
        },
        "gitea": {
            "X-Gitea-Event": event or "push",
            "X-Gitea-Delivery": "d-1",
            "X-Gitea-Signature": signed(body),
        },
        "forgejo": {
            "X-Forgejo-Event": event or "push",
            "X-Forgejo-Delivery": "d-1",
            "X-Forgejo-Signature": signed(body),
        },
        "bitbucket": {
            "X-Event-Key": event or "repo:push",
            "X-Request-UUID": "d-1",
            "X-Hub-Signature": f"sha256={signed(body)}",
        },
    }[host]


def push_of(host: str, branch: str = "main", *, deleted: bool = False) -> bytes:
    """What the host sends when a branch is pushed or deleted."""
    if host == "bitbucket":
        new = None if deleted else {"type": "branch", "name": branch}
        body: dict = {"push": {"changes": [{"new": new}]}}
    else:
        owner = "project" if host == "gitlab" else "repository"
        body = {
            "ref": f"refs/heads/{branch}",
            "after": "0" * 40 if deleted else SHA,
            owner: {"default_branch": "trunk"},
        }
    return json.dumps(body).encode()


HOSTS = sorted(PROVIDERS)


@pytest.mark.parametrize("host", HOSTS)
def test_what_a_host_sends_fits_and_is_a_push(host):
    body = push_of(host)
    headers = headers_of(host, body)
    assert PROVIDERS[host].signature_fits(headers, body, SECRET)
    delivery = PROVIDERS[host].delivery_parse(headers, body)
    assert (delivery.delivery_id, delivery.occasion) == ("d-1", Occasion.PUSH)
    assert delivery.branches == ("main",)
    assert delivery.default_branch == ("" if host == "bitbucket" else "trunk")


@pytest.mark.parametrize("host", HOSTS)
def test_another_secret_an_empty_one_and_no_signature_do_not_fit(host):
    body = push_of(host)
    headers = headers_of(host, body)
    fits = PROVIDERS[host].signature_fits
    assert not fits(headers, body, "another")
    assert not fits(headers, body, "")
    assert not fits({}, body, SECRET)
    assert not fits(dict.fromkeys(headers, ""), body, "")


@pytest.mark.parametrize("host", [host for host in HOSTS if host != "gitlab"])
def test_a_changed_body_does_not_fit(host):
    headers = headers_of(host, push_of(host))
    assert not PROVIDERS[host].signature_fits(headers, push_of(host, "other"), SECRET)


@pytest.mark.parametrize("host", HOSTS)
def test_a_deleted_branch_is_a_push_of_nothing(host):
    body = push_of(host, deleted=True)
    assert PROVIDERS[host].delivery_parse(headers_of(host, body), body).branches == ()


@pytest.mark.parametrize("host", HOSTS)
def test_an_event_that_we_do_not_know_is_something_else(host):
    delivery = PROVIDERS[host].delivery_parse(headers_of(host, b"", "release"), b"")
    assert delivery.occasion is Occasion.OTHER


@pytest.mark.parametrize("host", [host for host in HOSTS if host != "bitbucket"])
def test_a_tag_is_something_else(host):
    body = json.dumps({"ref": "refs/tags/v1", "after": SHA}).encode()
    delivery = PROVIDERS[host].delivery_parse(headers_of(host, body), body)
    assert delivery.occasion is Occasion.OTHER


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b'{"ref": 1}', b'{"push": 1}', b'{"push": {"changes": [1]}}', b"[" * 99_999],
)
def test_a_body_that_makes_no_sense_is_malformed(host, body):
    with pytest.raises(Malformed):
        PROVIDERS[host].delivery_parse(headers_of(host, body), body)


@pytest.mark.parametrize("host", HOSTS)
def test_a_delivery_without_an_id_is_malformed(host):
    headers = headers_of(host, b"{}")
    for name in ("X-GitHub-Delivery", "Idempotency-Key", "X-Gitea-Delivery", "X-Request-UUID"):
        headers.pop(name, None)
    headers.pop("X-Forgejo-Delivery", None)
    with pytest.raises(Malformed):
        PROVIDERS[host].delivery_parse(headers, b"{}")


def test_bitbucket_announces_several_branches_at_once():
    changes = [
        {"new": {"type": "branch", "name": "main"}},
        {"new": {"type": "tag", "name": "v1"}},
        {"new": None},
        {"new": {"type": "branch", "name": "next"}},
    ]
    body = json.dumps({"push": {"changes": changes}}).encode()
    delivery = PROVIDERS["bitbucket"].delivery_parse(headers_of("bitbucket", body), body)
    assert delivery.branches == ("main", "next")


def test_gitea_signs_the_json_inside_a_form():
    payload = push_of("gitea")
    body = urlencode({"payload": payload.decode()}).encode()
    headers = headers_of("gitea", payload) | {"Content-Type": "application/x-www-form-urlencoded"}
    assert PROVIDERS["gitea"].signature_fits(headers, body, SECRET)
    assert PROVIDERS["gitea"].delivery_parse(headers, body).branches == ("main",)


def test_bitbucket_does_not_take_githubs_sha1_for_its_own():
    body = push_of("bitbucket")
    sha1 = hmac.new(SECRET.encode(), body, hashlib.sha1).hexdigest()
    headers = {"X-Hub-Signature": f"sha1={sha1}"}
    assert not PROVIDERS["bitbucket"].signature_fits(headers, body, SECRET)
