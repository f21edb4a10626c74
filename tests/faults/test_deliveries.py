"""Pushes that arrive at once and in floods, at a web server as production runs it."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from apps.scans.models import Scan, WebhookDelivery
from tests.apps.source import SHOP_BETTER
from tests.faults.acts import Delivery, ended, follow, send, signed_push
from tests.faults.installation import Web

TOGETHER = 20


def _together(web: Web, deliveries: list[Delivery]) -> list[tuple[int, dict]]:
    start = Barrier(len(deliveries))

    def deliver(delivery: Delivery) -> tuple[int, dict]:
        start.wait(10)
        return send(web, delivery)

    with ThreadPoolExecutor(len(deliveries)) as pool:
        return list(pool.map(deliver, deliveries))


def test_one_push_delivered_twenty_times_at_once_is_one_scan(installation, source):
    installation.beat()
    installation.workers(1)
    web = installation.web()
    shop = follow(source)
    ended(*Scan.objects.filter(repository=shop), seconds=60)
    delivery = signed_push(shop, source.push(SHOP_BETTER))

    answers = _together(web, [delivery] * TOGETHER)

    assert sorted(status for status, _ in answers) == [200] * (TOGETHER - 1) + [202]
    assert len({answer["id"] for _, answer in answers}) == 1
    assert WebhookDelivery.objects.filter(endpoint=shop.webhook).count() == 1
    scan = Scan.objects.get(repository=shop, trigger="webhook")
    ended(scan, seconds=60)
    scan.refresh_from_db()
    assert (scan.state, scan.attempt, scan.fence) == ("done", 1, 1)


def test_twenty_pushes_at_once_to_one_branch_are_at_most_two_scans(installation, source):
    """One that runs, perhaps, and one that waits and will see the newest of them."""
    installation.beat()
    installation.workers(1)
    web = installation.web()
    shop = follow(source)
    ended(*Scan.objects.filter(repository=shop), seconds=60)
    commits = [source.push({"apps/orders/n.py": f"n = {number}\n"}) for number in range(TOGETHER)]

    answers = _together(web, [signed_push(shop, commit) for commit in commits])

    assert {status for status, _ in answers} == {202}
    scans = Scan.objects.filter(repository=shop, trigger="webhook")
    assert 1 <= scans.count() <= 2
    ended(*scans, seconds=60)
    assert {scan.state for scan in scans.all()} == {"done"}
    assert scans.latest("id").commit == commits[-1]
