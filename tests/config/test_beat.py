from datetime import timedelta

import pytest
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from django.utils import timezone

from config.beat import Entry, Scheduler
from config.celery import app

pytestmark = pytest.mark.django_db


@pytest.fixture
def entry():
    """A task that runs every 15 seconds."""
    interval = IntervalSchedule.objects.create(every=15, period=IntervalSchedule.SECONDS)
    task = PeriodicTask.objects.create(name="look", task="scans.reconcile", interval=interval)

    def make(last_run_at):
        task.last_run_at = last_run_at
        return Entry(task, app=app)

    return make


def test_a_task_is_due_when_its_interval_is_over(entry):
    now = timezone.now()
    assert entry(now - timedelta(seconds=16)).is_due().is_due
    assert not entry(now - timedelta(seconds=5)).is_due().is_due


def test_a_clock_that_was_put_back_delays_a_task_by_one_interval_at_most(entry):
    state = entry(timezone.now() + timedelta(hours=1)).is_due()
    assert not state.is_due
    assert state.next <= 15


def test_beat_uses_this_scheduler(settings):
    assert f"{Scheduler.__module__}:{Scheduler.__name__}" == settings.CELERY_BEAT_SCHEDULER
    assert Scheduler.Entry is Entry
