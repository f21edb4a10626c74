from datetime import timedelta

import pytest

from django.utils import timezone

from apps.repositories.git import errors
from apps.repositories.mirrors import history_store, mirror_store
from apps.repositories.services import repository_register
from apps.scans.backfills import backfill_progress, commit_after
from apps.scans.exceptions import BackfillFinished, MonthsInvalid, PastAtWork
from apps.scans.models import Backfill, Outline, Scan
from apps.scans.pipeline import backfill as backfill_module
from apps.scans.pipeline import backfill_run, histories_tidy, scan_run
from apps.scans.services import (
    backfill_cancel,
    backfill_claim,
    backfill_hear,
    backfill_request,
    backfills_announce,
    backfills_nightly,
    scan_cancel,
    scan_claim,
    scan_retry,
    scans_reconcile,
)
from plumbline.sandbox import Evaluation, SandboxError
from tests.apps.factories import ScanFactory
from tests.apps.scans.running import backfilled, months_ago, past_run, scan
from tests.apps.source import SHOP


def past():
    """The scans of the past, asked anew each time."""
    return Scan.objects.filter(as_of__isnull=False)


@pytest.fixture
def hints(monkeypatch, django_capture_on_commit_callbacks):
    """A function that runs something and gives what workers heard of then: task, id and queue."""

    def run(act) -> list[tuple]:
        sent: list[tuple] = []
        monkeypatch.setattr(
            "core.queue.announce", lambda task, args, queue: sent.append((task, *args, queue))
        )
        with django_capture_on_commit_callbacks(execute=True):
            act()
        return sent

    return run


def test_a_month_that_fails_does_not_stop_the_others(old_shop, monkeypatch):
    result = Evaluation.result
    calls = iter(range(9))

    def second_fails(evaluation: Evaluation) -> bytes:
        if next(calls) in (1, 2):  # with what the child had read before, and without
            raise SandboxError("out_of_memory", "the evaluation needs more memory")
        return result(evaluation)

    monkeypatch.setattr(Evaluation, "result", second_fails)
    assert backfilled(old_shop).state == "done"
    progress = backfill_progress(old_shop)
    assert progress is not None
    assert [month.state for month in progress.months] == ["done", "failed", "done", "done"]
    failed = progress.failed[0].scan
    assert failed is not None
    assert failed.error_code == "out_of_memory"
    old_shop.refresh_from_db()
    assert old_shop.last_error_code == ""
    again = scan_retry(scan=failed)
    assert (again.as_of, again.commit) == (failed.as_of, failed.commit)
    with pytest.raises(PastAtWork):
        scan_retry(scan=failed)
    assert past_run(old_shop)
    progress = backfill_progress(old_shop)
    assert progress is not None
    assert progress.failed == []


def test_history_waits_for_the_first_scan(
    old_source, user, own_mirrors, local_repositories_allowed
):
    repository = repository_register(url=old_source.url, actor=user, history_months=3)
    backfill = repository.backfills.get()
    assert (backfill.months, backfill.requested_by) == (3, user)
    backfill_run(backfill.pk)
    backfill.refresh_from_db()
    assert (backfill.state, backfill.attempt, past().count()) == ("waiting", 0, 0)


def test_the_end_of_the_first_scan_announces_the_history(
    old_source, user, own_mirrors, local_repositories_allowed, hints
):
    repository = repository_register(url=old_source.url, actor=user, history_months=3)
    backfill, first = repository.backfills.get(), repository.scans.get()
    sent = hints(lambda: scan_run(first.pk))
    assert ("scans.backfill", backfill.pk, "bulk") in sent


def test_a_repository_may_be_registered_without_history(old_source, user, settings):
    settings.PLUMBLINE_BACKFILL_MONTHS = 7
    settings.PLUMBLINE_ALLOW_LOCAL_REPOSITORIES = True
    first = repository_register(url=old_source.url, actor=user)
    second = repository_register(url=old_source.url, branch="main", actor=user, history_months=0)
    assert first.backfills.get().months == 7
    assert not second.backfills.exists()


def test_each_month_is_announced_when_the_one_before_has_ended(old_shop, hints):
    backfill = backfill_request(repository=old_shop)
    assert [task for task, *_ in hints(lambda: backfill_run(backfill.pk))] == ["scans.run"]
    (first,) = past()
    sent = hints(lambda: scan_run(first.pk))
    second = past().get(state="queued")
    assert ("scans.run", second.pk, "bulk") in sent


