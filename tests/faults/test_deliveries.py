"""Pushes that arrive at once and in floods, at a web server as production runs it."""

import signal
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from apps.scans.models import Scan, WebhookDelivery
from tests.apps.source import SHOP_BETTER
from tests.faults.acts import Delivery, ask, edition, ended, follow, send, signed_push
from tests.faults.installation import Web, wait_for

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


def test_pushes_that_come_while_a_scan_runs_are_one_more_scan_of_the_newest(installation, source):
    installation.beat()
    worker = installation.workers(1)[0]
    web = installation.web()
    source.push(edition(0, 20))
    shop = follow(source)
    ended(*Scan.objects.filter(repository=shop), seconds=60)
    source.push(edition(1, 20))
    running = ask(shop)
    wait_for(lambda: Scan.objects.get(pk=running.pk).state == "running", seconds=30, pause=0.01)
    # A scan that takes as long as the pushes do.
    worker.signal_group(signal.SIGSTOP)
    commits = [source.push({"apps/orders/n.py": f"n = {number}\n"}) for number in range(TOGETHER)]
    answers = _together(web, [signed_push(shop, commit) for commit in commits])
    worker.signal_group(signal.SIGCONT)

    assert {status for status, _ in answers} == {202}
    waiting = Scan.objects.get(repository=shop, trigger="webhook")
    ended(running, waiting, seconds=60)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.commit) == ("done", commits[-1])
