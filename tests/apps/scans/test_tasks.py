import os
from datetime import UTC, datetime, timedelta

import pytest
from celery import current_app

from django.utils import timezone

from apps.scans import tasks
from apps.scans.models import Outline, Scan, WebhookDelivery
from apps.scans.polling import SLOTS
from tests.apps.factories import RepositoryFactory, ScanFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(monkeypatch, django_capture_on_commit_callbacks):
    """A function that runs a task and gives the hints that it sent."""

    def run(task, *args) -> list[tuple]:
        hints: list[tuple] = []
        monkeypatch.setattr("core.queue.announce", lambda *hint: hints.append(hint))
        with django_capture_on_commit_callbacks(execute=True):
            task(*args)
        return hints

    return run


def test_every_scheduled_task_exists(settings):
    current_app.loader.import_default_modules()
    scheduled = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert {"scans.reconcile", "scans.nightly", "scans.poll"} <= scheduled
    assert scheduled <= set(current_app.tasks)


def test_what_is_sent_by_name_exists():
    current_app.loader.import_default_modules()
    assert {"scans.run", "scans.chunks", "scans.poll_remote", "repositories.mirror_forget"} <= set(
        current_app.tasks
    )


def test_a_scan_that_is_gone_is_no_error(sent):
    assert sent(tasks.run, 0) == []


def test_the_reconciler_announces_what_nobody_heard_of(sent):
    scan = ScanFactory(announced_at=timezone.now() - timedelta(minutes=5))
    assert sent(tasks.reconcile) == [("scans.run", (scan.pk,), "interactive")]


def test_at_night_all_is_scanned_and_what_is_old_is_forgotten(sent, repository):
    Scan.objects.all().delete()
    old = WebhookDelivery.objects.create(
        endpoint=repository.webhook,
        delivery_id="d",
        body_digest="0" * 64,
        event="push",
        outcome="ignored",
    )
    WebhookDelivery.objects.update(created_at=timezone.now() - timedelta(days=31))
    Outline.objects.create(
        blob="a" * 40,
        kind="python",
        extractor="v1",
        data=b"",
        size=0,
        last_used_on=timezone.localdate() - timedelta(days=100),
    )
    assert [hint[0] for hint in sent(tasks.nightly)] == ["scans.run"]
    assert Scan.objects.get().trigger == "schedule"
    assert not WebhookDelivery.objects.filter(pk=old.pk).exists()
    assert not Outline.objects.exists()


def test_in_an_hour_each_remote_is_announced_once(sent, monkeypatch):
    repositories = RepositoryFactory.create_batch(3)
    hints = []
    for slot in range(SLOTS):
        monkeypatch.setattr(
            "apps.scans.polling.timezone.now",
            lambda slot=slot: datetime.fromtimestamp(300 * slot, UTC),
        )
        hints += sent(tasks.poll)
    assert sorted(hint[1][0] for hint in hints) == sorted(item.pk for item in repositories)
    assert {hint[0] for hint in hints} == {"scans.poll_remote"}


def test_polling_what_is_gone_is_no_error(sent):
    assert sent(tasks.poll_remote, 0) == []


def test_a_pool_process_that_ends_takes_its_sandbox_with_it():
    from celery.signals import worker_process_shutdown

    from plumbline.sandbox import Sandbox

    with Sandbox(is_lasting=True) as sandbox:
        pid = sandbox.pid
    assert os.path.exists(f"/proc/{pid}")
    worker_process_shutdown.send(sender=None, pid=os.getpid(), exitcode=0)
    assert not os.path.exists(f"/proc/{pid}")
