"""What the health page and the scans page say of the machinery as a whole."""

from datetime import timedelta

import pytest

from django.utils import timezone

from apps.repositories.services import repository_error_note
from apps.scans.models import Lane, Pulse
from apps.scans.trouble import clockwork_trouble, disk_trouble, queue_trouble
from tests.apps.factories import RepositoryFactory, ScanFactory

pytestmark = pytest.mark.django_db


def ago(**span: int):
    return timezone.now() - timedelta(**span)


def running(**columns: object):
    columns = {
        "state": "running",
        "started_at": ago(minutes=20),
        "lease_until": ago(seconds=-40),
    } | columns
    return ScanFactory(**columns)


def test_a_fresh_installation_is_in_no_trouble():
    ScanFactory()
    assert clockwork_trouble() is None
    assert queue_trouble() is None


@pytest.mark.parametrize(("minutes", "words"), [(7, "7 minutes"), (60 * 30, "30 hours")])
def test_a_reconciler_that_stands_still_is_noticed(minutes, words):
    Pulse.objects.create(job="reconcile", at=ago(minutes=minutes))
    Pulse.objects.create(job="poll", at=timezone.now())
    trouble = clockwork_trouble()
    assert words in trouble.text
    assert "beat" in trouble.remedy


def test_a_reconciler_that_ran_a_minute_ago_is_in_order():
    Pulse.objects.create(job="reconcile", at=ago(minutes=1))
    assert clockwork_trouble() is None


def test_scans_that_wait_while_nobody_works_are_noticed():
    ScanFactory(lane=Lane.BULK, available_at=ago(minutes=6))
    assert queue_trouble().text == "A scan has waited for 6 minutes, and no worker takes any."


def test_a_worker_that_vanished_holds_nothing():
    ScanFactory(lane=Lane.BULK, available_at=ago(minutes=6))
    running(lease_until=ago(minutes=1))
    assert "no worker takes any" in queue_trouble().text


def test_bulk_may_wait_while_workers_are_busy():
    ScanFactory(lane=Lane.BULK, available_at=ago(hours=3))
    running()
    assert queue_trouble() is None


def test_workers_that_ended_a_scan_just_now_are_at_work():
    ScanFactory(lane=Lane.BULK, available_at=ago(hours=3))
    ScanFactory(finished=True)
    assert queue_trouble() is None


def test_what_somebody_asked_for_may_not_wait_behind_busy_workers():
    ScanFactory(available_at=ago(minutes=8))
    running(lane=Lane.BULK)
    trouble = queue_trouble()
    assert "8 minutes" in trouble.text
    assert "more workers" in trouble.remedy


def test_the_next_scan_of_a_repository_waits_for_the_one_that_runs():
    scan = running()
    ScanFactory(repository=scan.repository, ref="other", available_at=ago(minutes=8))
    assert queue_trouble() is None


def test_a_scan_that_waits_out_a_failure_is_not_late():
    ScanFactory(available_at=ago(minutes=-8), enqueued_at=ago(hours=1))
    assert queue_trouble() is None


@pytest.mark.django_db(transaction=True)
def test_the_health_page_warns_and_still_answers_200(client):
    Pulse.objects.create(job="reconcile", at=ago(minutes=7))
    ScanFactory(available_at=ago(minutes=8))
    page = client.get("/health/")
    assert page.status_code == 200
    text = page.content.decode()
    assert "Well, with a warning" in text
    assert "Nobody has looked after lost scans for 7 minutes." in text
    assert "no worker takes any" in text
    answers = client.get("/health/?format=json").json()
    assert {name: answer[:7] for name, answer in answers.items() if answer != "OK"} == {
        "Clockwork()": "Warning",
        "Queue()": "Warning",
    }


def test_the_tasks_that_run_by_the_clock_leave_a_pulse():
    from apps.scans.tasks import nightly, poll, reconcile

    for task in (reconcile, poll, nightly):
        task()
    assert set(Pulse.objects.values_list("job", flat=True)) == {"reconcile", "poll", "nightly"}


def test_a_disk_that_is_full_is_noticed_until_each_repository_has_been_fetched():
    assert disk_trouble() is None
    failed = RepositoryFactory(last_error_code="disk_full")
    waits = ScanFactory(error_code="disk_full", attempt=1)
    trouble = disk_trouble()
    assert trouble.text == "2 repositories could not be fetched: The worker's disk is full."
    assert "PLUMBLINE_VAR" in trouble.remedy
    waits.repository.scans.update(state="done", finished_at=timezone.now())
    assert disk_trouble().text.startswith("One repository could not be fetched")
    repository_error_note(repository_id=failed.pk, code="")
    assert disk_trouble() is None
