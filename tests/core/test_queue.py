import time

import pytest
import redis

from django.conf import settings

from core.queue import announce, enqueue_on_commit

pytestmark = pytest.mark.django_db


def waiting() -> int:
    url = settings.REDIS_URL
    with redis.Redis.from_url(url) as client:
        return sum(
            client.llen(key) for key in client.keys("*quick*") if client.type(key) == b"list"
        )


def test_a_hint_reaches_the_broker_after_commit(
    servers, django_capture_on_commit_callbacks, eventually
):
    with django_capture_on_commit_callbacks(execute=True):
        enqueue_on_commit("scans.reconcile", queue="quick")
        assert waiting() == 0
    eventually(lambda: waiting() == 1)


def test_nobody_waits_for_a_broker_that_is_away(monkeypatch, caplog, eventually):
    def away(*_args, **_options):
        time.sleep(0.5)
        raise ConnectionError("redis://user:secret@broker")

    monkeypatch.setattr("core.queue.current_app.send_task", away)
    began = time.monotonic()
    announce("scans.run", (1,), "interactive")
    assert time.monotonic() - began < 0.2
    eventually(lambda: "a hint was not sent" in caplog.text)
    assert "secret" not in caplog.text
