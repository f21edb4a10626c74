from dataclasses import replace

import pytest

from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.findings.models import Finding
from apps.findings.selectors import (
    FindingCounts,
    finding_counts,
    finding_counts_by_repository,
    finding_list,
)
from apps.findings.services import FindingChanges, SeenFinding, findings_record
from tests.apps.factories import FindingFactory, ScanFactory

pytestmark = pytest.mark.django_db

SEEN = SeenFinding(
    fingerprint="f1",
    code="MOD08",
    level="MUST",
    preview=False,
    path="apps/orders/models.py",
    blob="a" * 40,
    line=12,
    column=5,
    end_line=12,
    symbol="apps.orders.models.Order.user",
    message="the reverse name is singular",
    fix="",
    suppressed=None,
    snippet="    user = …",
    snippet_start=9,
)


@pytest.fixture
def record():
    """A function that records what a new scan of one repository saw."""
    first = ScanFactory(finished=True)

    def act(*seen: SeenFinding, **options) -> FindingChanges:
        scan = ScanFactory(repository=first.repository, finished=True)
        return findings_record(
            repository_id=first.repository_id,
            scan_id=scan.pk,
            at=timezone.now(),
            seen=seen,
            **options,
        )

    return act


def test_what_is_seen_for_the_first_time_is_new(record):
    assert record(SEEN) == FindingChanges(new=1, seen=1)
    finding = Finding.objects.get()
    assert (finding.state, finding.snippet, finding.snippet_start) == ("open", SEEN.snippet, 9)
    assert finding.first_seen_scan == finding.last_seen_scan


def test_recording_the_same_scan_twice_gives_the_same_rows():
    scan = ScanFactory(finished=True)
    at = timezone.now()
    for _ in range(2):
        findings_record(repository_id=scan.repository_id, scan_id=scan.pk, at=at, seen=[SEEN])
    assert Finding.objects.count() == 1
    assert Finding.objects.get().state == "open"


def test_what_is_seen_again_keeps_its_beginning_and_is_not_written_anew(record):
    record(SEEN)
    first = Finding.objects.get()
    assert record(replace(SEEN, snippet=None)) == FindingChanges(seen=1)
    again = Finding.objects.get()
    assert again.first_seen_scan == first.first_seen_scan
    assert again.last_seen_scan != first.last_seen_scan
    assert again.snippet == SEEN.snippet


def test_a_finding_that_moved_takes_its_new_place(record):
    record(SEEN)
    record(replace(SEEN, line=40, end_line=41, blob="b" * 40, snippet="new", snippet_start=37))
    finding = Finding.objects.get()
    assert (finding.line, finding.end_line, finding.snippet) == (40, 41, "new")


def test_a_changed_message_keeps_the_code_that_was_not_read_again(record):
    record(SEEN)
    record(replace(SEEN, message="clearer", snippet=None))
    finding = Finding.objects.get()
    assert (finding.message, finding.snippet) == ("clearer", SEEN.snippet)


def test_what_is_not_seen_any_more_is_fixed_and_what_returns_is_reopened(record):
    record(SEEN)
    assert record() == FindingChanges(fixed=1)
    assert Finding.objects.get().state == "fixed"
    assert record() == FindingChanges()
    assert record(SEEN) == FindingChanges(reopened=1, seen=1)
    finding = Finding.objects.get()
    assert (finding.state, finding.fixed_at) == ("open", None)
    assert finding.reopened_at


def test_a_suppression_and_its_end_are_followed(record):
    record(SEEN)
    record(replace(SEEN, suppressed="public API", snippet=None))
    finding = Finding.objects.get()
    assert (finding.state, finding.suppressed_reason) == ("suppressed", "public API")
    record(replace(SEEN, snippet=None))
    assert Finding.objects.get().state == "open"


def test_what_comes_back_suppressed_is_suppressed(record):
    record(SEEN)
    record()
    record(replace(SEEN, suppressed="public API"))
    finding = Finding.objects.get()
    assert (finding.state, finding.fixed_at) == ("suppressed", None)


def test_a_rule_that_could_not_judge_repairs_nothing(record):
    record(SEEN)
    assert record(unjudged={"MOD08"}) == FindingChanges()
    assert Finding.objects.get().state == "open"


def test_the_findings_of_a_disabled_rule_are_suppressed_with_its_reason(record):
    record(SEEN)
    record(disabled={"MOD08": "disabled in pyproject.toml: legacy names"})
    finding = Finding.objects.get()
    assert (finding.state, finding.suppressed_reason) == (
        "suppressed",
        "disabled in pyproject.toml: legacy names",
    )
    record(replace(SEEN, snippet=None))
    assert Finding.objects.get().state == "open"


def test_a_file_that_could_not_be_read_repairs_nothing(record):
    record(SEEN)
    assert record(unread=[SEEN.path]) == FindingChanges()
    assert Finding.objects.get().state == "open"


def test_the_findings_of_other_repositories_are_left_alone(record):
    other = FindingFactory()
    record(SEEN)
    other.refresh_from_db()
    assert other.state == "open"


def test_hostile_text_is_stored_as_what_a_reader_can_see(record):
    record(
        replace(
            SEEN,
            path="a\x00\udc80.py",
            message="\u202e" * 5000,
            snippet="x\x00\n\ty\x1b",
            symbol="\ud800",
        )
    )
    finding = Finding.objects.get()
    assert (finding.path, finding.symbol) == ("a\\x00\\udc80.py", "\\ud800")
    assert finding.snippet == "x\\x00\n\ty\\x1b"
    assert len(finding.message) <= 2000


def test_five_thousand_findings_are_written_in_few_queries(record, django_assert_max_num_queries):
    many = [replace(SEEN, fingerprint=f"{number:032x}") for number in range(5000)]
    with django_assert_max_num_queries(16):
        assert record(*many).new == 5000
    again = [replace(seen, snippet=None) for seen in many]
    with django_assert_max_num_queries(16):
        assert record(*again).new == 0


def test_the_database_knows_a_finding_by_repository_and_fingerprint():
    finding = FindingFactory()
    with pytest.raises(IntegrityError, match="finding_unique"), transaction.atomic():
        FindingFactory(repository=finding.repository, fingerprint=finding.fingerprint)
    FindingFactory(fingerprint=finding.fingerprint)


def test_must_comes_first_and_preview_last(user):
    repository = FindingFactory(level="SHOULD", code="B").repository
    FindingFactory(repository=repository, level="MUST", code="C", preview=True)
    FindingFactory(repository=repository, level="MUST", code="D")
    codes = [finding.code for finding in finding_list(user=user, repository=repository)]
    assert codes == ["D", "B", "C"]


def test_counts_are_by_level_without_preview(django_assert_num_queries):
    repository = FindingFactory().repository
    FindingFactory(repository=repository, level="SHOULD")
    FindingFactory(repository=repository, preview=True)
    FindingFactory(repository=repository, state="suppressed")
    FindingFactory(repository=repository, state="fixed", fixed_at=timezone.now())
    with django_assert_num_queries(1):
        counts = finding_counts(repository)
    assert counts == FindingCounts(must=1, should=1, preview=1, suppressed=1, fixed=1)
    assert counts.open == 2
    assert finding_counts_by_repository([]) == {}


def test_a_list_says_so_when_a_page_asks_for_what_it_did_not_load(user):
    from django.core.exceptions import FieldFetchBlocked

    FindingFactory(last_seen_scan=ScanFactory(finished=True))
    finding = finding_list(user=user).get()
    assert finding.repository.name
    with pytest.raises(FieldFetchBlocked):
        _ = finding.last_seen_scan.commit