def test_a_history_is_not_fetched_while_a_scan_waits(old_shop):
    backfill = backfill_request(repository=old_shop)
    waiting = ScanFactory()
    backfill_run(backfill.pk)
    backfill.refresh_from_db()
    assert backfill.state == "waiting"
    scan_cancel(scan=waiting)
    backfill_run(backfill.pk)
    backfill.refresh_from_db()
    assert backfill.state == "running"


def test_the_present_is_judged_while_a_month_is(old_shop, old_source):
    backfill = backfill_request(repository=old_shop)
    backfill_run(backfill.pk)
    assert scan_claim(scan_id=past().get().pk) is not None
    old_source.push({"README": "pushed"})
    assert scan(old_shop).state == "done"


def test_one_worker_fetches_a_history_and_another_if_it_vanishes(old_shop):
    backfill = backfill_request(repository=old_shop)
    assert backfill_claim(backfill_id=backfill.pk, seconds=60) is not None
    assert backfill_claim(backfill_id=backfill.pk, seconds=60) is None
    backfill_run(backfill.pk)
    assert past().count() == 0
    Backfill.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    backfill_run(backfill.pk)
    assert past().count() == 1


def test_a_worker_that_vanishes_costs_one_month(old_shop):
    backfill = backfill_request(repository=old_shop)
    backfill_run(backfill.pk)
    assert past_run(old_shop)
    lost = past().get(state="queued")
    assert scan_claim(scan_id=lost.pk) is not None
    backfill_run(backfill.pk)
    assert sorted(past().values_list("state", flat=True)) == ["done", "running"]
    past().filter(state="running").update(lease_until=timezone.now() - timedelta(seconds=1))
    assert scans_reconcile() >= 1
    past().filter(state="queued").update(available_at=timezone.now())
    while past_run(old_shop):
        pass
    backfill.refresh_from_db()
    assert backfill.state == "done"
    assert list(past().values_list("state", flat=True)) == ["done"] * 4
    assert sorted(past().values_list("attempt", flat=True)) == [1, 1, 1, 2]


def test_a_hint_that_was_lost_between_two_months_is_given_again(old_shop, hints):
    backfill = backfill_request(repository=old_shop)
    backfill_run(backfill.pk)
    assert scan_run(past().get().pk)  # and nobody heard of its end
    assert hints(backfills_announce) == []
    Backfill.objects.update(heard_at=timezone.now() - timedelta(minutes=2))
    assert hints(backfills_announce) == [("scans.backfill", backfill.pk, "bulk")]
    assert hints(backfills_announce) == []
    backfill_run(backfill.pk)
    assert past().filter(state="queued").count() == 1
    Backfill.objects.update(heard_at=timezone.now() - timedelta(minutes=2))
    assert hints(backfills_announce) == []


def test_a_first_scan_without_history_announces_none(shop, hints):
    first = shop.scans.get()
    assert not [task for task, *_ in hints(lambda: scan_run(first.pk)) if task == "scans.backfill"]


def test_a_disabled_repository_keeps_its_past_for_later(old_shop):
    backfill = backfill_request(repository=old_shop)
    backfill_run(backfill.pk)
    old_shop.enabled = False
    old_shop.save()
    assert past_run(old_shop)
    assert not past().filter(state="queued").exists()
    old_shop.enabled = True
    old_shop.save()
    backfill_run(backfill.pk)
    assert past().filter(state="queued").count() == 1


def test_histories_are_gone_when_they_were_gone_through(old_shop):
    backfill = backfill_request(repository=old_shop)
    backfill_run(backfill.pk)
    histories_tidy()
    assert history_store().mirror(old_shop.pk).folder.exists()
    while past_run(old_shop):
        pass
    histories_tidy()
    assert not history_store().mirror(old_shop.pk).folder.exists()
    assert mirror_store().mirror(old_shop.pk).folder.exists()


def test_a_machine_without_the_history_fetches_it(old_shop, settings, tmp_path):
    backfill_run(backfill_request(repository=old_shop).pk)
    settings.PLUMBLINE_VAR = tmp_path / "another machine"
    while past_run(old_shop):
        pass
    assert list(past().values_list("state", flat=True)) == ["done"] * 4


def test_a_machine_without_the_present_learns_its_date(old_shop, settings, tmp_path):
    settings.PLUMBLINE_VAR = tmp_path / "another machine"
    assert backfilled(old_shop).state == "done"
    assert past().count() == 4


