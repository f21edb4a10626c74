"""Whatever happens in whatever order, the rows keep their promises."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from apps.findings.models import Finding
from apps.scans.exceptions import LeaseLost, ScanFinished, ScanNotFinished, TransitionRefused
from apps.scans.models import ATTEMPTS, ENDED, Lane, Phase, Scan, ScanState, Trigger
from apps.scans.services import (
    Claim,
    scan_cancel,
    scan_claim,
    scan_fail,
    scan_heartbeat,
    scan_progress,
    scan_record,
    scan_record_unchanged,
    scan_request,
    scan_retry,
    scans_reconcile,
)
from apps.scans.states import TRANSITIONS, Event, state_after, state_of, states_before
from core.exceptions import DomainError
from plumbline.report import Files, Report
from tests.apps.factories import RepositoryFactory

numbers = st.integers(0, 5)
SECOND = timedelta(seconds=1)
NO_HOST = DomainError("No such host.", code="dns", remedy="Look.")


def verdict(commit: str) -> Report:
    """What the engine says of a repository without findings."""
    return Report(
        schema=1,
        engine="1.0",
        ruleset="sha256:test",
        path="",
        commit=commit,
        score=90.0,
        standing="plumb",
        evaluated=1,
        applicable=1,
        partial=False,
        files=Files(read=1, excluded=0, unreadable=[]),
        timings={},
        rules=[],
        findings=[],
        facts={},
    )


def chosen[T](rows: Sequence[T] | QuerySet, number: int) -> list[T]:
    """One of the rows, if there are any; zero is the newest."""
    found = list(rows)
    return [found[-1 - number % len(found)]] if found else []


class Workers(RuleBasedStateMachine):
    """Two repositories, their scans, and the claims that workers believe they hold."""

    def __init__(self) -> None:
        super().__init__()
        self.outer = transaction.atomic()
        self.outer.__enter__()
        self.claims: list[Claim] = []
        self.ended: dict[int, tuple] = {}
        self.fences: dict[int, int] = {}

    @initialize()
    def repositories_are_there(self) -> None:
        self.repositories = RepositoryFactory.create_batch(2)
        for repository in self.repositories:
            scan_request(repository=repository, trigger=Trigger.WEBHOOK)

    def teardown(self) -> None:
        try:
            if hasattr(self, "repositories"):
                self.everything_ends()
        finally:
            transaction.set_rollback(True)
            self.outer.__exit__(None, None, None)

    # ---- What happens

    @rule(number=numbers, trigger=st.sampled_from(Trigger), lane=st.sampled_from([None, *Lane]))
    def somebody_asks(self, number: int, trigger: Trigger, lane: Lane | None) -> None:
        wanted = scan_request(
            repository=self.repositories[number % 2],
            trigger=trigger,
            ref="" if number < 4 else "feature",
            lane=lane,
        )
        assert wanted.state == ScanState.QUEUED

    @rule(number=numbers, cancels=st.booleans())
    def somebody_cancels_or_asks_again(self, number: int, cancels: bool) -> None:
        for scan in chosen(Scan.objects.order_by("id"), number):
            had_ended = scan.state in ENDED
            try:
                scan_cancel(scan=scan) if cancels else scan_retry(scan=scan)
                assert had_ended != cancels
            except (ScanFinished, ScanNotFinished):
                assert had_ended == cancels

    @rule(number=numbers, waits=st.booleans())
    def a_worker_claims(self, number: int, waits: bool) -> None:
        if waits:
            self.time_passes()
        for scan in chosen(Scan.objects.filter(state="queued").order_by("id"), number):
            is_free = not Scan.objects.filter(repository=scan.repository, state="running").exists()
            is_time = scan.available_at <= timezone.now()
            claim = scan_claim(scan_id=scan.pk)
            assert (claim is not None) == (is_free and is_time)
            if claim is not None:
                assert claim.fence == scan.fence + 1
                self.claims.append(claim)

    @rule(number=numbers)
    def a_worker_goes_on(self, number: int) -> None:
        for claim in chosen(self.claims, number):
            holds = self.holds(claim)
            assert scan_heartbeat(claim=claim) == holds
            try:
                scan_progress(claim=claim, phase=Phase.READ, files_done=1, files_total=2)
                assert holds
            except LeaseLost:
                assert not holds

    @rule(number=numbers, may_pass=st.booleans())
    def a_worker_fails(self, number: int, may_pass: bool) -> None:
        for claim in chosen(self.claims, number):
            holds = self.holds(claim)
            assert scan_fail(claim=claim, error=NO_HOST, may_pass=may_pass) == holds
            if holds and may_pass:
                scan = Scan.objects.get(pk=claim.scan_id)
                expected = ScanState.FAILED if claim.attempt == ATTEMPTS else ScanState.QUEUED
                assert scan.state in {expected, ScanState.SUPERSEDED}
                assert scan.error_code == "dns" or scan.state == ScanState.SUPERSEDED

    @rule(number=numbers, commit=st.integers(0, 3), is_known=st.booleans())
    def a_worker_records(self, number: int, commit: int, is_known: bool) -> None:
        for claim in chosen(self.claims, number):
            same = Scan.objects.filter(
                repository_id=claim.repository_id, state="done", same_as=None
            ).first()
            if is_known and same is not None:
                holds = self.holds(claim)
                assert scan_record_unchanged(claim=claim, commit=same.commit, same=same) == holds
            else:
                self.record(claim, f"{commit:040x}")

    @rule(number=numbers)
    def a_worker_hangs_while_another_takes_its_scan(self, number: int) -> None:
        for claim in chosen(self.claims, number):
            Scan.objects.filter(pk=claim.scan_id, state="running").update(
                lease_until=timezone.now() - SECOND
            )
            scans_reconcile()
            self.time_passes()
            later = scan_claim(scan_id=claim.scan_id)
            if later is not None:
                self.claims.append(later)
            self.all_who_lost_a_scan_try_everything(may_pass=True)

    @rule(number=numbers, times=st.integers(1, ATTEMPTS))
    def attempt_after_attempt_fails(self, number: int, times: int) -> None:
        for scan in chosen(Scan.objects.filter(state="queued").order_by("id"), number):
            for _ in range(times):
                self.time_passes()
                claim = scan_claim(scan_id=scan.pk)
                if claim is not None:
                    assert scan_fail(claim=claim, error=NO_HOST, may_pass=True)
                    scan.refresh_from_db()
                    assert (scan.state == "failed") == (claim.attempt == ATTEMPTS)

    @rule(may_pass=st.booleans())
    def all_who_lost_a_scan_try_everything(self, may_pass: bool) -> None:
        for claim in self.claims:
            if not self.holds(claim):
                assert not scan_heartbeat(claim=claim)
                assert not scan_fail(claim=claim, error=NO_HOST, may_pass=may_pass)
                assert not self.record(claim, "f" * 40)

    @rule(workers_vanish=st.booleans())
    def the_reconciler_comes(self, workers_vanish: bool) -> None:
        if workers_vanish:
            self.workers_vanish()
        scans_reconcile()
        late = Scan.objects.filter(state="running", lease_until__lt=timezone.now() - SECOND / 2)
        assert not late.exists()

    def workers_vanish(self) -> None:
        Scan.objects.filter(state="running").update(lease_until=timezone.now() - SECOND)

    def time_passes(self) -> None:
        Scan.objects.filter(state="queued").update(available_at=timezone.now() - SECOND)

    # ---- What always holds

    @invariant()
    def one_runs_and_one_waits(self) -> None:
        scans = Scan.objects.values_list("repository_id", "ref", "state")
        running = Counter(repository for repository, _, state in scans if state == "running")
        waiting = Counter((where, ref) for where, ref, state in scans if state == "queued")
        assert max([*running.values(), *waiting.values(), 0]) <= 1

    @invariant()
    def fences_grow_and_attempts_are_few(self) -> None:
        for pk, fence, attempt in Scan.objects.values_list("pk", "fence", "attempt"):
            assert fence >= self.fences.get(pk, 0)
            assert attempt <= ATTEMPTS
            self.fences[pk] = fence

    @invariant()
    def what_has_ended_stays(self) -> None:
        # A commit that was judged may become a repeat's model, but nothing of it changes.
        rows = Scan.objects.filter(state__in=ENDED).values_list(
            "pk", "state", "fence", "attempt", "finished_at", "commit", "score", "error_code"
        )
        for pk, *row in rows:
            assert self.ended.setdefault(pk, tuple(row)) == tuple(row)
        assert set(self.ended) == {pk for pk, *_ in rows}

    @invariant()
    def columns_fit_the_state(self) -> None:
        for scan in Scan.objects.all():
            assert (scan.lease_until is not None) == (scan.state == "running")
            assert (scan.finished_at is not None) == (scan.state in ENDED)
            assert (scan.replaced_by_id is not None) == (scan.state == "superseded")
            assert scan.error_code or scan.state not in {"failed", "dead"}

    # ---- And in the end

    def everything_ends(self) -> None:
        """With a reconciler and one working worker, all that was asked for comes to an end."""
        for _ in range(50):
            left = Scan.objects.exclude(state__in=ENDED)
            if not left.exists():
                break
            self.workers_vanish()
            scans_reconcile()
            self.time_passes()
            for scan in Scan.objects.filter(state="queued"):
                claim = scan_claim(scan_id=scan.pk)
                if claim is not None:
                    assert self.record(claim, f"{scan.pk:040x}")
        assert not left.exists()
        self.what_has_ended_stays()

    def record(self, claim: Claim, commit: str) -> bool:
        holds, before = self.holds(claim), Finding.objects.count()
        recorded = scan_record(
            claim=claim, commit=commit, extractor="test", report=verdict(commit), seen=[]
        )
        assert recorded == holds
        scan = Scan.objects.get(pk=claim.scan_id)
        assert not recorded or (scan.state, scan.commit) == (ScanState.DONE, commit)
        assert Finding.objects.count() == before
        return recorded

    def holds(self, claim: Claim) -> bool:
        return Scan.objects.filter(
            pk=claim.scan_id, fence=claim.fence, state=ScanState.RUNNING
        ).exists()


@pytest.mark.django_db
def test_no_order_of_events_breaks_a_promise():
    run_state_machine_as_test(
        Workers,
        settings=settings(
            max_examples=30,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


# ---- The table itself


def test_nothing_leads_out_of_an_end():
    assert not {state for state, _ in TRANSITIONS} & set(ENDED)


def test_every_state_but_the_first_is_reached_and_every_end_is_an_end():
    assert set(TRANSITIONS.values()) == set(ScanState)
    assert {
        state for state in ScanState if state not in {before for before, _ in TRANSITIONS}
    } == set(ENDED)


@pytest.mark.parametrize("event", Event)
def test_an_event_leads_to_one_state_wherever_it_happens(event):
    assert {state_after(state, event) for state in states_before(event)} == {state_of(event)}


@pytest.mark.parametrize("state", ENDED)
@pytest.mark.parametrize("event", Event)
def test_what_has_ended_refuses_every_event(state, event):
    with pytest.raises(TransitionRefused, match=f"{state} cannot be"):
        state_after(state, event)
