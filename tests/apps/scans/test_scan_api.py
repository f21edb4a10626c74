"""The log of a scan and its end before its time, over the API."""

import pytest

from apps.accounts.models import TokenScope
from apps.scans.models import Scan
from apps.scans.services import scan_log
from tests.apps.factories import ScanFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_a_log_is_read_from_its_beginning(bot):
    scan = ScanFactory()
    for number in range(3):
        scan_log(scan_id=scan.pk, kind="phase", text=f"Phase {number}.", facts={"n": number})
    rows = bot(TokenScope.SCAN_READ).get(f"/api/v1/scans/{scan.public_id}/log/").json()["results"]
    assert [row["text"] for row in rows] == ["Phase 0.", "Phase 1.", "Phase 2."]
    assert set(rows[0]) == {"at", "kind", "text", "facts"}
    assert rows[2]["facts"] == {"n": 2}


def test_a_log_needs_the_scope_for_scans(bot):
    scan = ScanFactory()
    response = bot(TokenScope.FINDING_READ).get(f"/api/v1/scans/{scan.public_id}/log/")
    assert response.status_code == 403


def test_a_scan_is_cancelled_once(bot, user):
    scan = ScanFactory(requested_by=user)
    client = bot(TokenScope.SCAN_WRITE)
    path = f"/api/v1/scans/{scan.public_id}/cancel/"
    response = client.post(path)
    assert (response.status_code, response.json()["state"]) == (200, "cancelled")
    again = client.post(path)
    assert (again.status_code, again.json()["code"]) == (409, "scan_finished")


@pytest.mark.parametrize(
    ("scope", "is_own"), [(TokenScope.SCAN_READ, True), (TokenScope.SCAN_WRITE, False)]
)
def test_who_may_not_cancel_is_refused(bot, user, scope, is_own):
    scan = ScanFactory(requested_by=user if is_own else UserFactory())
    response = bot(scope).post(f"/api/v1/scans/{scan.public_id}/cancel/")
    assert response.status_code == 403
    assert Scan.objects.get().state == "queued"