def test_a_cancelled_backfill_keeps_what_is_judged(old_shop):
    backfilled(old_shop, months=2)
    backfill = backfill_request(repository=old_shop, months=6)
    backfill_run(backfill.pk)
    waiting = past().get(state="queued")
    assert backfill_cancel(backfill=backfill).state == "cancelled"
    backfill_hear(scan_id=waiting.pk)
    assert sorted(past().values_list("state", flat=True)) == ["cancelled", "done", "done"]
    with pytest.raises(BackfillFinished):
        backfill_cancel(backfill=backfill)


def test_asking_twice_gives_one_backfill_made_longer(old_shop):
    first = backfill_request(repository=old_shop, months=1)
    assert backfill_request(repository=old_shop, months=1) == first
    backfill_run(first.pk)
    second = backfill_request(repository=old_shop, months=9)
    assert (second.pk, second.months, Backfill.objects.count()) == (first.pk, 9, 1)
    backfill_run(first.pk)
    while past_run(old_shop):
        pass
    assert past().filter(state="done").count() == 4


@pytest.mark.parametrize("months", [0, -1, 61])
def test_a_history_has_one_to_sixty_months(old_shop, months):
    with pytest.raises(MonthsInvalid):
        backfill_request(repository=old_shop, months=months)


def test_a_remote_that_is_gone_ends_the_backfill_with_the_reason(old_shop, old_source):
    old_source.bare.rename(old_source.bare.with_name("away.git"))
    backfill = backfill_request(repository=old_shop)
    backfill_run(backfill.pk)
    backfill.refresh_from_db()
    assert (backfill.state, backfill.error_code) == ("failed", "repository_not_found")
    assert backfill.error_remedy


def test_a_history_that_is_too_large_says_what_to_do(old_shop, monkeypatch):
    def too_large(*_: object, **__: object) -> None:
        raise errors.TooLarge

    monkeypatch.setattr(backfill_module, "_history", too_large)
    backfill = backfill_request(repository=old_shop)
    backfill_run(backfill.pk)
    backfill.refresh_from_db()
    assert (backfill.state, backfill.error_code) == ("failed", errors.TooLarge.code)
    assert "fewer months" in backfill.error_remedy


def test_a_network_failure_waits_for_another_try(old_shop, monkeypatch):
    def away(*_: object, **__: object) -> None:
        raise errors.HostUnreachable

    monkeypatch.setattr(backfill_module.Branch, "of", away)
    backfill = backfill_request(repository=old_shop)
    for attempt in (1, 2):
        backfill_run(backfill.pk)
        backfill.refresh_from_db()
        assert (backfill.state, backfill.attempt) == ("waiting", attempt)
        assert backfill.available_at > timezone.now()
        Backfill.objects.update(available_at=timezone.now())
    backfill_run(backfill.pk)
    backfill.refresh_from_db()
    assert (backfill.state, backfill.error_code) == ("failed", "unreachable")


def test_the_night_judges_anew_what_other_rules_judged(old_shop):
    backfilled(old_shop, months=2)
    assert backfills_nightly() == 0
    past().update(ruleset="sha256:older")
    assert backfills_nightly() == 1
    assert old_shop.backfills.order_by("-pk")[0].months == 2


def test_a_past_at_work_refuses_another_commit_of_it(old_shop):
    ScanFactory(repository=old_shop, lane="backfill", as_of=months_ago(1), commit="1" * 40)
    done = ScanFactory(
        repository=old_shop, lane="backfill", as_of=months_ago(2), finished=True, commit="2" * 40
    )
    with pytest.raises(PastAtWork):
        scan_retry(scan=done)


def test_what_the_next_month_needs_is_outlined_beside_the_rules_of_this_one(old_shop):
    Outline.objects.all().delete()
    backfill_run(backfill_request(repository=old_shop).pk)
    counts = []
    while (waiting := past().filter(state="queued").first()) is not None:
        assert past_run(old_shop)
        waiting.refresh_from_db()
        counts.append(waiting.counts)
    # Of the second month one module is new; the first month has outlined it already.
    assert [count["outlines_parsed"] for count in counts] == [len(SHOP) - 2 + 1, 0, 0, 0]
    assert Outline.objects.values("blob", "kind").distinct().count() == Outline.objects.count()


def test_nothing_is_looked_ahead_for_when_a_history_has_no_next_month(old_shop):
    backfill_run(backfill_request(repository=old_shop, months=1).pk)
    (only,) = past()
    assert commit_after(scan_id=only.pk) == ""
    assert past_run(old_shop)
