"""Two people decide one waiver at once: one of them is told that the other was quicker."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from django.db import connection

from apps.accounts.models import AuditEvent, User
from apps.findings.exceptions import WaiverChanged
from apps.findings.models import Finding, FindingEvent, Waiver
from apps.findings.services import (
    waiver_approve,
    waiver_decline,
    waiver_request,
    waiver_withdraw,
)
from tests.apps.factories import FindingFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def asked() -> Waiver:
    finding = FindingFactory()
    return waiver_request(
        repository=finding.repository, actor=UserFactory(), finding=finding, reason="x"
    )


def at_once(*acts, waiver: Waiver) -> list[str]:
    """Do all of it at the same moment, each by another administrator who has seen the same version."""
    people = [UserFactory(is_staff=True) for _ in acts]
    start = Barrier(len(acts))

    def act(number: int) -> str:
        try:
            seen = Waiver.objects.select_related("repository__team").get(pk=waiver.pk)
            actor = User.objects.get(pk=people[number].pk)
            start.wait(10)
            return acts[number](waiver=seen, actor=actor, version=seen.version).state
        except WaiverChanged:
            return "changed"
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(act, range(len(acts))))


@pytest.mark.parametrize("other", [waiver_decline, waiver_approve, waiver_withdraw])
def test_of_two_decisions_at_once_one_counts(asked, other):
    results = at_once(waiver_approve, other, waiver=asked)
    assert results.count("changed") == 1
    [counted] = set(results) - {"changed"}
    waiver = Waiver.objects.get()
    assert (waiver.state, waiver.version) == (counted, 2)
    assert AuditEvent.objects.exclude(action="waiver.request").count() == 1
    assert Finding.objects.get().state == ("waived" if counted == "approved" else "open")
    assert FindingEvent.objects.count() == (1 if counted == "approved" else 0)
