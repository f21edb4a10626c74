import pytest

from apps.scans.models import Scan, ScanLogEntry
from apps.scans.services import (
    scan_cancel,
    scan_claim,
    scan_fail,
    scan_log,
    scan_request,
)
from apps.scans.services.log import ENTRIES
from core.exceptions import DomainError
from tests.apps.factories import RepositoryFactory, ScanFactory

pytestmark = pytest.mark.django_db

NO_HOST = DomainError("No such host.", code="dns", remedy="Look.")


def kinds(scan: Scan) -> list[str]:
    return list(scan.log_entries.values_list("kind", flat=True))


def test_the_log_says_who_asked_who_took_it_and_how_it_ended(user):
    scan = scan_request(repository=RepositoryFactory(), trigger="manual", requested_by=user)
    scan_fail(claim=scan_claim(scan_id=scan.pk), error=NO_HOST)
    assert kinds(scan) == ["requested", "claimed", "failed"]
    requested, claimed, failed = scan.log_entries.all()
    assert user.email in requested.text
    assert claimed.facts["attempt"] == 1
    assert (failed.text, failed.facts) == (
        "No such host.",
        {"code": "dns", "remedy": "Look.", "attempt": 1},
    )
    assert requested.at <= claimed.at <= failed.at


def test_the_log_says_who_cancelled(user):
    scan = ScanFactory()
    scan_cancel(scan=scan, actor=user)
    assert user.email in scan.log_entries.get(kind="cancelled").text


def test_a_log_is_bounded_but_keeps_the_end():
    scan = ScanFactory()
    for number in range(ENTRIES + 20):
        scan_log(scan_id=scan.pk, kind="chunk", text=f"Part {number}.")
    scan_cancel(scan=scan)
    assert scan.log_entries.count() == ENTRIES + 1
    assert kinds(scan)[-1] == "cancelled"


def test_a_log_takes_what_a_hostile_repository_says():
    scan = ScanFactory()
    scan_log(scan_id=scan.pk, kind="note", text="a\x00b\u202e", facts={"path": "\udcff", "n": 3})
    entry = scan.log_entries.get()
    assert "\x00" not in entry.text
    assert entry.facts["n"] == 3


def test_the_log_goes_with_its_scan():
    scan = ScanFactory()
    scan_log(scan_id=scan.pk, kind="note", text="x")
    scan.delete()
    assert not ScanLogEntry.objects.exists()


def test_the_log_of_a_scan_names_its_phases_and_its_figures(shop):
    from tests.apps.scans.running import scan

    done = scan(shop)
    phases = [entry.facts["phase"] for entry in done.log_entries.filter(kind="phase")]
    assert phases[0] == "fetch"
    assert phases[-1] == "record"
    recorded = done.log_entries.last()
    assert (recorded.kind, recorded.facts["commit"]) == ("recorded", done.commit)
    assert recorded.facts["score"] == float(done.score)
