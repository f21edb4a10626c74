"""Many rows at once, against the database."""

from datetime import UTC, datetime

import pytest

from apps.findings.models import Finding
from core.bulk import is_any_of, rows_update
from tests.apps.factories import FindingFactory

FIELDS = ("message", "line", "preview", "last_seen_at", "waiver")
DAY = datetime(2026, 3, 4, 5, 6, 7, 890123, tzinfo=UTC)


@pytest.mark.django_db
def test_rows_become_what_they_are_told_and_others_stay():
    one, two, other = FindingFactory.create_batch(3, message="as it was", last_seen_at=DAY)
    texts = '"quoted", %s and \\ back', "déjà vu \U0001f9f0 \x1f\n;--"
    rows = [
        (one.pk, texts[0], 7, True, DAY, None),
        (two.pk, texts[1], 8, False, None, None),
        (other.pk + 1000, "nobody", 1, False, None, None),
    ]
    rows_update(Finding, FIELDS, rows)
    for finding, row in zip((one, two), rows, strict=False):
        finding.refresh_from_db()
        assert (finding.pk, *(getattr(finding, name) for name in FIELDS)) == row
    other.refresh_from_db()
    assert (other.message, other.last_seen_at) == ("as it was", DAY)
    assert Finding.objects.count() == 3


@pytest.mark.django_db
def test_keys_are_looked_up_as_one_array():
    rows = FindingFactory.create_batch(3)
    chosen = [rows[0].pk, rows[2].pk]
    assert set(Finding.objects.filter(is_any_of("pk", chosen))) == {rows[0], rows[2]}
    assert not Finding.objects.filter(is_any_of("repository", []))
    assert list(Finding.objects.filter(is_any_of("repository", [rows[1].repository_id]))) == [
        rows[1]
    ]
