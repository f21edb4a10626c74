"""A whole organisation that pushes within ten seconds, from one address, as its forge does."""

import os
import statistics
import subprocess
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from apps.accounts.models import User
from apps.repositories.models import Repository
from apps.repositories.services import repository_register
from apps.scans.models import Scan, WebhookDelivery
from tests.apps.source import Source
from tests.faults.acts import Delivery, ended, send, signed_push
from tests.faults.extent import FULL, extent
from tests.faults.installation import Installation, Web

REPOSITORIES = extent(short=60, full=1000)
SPREAD_SECONDS = REPOSITORIES / 100
SENDERS = 64
# Measured on an otherwise idle machine of two processors; a busy one says nothing about it.
P99_SECONDS = 0.5
DRAIN_SECONDS = extent(short=120, full=1000)


def _branches(source: Source, count: int) -> None:
    """Let so many branches be at the newest commit."""
    head = subprocess.run(
        ["git", "rev-parse", "main"], cwd=source.bare, check=True, capture_output=True, text=True
    ).stdout.strip()
    lines = "".join(f"update refs/heads/b{number} {head}\n" for number in range(count))
    command = ["git", "update-ref", "--stdin"]
    subprocess.run(command, cwd=source.bare, check=True, input=lines, text=True)


def _follow_all(source: Source, count: int) -> list[Repository]:
    person, _ = User.objects.get_or_create(email="faults@example.org")
    return [
        repository_register(
            url=source.url, branch=f"b{number}", actor=person, allow_local=True, name=f"b{number}"
        )
        for number in range(count)
    ]


def _flood(web: Web, deliveries: list[Delivery]) -> tuple[Counter[int], list[float]]:
    """Send each at its moment, whether or not earlier ones were answered; statuses and seconds."""
    began = time.monotonic()

    def deliver(numbered: tuple[int, Delivery]) -> tuple[int, float]:
        number, delivery = numbered
        moment = began + number * SPREAD_SECONDS / len(deliveries)
        time.sleep(max(0.0, moment - time.monotonic()))
        status, _ = send(web, delivery)
        # From when it was to be sent: a queue of senders is time that somebody waits.
        return status, time.monotonic() - moment

    with ThreadPoolExecutor(SENDERS) as pool:
        answers = list(pool.map(deliver, enumerate(deliveries)))
    return Counter(status for status, _ in answers), [seconds for _, seconds in answers]


def test_a_push_to_each_of_many_repositories_at_once(installation: Installation, source):
    installation.stop_services()
    web = installation.web()
    with installation.mute():
        _branches(source, REPOSITORIES)
        shops = _follow_all(source, REPOSITORIES)
    # As if their first scans had been long ago.
    Scan.objects.all().delete()
    deliveries = [
        signed_push(shop, "a" * 40, branch=f"b{number}") for number, shop in enumerate(shops)
    ]
    for _ in range(20):  # the server's first answers take it longest
        send(web, deliveries[0])
    WebhookDelivery.objects.all().delete()
    Scan.objects.all().delete()

    before = web.running.processor_seconds()
    statuses, seconds = _flood(web, deliveries)
    spent = (web.running.processor_seconds() - before) / REPOSITORIES

    p50, p99 = statistics.median(seconds), statistics.quantiles(seconds, n=100)[98]
    print(
        f"{len(deliveries)} pushes in {SPREAD_SECONDS:g} s: {dict(statuses)}; "
        f"p50 {p50 * 1000:.0f} ms, p99 {p99 * 1000:.0f} ms; "
        f"{spent * 1000:.1f} ms of the web server's processor time each; load {os.getloadavg()[0]:.1f}"
    )
    assert statuses == {202: REPOSITORIES}
    if FULL and os.getloadavg()[0] < 3:
        assert p99 < P99_SECONDS
    assert WebhookDelivery.objects.filter(outcome="scanned").count() == REPOSITORIES

    installation.beat()
    began = time.monotonic()
    installation.workers(2)
    scans = list(Scan.objects.filter(repository__in=shops))
    ended(*scans, seconds=DRAIN_SECONDS)
    print(f"{len(scans)} scans in {time.monotonic() - began:.0f} s")
    assert set(Scan.objects.values_list("state", "attempt")) == {("done", 1)}
    installation.workers(1)


def test_a_flood_of_pushes_to_one_branch_is_two_scans(installation: Installation, source):
    installation.stop_services()
    web = installation.web()
    with installation.mute():
        _branches(source, 1)
        (shop,) = _follow_all(source, 1)
    deliveries = [
        signed_push(shop, f"{number:040x}", branch="b0") for number in range(1, REPOSITORIES + 1)
    ]

    statuses, _ = _flood(web, deliveries)

    assert statuses == {202: REPOSITORIES}
    assert Scan.objects.filter(repository=shop).count() <= 2
    installation.beat()
    installation.workers(1)
    ended(*Scan.objects.filter(repository=shop), seconds=60)
    assert set(Scan.objects.filter(repository=shop).values_list("state", flat=True)) == {"done"}
