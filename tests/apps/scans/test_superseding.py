"""Of one branch never more than one scan waits, and it judges the newest commit."""

from datetime import timedelta

import pytest

from django.utils import timezone

from apps.repositories.models import WebhookEndpoint
from apps.repositories.services import endpoint_create
from apps.scans.models import Lane, Scan, Trigger, WebhookDelivery
from apps.scans.providers import Delivery, Occasion
from apps.scans.services import delivery_accept, scan_claim, scan_fail, scan_request
from core.exceptions import DomainError
from tests.apps.factories import RepositoryFactory

pytestmark = pytest.mark.django_db

NO_HOST = DomainError("No such host.", code="dns", remedy="Look.")


@pytest.fixture
def endpoint(db) -> WebhookEndpoint:
    repository = RepositoryFactory(branch="main")
    return WebhookEndpoint.objects.select_related("repository").get(
        pk=endpoint_create(repository=repository).pk
    )


def push(endpoint: WebhookEndpoint, number: int) -> Scan:
    delivery = Delivery(f"d{number}", "push", Occasion.PUSH, branches=("main",))
    accepted = delivery_accept(endpoint=endpoint, delivery=delivery, body_digest=f"{number:064x}")
    assert accepted.scan is not None
    return accepted.scan


def test_hundreds_of_pushes_to_one_branch_are_two_scans(endpoint):
    first = push(endpoint, 0)
    assert scan_claim(scan_id=first.pk)
    for number in range(1, 300):
        push(endpoint, number)
    running, waiting = Scan.objects.order_by("id")
    assert (running.state, waiting.state) == ("running", "queued")
    assert WebhookDelivery.objects.filter(scan=waiting).count() == 299
    assert waiting.log_entries.filter(kind="repeated").count() < 200


def test_a_push_supersedes_a_scan_that_waits_after_a_failure(endpoint):
    old = push(endpoint, 1)
    scan_fail(claim=scan_claim(scan_id=old.pk), error=NO_HOST, may_pass=True)
    new = push(endpoint, 2)
    old.refresh_from_db()
    assert (old.state, old.replaced_by, old.log_entries.last().kind) == (
        "superseded",
        new,
        "superseded",
    )
    assert (new.state, new.attempt) == ("queued", 0)
    assert scan_claim(scan_id=new.pk), "a fresh scan does not wait out the failure of the old one"


def test_deliveries_of_a_superseded_scan_point_at_what_replaced_it(endpoint):
    old = push(endpoint, 1)
    scan_fail(claim=scan_claim(scan_id=old.pk), error=NO_HOST, may_pass=True)
    new = push(endpoint, 2)
    assert set(WebhookDelivery.objects.values_list("scan", flat=True)) == {new.pk}
    assert push(endpoint, 1) == new, "a replay gives the scan that will answer it"


def test_a_failed_attempt_gives_way_to_a_push_that_waits(endpoint):
    old = push(endpoint, 1)
    claim = scan_claim(scan_id=old.pk)
    new = push(endpoint, 2)
    scan_fail(claim=claim, error=NO_HOST, may_pass=True)
    old.refresh_from_db()
    assert (old.state, old.replaced_by) == ("superseded", new)
    assert scan_claim(scan_id=new.pk)


def test_at_night_a_scan_that_waits_after_a_failure_is_left_to_wait(endpoint):
    old = push(endpoint, 1)
    scan_fail(claim=scan_claim(scan_id=old.pk), error=NO_HOST, may_pass=True)
    assert scan_request(repository=endpoint.repository, trigger=Trigger.SCHEDULE) == old
    assert scan_claim(scan_id=old.pk) is None


def test_what_replaces_an_urgent_scan_is_urgent(endpoint):
    old = push(endpoint, 1)
    scan_fail(claim=scan_claim(scan_id=old.pk), error=NO_HOST, may_pass=True)
    new = scan_request(repository=endpoint.repository, trigger=Trigger.UP)
    assert (new.replaces.get(), new.lane) == (old, Lane.INTERACTIVE)


def test_the_same_body_once_more_does_not_end_a_wait(endpoint):
    old = push(endpoint, 1)
    scan_fail(claim=scan_claim(scan_id=old.pk), error=NO_HOST, may_pass=True)
    delivery = Delivery("again", "push", Occasion.PUSH, branches=("main",))
    accepted = delivery_accept(endpoint=endpoint, delivery=delivery, body_digest=f"{1:064x}")
    assert accepted.scan == old
    old.refresh_from_db()
    assert old.available_at > timezone.now() + timedelta(seconds=10)


def test_the_page_and_the_api_of_a_superseded_scan_lead_to_the_newer_one(
    endpoint, client, bot, user
):
    old = push(endpoint, 1)
    scan_fail(claim=scan_claim(scan_id=old.pk), error=NO_HOST, may_pass=True)
    client.force_login(user)
    page = client.get(f"/scans/{old.public_id}/").content.decode()
    assert "No such host." in page
    assert "begins by itself" in page
    body = bot().get(f"/api/v1/scans/{old.public_id}/").json()
    assert (body["state"], body["attempt"], body["error"]["code"]) == ("queued", 1, "dns")
    new = push(endpoint, 2)
    page = client.get(f"/scans/{old.public_id}/").content.decode()
    assert f"/scans/{new.public_id}/" in page
    body = bot().get(f"/api/v1/scans/{old.public_id}/").json()
    assert (body["state"], body["replaced_by"]) == ("superseded", str(new.public_id))
