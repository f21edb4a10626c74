"""Promises that only real, simultaneous connections can break."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from django.db import connection

from apps.scans.models import Scan, Trigger, WebhookDelivery
from apps.scans.providers import Delivery, Occasion
from apps.scans.services import delivery_accept, scan_claim, scan_request
from tests.apps.factories import RepositoryFactory, ScanFactory

pytestmark = pytest.mark.django_db(transaction=True)

PEOPLE = 8


def together[T](act: Callable[[int], T]) -> list[T]:
    barrier = Barrier(PEOPLE)

    def run(number: int) -> T:
        try:
            connection.ensure_connection()
            barrier.wait(10)
            return act(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(PEOPLE) as pool:
        return list(pool.map(run, range(PEOPLE)))


def test_of_many_workers_one_gets_the_scan():
    scan = ScanFactory()
    claims = together(lambda _: scan_claim(scan_id=scan.pk))
    assert sum(claim is not None for claim in claims) == 1


def test_of_many_scans_of_one_repository_one_runs():
    repository = RepositoryFactory()
    scans = [ScanFactory(repository=repository, ref=f"b{number}") for number in range(PEOPLE)]
    claims = together(lambda number: scan_claim(scan_id=scans[number].pk))
    assert sum(claim is not None for claim in claims) == 1


def test_many_wishes_at_once_are_one_scan():
    repository = RepositoryFactory()
    scans = together(lambda _: scan_request(repository=repository, trigger=Trigger.API).pk)
    assert len(set(scans)) == 1
    assert Scan.objects.count() == 1


def test_many_deliveries_of_one_push_are_one_scan(user):
    from apps.repositories.models import WebhookEndpoint
    from apps.repositories.services import endpoint_create

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
