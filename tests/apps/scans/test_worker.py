"""From a push to a point on the trend: real HTTP, real broker, a real worker process."""

import hashlib
import hmac
import http.client
import json
import os
import signal
import uuid
from urllib.parse import urlsplit

import pytest

from django.utils import timezone

from apps.accounts.models import TokenScope
from apps.accounts.services import token_create
from apps.findings.models import Finding
from apps.repositories.selectors import endpoint_secret
from apps.repositories.services import repository_register
from apps.scans.models import Scan
from apps.scans.services import scans_reconcile
from apps.scans.services.turns import HINT_LOST_AFTER
from apps.scorecards.models import Snapshot
from tests.apps.factories import UserFactory
from tests.apps.source import SHOP_BETTER
from tests.conftest import running_worker

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("local_repositories_allowed"),
    pytest.mark.slow,
]


def call(method: str, url: str, body: bytes = b"", **headers: str) -> tuple[int, dict]:
    """Make a request over real HTTP."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=10)
    connection.request(method, parts.path, body, headers)
    response = connection.getresponse()
    return response.status, json.loads(response.read() or b"{}")


@pytest.fixture
def shop(transactional_db, source, celery_worker_process, eventually):
    """A repository whose first scan a real worker has done."""
    repository = repository_register(url=source.url, actor=UserFactory())
    eventually(
        lambda: Scan.objects.filter(repository=repository, state="done").exists(),
        seconds=60,
        what=celery_worker_process.output(),
    )
    return repository


def test_a_signed_push_becomes_a_scan_a_score_and_a_point_on_the_trend(
    shop, source, live_server, eventually
):
    before = Scan.objects.get(repository=shop)
    commit = source.push(SHOP_BETTER)
    body = json.dumps({"ref": "refs/heads/main", "after": commit}).encode()
    signature = hmac.new(endpoint_secret(shop.webhook).encode(), body, hashlib.sha256)
    status, answer = call(
        "POST",
        f"{live_server.url}/webhooks/github/{shop.webhook.public_id}/",
        body,
        **{
            "Content-Type": "application/json",
            "X-GitHub-Event": "push",
            "X-GitHub-Delivery": str(uuid.uuid4()),
            "X-Hub-Signature-256": f"sha256={signature.hexdigest()}",
        },
    )
    assert status == 202
    eventually(
        lambda: Scan.objects.filter(public_id=answer["id"], state="done").exists(), seconds=60
    )
    after = Scan.objects.get(public_id=answer["id"])
    assert (after.commit, after.trigger) == (commit, "webhook")
    assert after.score > before.score
    assert list(
        Snapshot.objects.filter(repository=shop).order_by("id").values_list("score", flat=True)
    ) == [before.score, after.score]
    assert Finding.objects.get(repository=shop, code="MOD08").state == "fixed"


def test_a_bot_asks_for_a_scan_and_reads_the_verdict(shop, source, live_server, eventually):
    commit = source.push(SHOP_BETTER)
    _, text = token_create(
        user=UserFactory(), name="ci", scopes=[TokenScope.SCAN_WRITE, TokenScope.SCAN_READ]
    )
    bearer = {"Authorization": f"Bearer {text}", "Content-Type": "application/json"}
    status, answer = call(
        "POST", f"{live_server.url}/api/v1/repositories/{shop.slug}/scans/", b"{}", **bearer
    )
    assert (status, answer["state"]) == (202, "queued")
    url = f"{live_server.url}{answer['url']}"
    eventually(lambda: call("GET", url, **bearer)[1]["state"] == "done", seconds=60)
    _, done = call("GET", url, **bearer)
    assert (done["commit"], done["trigger"]) == (commit, "api")
    results = call("GET", f"{url}results/", **bearer)[1]["results"]
    assert {result["code"]: result["state"] for result in results}["MOD08"] == "pass"
    assert Snapshot.objects.filter(repository=shop).count() == 2


def test_a_killed_worker_loses_nothing_and_nothing_is_recorded_twice(
    transactional_db, source, tmp_path, eventually
):
    # Enough files that the worker is in the middle of them when it is killed.
    source.push({f"apps/orders/part{number}.py": f"x = {number}\n" for number in range(1500)})
    repository = repository_register(url=source.url, actor=UserFactory())
    scan = Scan.objects.get()
    local = {"PLUMBLINE_ALLOW_LOCAL_REPOSITORIES": "1"}
    with running_worker(tmp_path / "first.log", **local) as first:
        eventually(
            lambda: Scan.objects.get().state == "running" and Scan.objects.get().files_done > 0,
            seconds=60,
            what=first.output(),
        )
        os.killpg(first.process.pid, signal.SIGKILL)
        first.process.wait()
    assert Scan.objects.get().state == "running"
    Scan.objects.update(lease_until=timezone.now())
    assert scans_reconcile() == 1
    Scan.objects.update(available_at=timezone.now(), announced_at=timezone.now() - HINT_LOST_AFTER)
    with running_worker(tmp_path / "second.log", **local) as second:
        scans_reconcile()
        eventually(lambda: Scan.objects.get().is_finished, seconds=90, what=second.output())
    scan.refresh_from_db()
    assert (scan.state, scan.attempt, scan.fence) == ("done", 2, 2)
    assert Snapshot.objects.filter(repository=repository).count() == 1
