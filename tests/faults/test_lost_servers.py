"""PostgreSQL and Valkey that go away, come back, and have forgotten."""

import threading
import time
from functools import partial
from itertools import cycle

from apps.repositories.models import Repository
from apps.scans.models import Scan, WebhookDelivery
from tests.apps.source import Source
from tests.faults.acts import (
    ask,
    edition,
    ended,
    follow,
    recorded_once,
    send,
    signed_push,
)
from tests.faults.extent import FULL, extent
from tests.faults.installation import Installation, Web, wait_for

# So long that a pool of connections would try again only now and then.
POSTGRES_DOWN_SECONDS = [0.5] * 8 + [10, 40] if FULL else [0.5]
VALKEY_DOWN_SECONDS = extent(short=1, full=300)
FILES = extent(short=60, full=200)
# From the moment at which the server is back.
POSTGRES_RECOVERY_SECONDS = 10
SCAN_RECOVERY_SECONDS = 90
# Then GitHub counts a delivery as failed.
HOSTS_WAIT_SECONDS = 10


class Burst:
    """Pushes, one after the other, while the block runs; what was answered to each."""

    def __init__(self, web: Web, repositories: list) -> None:
        self._web = web
        self._repositories = repositories
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._send, daemon=True)
        # All that needs the database is made before it goes away.
        self._deliveries = [
            signed_push(repository, f"{number:040x}")
            for number, repository in zip(range(1, 1201), cycle(repositories), strict=False)
        ]
        self.answers: list[tuple[float, str, int, dict]] = []

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_error):
        self._stop.set()
        self._thread.join()

    def _send(self) -> None:
        for number, delivery in enumerate(self._deliveries):
            if self._stop.is_set():
                return
            status, answer = send(self._web, delivery, sender=f"192.0.2.{number % 200}")
            key = delivery.headers["X-GitHub-Delivery"]
            self.answers.append((time.monotonic(), key, status, answer))
            time.sleep(0.05)

    @property
    def statuses(self) -> set[int]:
        return {status for _, _, status, _ in self.answers}

    def is_accepted(self, since: float = 0.0) -> bool:
        return any(at > since and status == 202 for at, _, status, _ in self.answers)


def _shops(tmp_path, count: int) -> tuple[list[Source], list]:
    sources = []
    for number in range(count):
        source = Source(tmp_path / f"shop{number}")
        source.push(edition(number, 3))
        sources.append(source)
    return sources, [follow(source) for source in sources]


def test_postgresql_restarts_in_the_middle_of_scans_and_pushes(installation, source, tmp_path):
    installation.beat()
    installation.workers(1)
    web = installation.web()
    _, shops = _shops(tmp_path, 3)
    source.push(edition(0, 3))
    repository = follow(source)
    ended(*Scan.objects.filter(finished_at=None), seconds=90)
    for number, down_seconds in enumerate(POSTGRES_DOWN_SECONDS, start=1):
        source.push(edition(number, FILES))
        with Burst(web, shops) as burst:
            scan = _running(repository)
            wait_for(burst.is_accepted, seconds=30)
            installation.postgres_stop()
            time.sleep(down_seconds)
            installation.postgres_start()
            back = time.monotonic()
            wait_for(partial(burst.is_accepted, back), seconds=POSTGRES_RECOVERY_SECONDS)
            wait_for(lambda: Scan.objects.exists(), seconds=5)
        assert burst.statuses <= {202, 503}
        _all_accepted_are_kept(burst)
        ended(*Scan.objects.filter(finished_at=None), seconds=SCAN_RECOVERY_SECONDS)
        scan.refresh_from_db()
        assert scan.state == "done"
        assert recorded_once(scan)
    assert all(service.alive for service in installation.services)


def _running(repository: Repository) -> Scan:
    scan = ask(repository)
    wait_for(lambda: Scan.objects.get(pk=scan.pk).state == "running", seconds=30, pause=0.01)
    return scan


def _all_accepted_are_kept(burst: Burst) -> None:
    accepted = {key: answer["id"] for _, key, status, answer in burst.answers if status == 202}
    kept = dict(
        WebhookDelivery.objects.filter(delivery_id__in=accepted).values_list(
            "delivery_id", "scan__public_id"
        )
    )
    assert {key: str(scan) for key, scan in kept.items()} == accepted
    assert not Scan.objects.filter(public_id__in=accepted.values(), state="dead").exists()


def test_valkey_forgets_every_hint(installation, tmp_path):
    installation.beat()
    installation.workers(1)
    sources, shops = _shops(tmp_path, 4)
    ended(*Scan.objects.filter(finished_at=None), seconds=90)
    for number, source in enumerate(sources):
        source.push(edition(10 + number, 3))
    scans = [ask(shop) for shop in shops]
    with installation.valkey_client() as client:
        client.flushall()
    ended(*scans, seconds=SCAN_RECOVERY_SECONDS)
    _all_done_once(scans)
    assert all(service.alive for service in installation.services)


def test_valkey_is_killed_and_stays_away(installation: Installation, tmp_path):
    installation.beat()
    installation.workers(1)
    web = installation.web()
    sources, shops = _shops(tmp_path, 3)
    ended(*Scan.objects.filter(finished_at=None), seconds=90)
    commits = [source.push(edition(20 + n, 3)) for n, source in enumerate(sources)]
    installation.valkey_kill()
    gone = time.monotonic()
    answers = [
        send(web, signed_push(shop, commit)) for shop, commit in zip(shops, commits, strict=True)
    ]
    took = time.monotonic() - gone
    told = [line for line in web.running.output().splitlines() if "without the database" in line]
    assert [status for status, _ in answers] == [202] * len(shops), (took, told)
    assert took < HOSTS_WAIT_SECONDS * len(shops)
    time.sleep(VALKEY_DOWN_SECONDS)
    installation.valkey_start()
    scans = [Scan.objects.get(public_id=answer["id"]) for _, answer in answers]
    ended(*scans, seconds=SCAN_RECOVERY_SECONDS)
    _all_done_once(scans)
    assert [scan.commit for scan in scans] == commits
    assert all(service.alive for service in installation.services)


def _all_done_once(scans: list[Scan]) -> None:
    for scan in scans:
        scan.refresh_from_db()
        assert (scan.state, scan.fence) == ("done", 1)
        assert recorded_once(scan)
