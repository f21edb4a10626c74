"""Promises that only real, simultaneous connections can break."""

import hashlib
import hmac
import http.client
import json
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from urllib.parse import urlsplit

import pytest

from django.db import connection
from django.utils import timezone

from apps.repositories.models import WebhookEndpoint
from apps.repositories.selectors import endpoint_secret
from apps.repositories.services import endpoint_create
from apps.scans.models import Lane, Scan, Trigger, WebhookDelivery
from apps.scans.providers import Delivery, Occasion
from apps.scans.services import delivery_accept, scan_claim, scan_request, scans_reconcile
from tests.apps.factories import RepositoryFactory, ScanFactory
from tests.servers import ROOT

pytestmark = pytest.mark.django_db(transaction=True)

PEOPLE = 8
# A worker that tries to claim every scan of which it is told, and says which it got.
CLAIM_ALL = """
import json, sys
import django
django.setup()
from django.db import connection
from apps.scans.services import scan_claim
connection.ensure_connection()
print("ready", flush=True)
sys.stdin.readline()
print(json.dumps([pk for pk in map(int, sys.argv[1:]) if scan_claim(scan_id=pk)]))
"""


def together[T](act: Callable[[int], T], people: int = PEOPLE) -> list[T]:
    barrier = Barrier(people)

    def run(number: int) -> T:
        try:
            connection.ensure_connection()
            barrier.wait(10)
            return act(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(people) as pool:
        return list(pool.map(run, range(people)))


def test_of_many_workers_one_gets_the_scan():
    scan = ScanFactory()
    claims = together(lambda _: scan_claim(scan_id=scan.pk))
    assert sum(claim is not None for claim in claims) == 1


def test_of_many_scans_of_one_repository_one_runs():
    repository = RepositoryFactory()
    scans = [ScanFactory(repository=repository, ref=f"b{number}") for number in range(PEOPLE)]
    claims = together(lambda number: scan_claim(scan_id=scans[number].pk))
    assert sum(claim is not None for claim in claims) == 1


def test_two_workers_never_run_the_same_scan():
    scans = [ScanFactory(repository=RepositoryFactory()) for _ in range(120)]
    ids = [str(scan.pk) for scan in scans]
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", CLAIM_ALL, *ids],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for worker in workers:
        assert worker.stdout.readline() == "ready\n"
    for worker in workers:
        worker.stdin.write("go\n")
        worker.stdin.flush()
    won = [json.loads(worker.communicate(timeout=60)[0]) for worker in workers]
    assert sorted(pk for share in won for pk in share) == sorted(map(int, ids))
    assert sum(bool(share) for share in won) > 1, "they did not work at the same time"
    assert set(Scan.objects.values_list("state", "attempt", "fence")) == {("running", 1, 1)}


def test_a_bound_on_patient_scans_holds_for_claims_at_once(settings):
    settings.PLUMBLINE_BULK_SCANS = 3
    scans = [ScanFactory(lane=Lane.BULK) for _ in range(PEOPLE)]
    claims = together(lambda number: scan_claim(scan_id=scans[number].pk))
    assert sum(claim is not None for claim in claims) == 3


def test_two_reconcilers_and_a_doubled_beat_take_a_scan_back_once():
    scans = [ScanFactory() for _ in range(5)]
    for scan in scans:
        assert scan_claim(scan_id=scan.pk)
    Scan.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    together(lambda _: scans_reconcile())
    assert set(Scan.objects.values_list("state", "attempt")) == {("queued", 1)}
    assert [scan.log_entries.filter(kind="retried").count() for scan in scans] == [1] * 5


def test_many_wishes_at_once_are_one_scan():
    repository = RepositoryFactory()
    scans = together(lambda _: scan_request(repository=repository, trigger=Trigger.API).pk)
    assert len(set(scans)) == 1
    assert Scan.objects.count() == 1


def test_many_deliveries_of_one_push_are_one_scan(user):
    repository = RepositoryFactory(branch="main")
    endpoint = WebhookEndpoint.objects.select_related("repository").get(
        pk=endpoint_create(repository=repository).pk
    )
    delivery = Delivery("d1", "push", Occasion.PUSH, branches=("main",))
    accepted = together(
        lambda _: delivery_accept(endpoint=endpoint, delivery=delivery, body_digest="0" * 64)
    )
    assert {acceptance.scan.pk for acceptance in accepted} == {Scan.objects.get().pk}
    assert sum(acceptance.repeated for acceptance in accepted) == PEOPLE - 1
    assert WebhookDelivery.objects.count() == 1


@pytest.mark.parametrize("ids", ["one id", "twenty ids"])
def test_twenty_deliveries_of_one_push_over_http_are_one_scan(live_server, ids):
    repository = RepositoryFactory(branch="main")
    endpoint = WebhookEndpoint.objects.get(pk=endpoint_create(repository=repository).pk)
    address = urlsplit(f"{live_server.url}/webhooks/github/{endpoint.public_id}/")
    body = json.dumps({"ref": "refs/heads/main", "after": "a" * 40}).encode()
    signature = hmac.new(endpoint_secret(endpoint).encode(), body, hashlib.sha256).hexdigest()

    def deliver(number: int) -> tuple[int, str]:
        host = http.client.HTTPConnection(address.netloc, timeout=30)
        headers = {
            "Content-Type": "application/json",
            "X-GitHub-Event": "push",
            "X-GitHub-Delivery": "d" if ids == "one id" else f"d{number}",
            "X-Hub-Signature-256": f"sha256={signature}",
        }
        host.request("POST", address.path, body, headers)
        response = host.getresponse()
        return response.status, json.loads(response.read())["id"]

    answers = together(deliver, people=20)
    scan = Scan.objects.get()
    assert {answer for _, answer in answers} == {str(scan.public_id)}
    statuses = [status for status, _ in answers]
    accepted = 1 if ids == "one id" else 20
    assert (statuses.count(202), statuses.count(200)) == (accepted, 20 - accepted)
