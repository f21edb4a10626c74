from dataclasses import replace

import pytest

from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.findings.causes import Circumstances, RuleFacts
from apps.findings.models import Finding, FindingEvent
from apps.findings.selectors import (
    FindingCounts,
    finding_counts,
    finding_counts_by_repository,
    finding_list,
)
from apps.findings.services import FindingChanges, SeenFinding, findings_record
from apps.repositories.services import repository_delete
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
    content="c1",
)
FAILS = RuleFacts("v1", "fail")


@pytest.fixture
def record():
    """A function that records what a scan of the next commit of one repository saw."""
    first = ScanFactory(finished=True)

    def act(*seen: SeenFinding, state: str = "fail", version: str = "v1", **known):
        scan = ScanFactory(repository=first.repository, finished=True)
        rules = {"MOD08": RuleFacts(version, state)}
        known = {"commit": scan.commit, "engine": "e1", "rules": rules} | known
        return findings_record(
            repository_id=first.repository_id,
            scan_id=scan.pk,
            at=timezone.now(),
            seen=seen,
            circumstances=Circumstances(**known),
        )

    return act


def versions() -> dict[int, str]:
    """Finding to the version of its row, which is another one after each time that it is written."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, ctid::text FROM findings_finding")
        return dict(cursor.fetchall())


def log() -> list[tuple[str, str]]:
    """Everything that happened, as kind and cause."""
    return list(FindingEvent.objects.values_list("kind", "cause"))


def test_what_the_first_scan_sees_is_new_for_that_reason(record):
    assert record(SEEN) == FindingChanges(new=1, seen=1)
    finding = Finding.objects.get()
    assert (finding.state, finding.snippet, finding.snippet_start) == ("open", SEEN.snippet, 9)
    assert finding.first_seen_commit == finding.first_seen_scan.commit
    assert (finding.last_seen_at, finding.last_seen_commit) == (None, "")
    assert log() == [("new", "first_scan")]


def test_what_a_later_scan_sees_is_new_because_of_the_code_and_names_the_author(record):
    record()
    record(SEEN, author="Ada")
    assert log() == [("new", "code")]
    assert Finding.objects.get().introduced_by == "Ada"


def test_the_first_scan_names_no_author(record):
    record(SEEN, author="Ada")
    assert Finding.objects.get().introduced_by == ""


def test_recording_the_same_scan_twice_gives_the_same_rows():
    scan = ScanFactory(finished=True)
    at = timezone.now()
    for _ in range(2):
        findings_record(
            repository_id=scan.repository_id,
            scan_id=scan.pk,
            at=at,
            seen=[SEEN, replace(SEEN, fingerprint="f2", suppressed="public API")],
            circumstances=Circumstances("c" * 40, "e1", {"MOD08": FAILS}),
        )
    assert Finding.objects.count() == 2
    assert log() == [("new", "first_scan"), ("new", "first_scan"), ("suppressed", "first_scan")]


def test_what_is_seen_again_is_not_written_at_all(record):
    record(SEEN)
    before = versions()
    assert record(replace(SEEN, snippet=None)) == FindingChanges(seen=1)
    assert versions() == before
    assert log() == [("new", "first_scan")]


def test_edits_above_change_the_line_and_nothing_else(record):
    record(SEEN)
    moved = replace(SEEN, line=40, end_line=41, blob="b" * 40, snippet="new", snippet_start=37)
    assert record(moved) == FindingChanges(seen=1)
    finding = Finding.objects.get()
    assert (finding.line, finding.end_line, finding.snippet) == (40, 41, "new")
    assert log() == [("new", "first_scan")]


def test_a_finding_keeps_its_row_when_its_file_is_renamed(record):
    record(SEEN)
    old = Finding.objects.get()
    renamed = replace(
        SEEN,
        fingerprint="f2",
        path="apps/sales/models.py",
        symbol="apps.sales.models.Order.user",
    )
    changes = record(renamed, renames={SEEN.path: renamed.path}, files={renamed.path: "b"})
    assert changes == FindingChanges(moved=1, seen=1)
    finding = Finding.objects.get()
    assert (finding.pk, finding.fingerprint, finding.path) == (old.pk, "f2", renamed.path)
    assert finding.first_seen_at == old.first_seen_at
    event = FindingEvent.objects.get(kind="moved")
    assert event.was == {"path": SEEN.path, "line": 12, "symbol": SEEN.symbol}


def test_an_edited_finding_keeps_its_row(record):
    record(SEEN)
    edited = replace(SEEN, fingerprint="f2", content="c2", blob="b" * 40, snippet="user = 2")
    assert record(edited) == FindingChanges(edited=1, seen=1)
    assert Finding.objects.get().content == "c2"
    assert log()[1:] == [("edited", "code")]


def test_findings_may_swap_their_fingerprints(record):
    other = replace(SEEN, fingerprint="f2", path="b.py", symbol="b.Order", content="c2")
    record(SEEN, other)
    rows = dict(Finding.objects.values_list("symbol", "pk"))
    record(replace(SEEN, fingerprint="f2"), replace(other, fingerprint="f1"))
    assert dict(Finding.objects.values_list("symbol", "pk")) == rows
    assert dict(Finding.objects.values_list("symbol", "fingerprint")) == {
        SEEN.symbol: "f2",
        "b.Order": "f1",
    }


def test_of_equal_findings_the_one_that_went_is_fixed(record):
    """Three equal calls in one function, the first of which is removed: the ordinals of the others shift."""
    above, middle, below = (
        replace(
            SEEN,
            fingerprint=f"f{n}",
            line=n * 10,
            end_line=n * 10,
            snippet=f"def {n}",
            snippet_start=n * 10,
        )
        for n in (1, 2, 3)
    )
    record(above, middle, below)
    rows = dict(Finding.objects.values_list("line", "pk"))
    record(
        replace(middle, fingerprint="f1", line=19, end_line=19, snippet_start=19),
        replace(below, fingerprint="f2", line=29, end_line=29, snippet_start=29),
    )
    assert Finding.objects.get(pk=rows[10]).state == "fixed"
    assert Finding.objects.get(pk=rows[20]).line == 19
    assert Finding.objects.get(pk=rows[30]).line == 29


def test_a_changed_message_keeps_the_code_that_was_not_read_again(record):
    record(SEEN)
    record(replace(SEEN, message="clearer", snippet=None))
    finding = Finding.objects.get()
    assert (finding.message, finding.snippet) == ("clearer", SEEN.snippet)


def test_what_is_not_seen_any_more_is_fixed_and_what_returns_is_reopened(record):
    record(SEEN)
    first = Finding.objects.get()
    assert record() == FindingChanges(fixed=1)
    finding = Finding.objects.get()
    assert (finding.state, finding.last_seen_commit) == ("fixed", first.first_seen_commit)
    assert finding.last_seen_at == first.first_seen_at
    assert record() == FindingChanges()
    assert record(SEEN) == FindingChanges(reopened=1, seen=1)
    finding = Finding.objects.get()
    assert (finding.state, finding.fixed_at, finding.last_seen_at) == ("open", None, None)
    assert finding.reopened_at
    assert log()[1:] == [("fixed", "code"), ("reopened", "code")]


def test_one_of_two_equal_findings_returns_whatever_its_ordinal(record):
    twin = replace(SEEN, fingerprint="f2", line=20, end_line=20)
    record(SEEN, twin)
    record(SEEN)
    record()
    record(SEEN)
    assert sorted(Finding.objects.values_list("state", flat=True)) == ["fixed", "open"]
    record(SEEN, twin)
    assert Finding.objects.filter(state="open").count() == Finding.objects.count() == 2


def test_a_suppression_and_its_end_are_followed(record):
    record(SEEN)
    record(replace(SEEN, suppressed="public API", snippet=None))
    finding = Finding.objects.get()
    assert (finding.state, finding.suppressed_reason) == ("suppressed", "public API")
    record(replace(SEEN, snippet=None))
    assert Finding.objects.get().state == "open"
    assert log()[1:] == [("suppressed", "code"), ("unsuppressed", "code")]


def test_what_comes_back_suppressed_is_suppressed(record):
    record(SEEN)
    record()
    record(replace(SEEN, suppressed="public API"))
    finding = Finding.objects.get()
    assert (finding.state, finding.fixed_at) == ("suppressed", None)
    assert log()[2:] == [("reopened", "code"), ("suppressed", "code")]


def test_a_rule_that_could_not_judge_repairs_nothing(record):
    record(SEEN)
    assert record(state="error") == FindingChanges()
    assert Finding.objects.get().state == "open"


def test_a_file_that_could_not_be_read_repairs_nothing(record):
    record(SEEN)
    assert record(unread=[SEEN.path]) == FindingChanges()
    assert Finding.objects.get().state == "open"


def test_what_could_not_be_looked_at_makes_room_for_what_has_its_fingerprint_now(record):
    """Two equal findings in two files, of which the first cannot be read: the ordinal of the second changes."""
    other = replace(SEEN, path="b.py", fingerprint="f2")
    record(SEEN, other)
    rows = dict(Finding.objects.values_list("path", "pk"))
    changes = record(replace(other, fingerprint="f1", snippet=None), unread=[SEEN.path])
    assert changes == FindingChanges(seen=1)
    assert record(SEEN, other) == FindingChanges(seen=2)
    assert dict(Finding.objects.filter(state="open").values_list("path", "pk")) == rows
    assert dict(Finding.objects.values_list("path", "fingerprint")) == {
        SEEN.path: "f1",
        "b.py": "f2",
    }


def test_a_finding_goes_with_its_file(record):
    record(SEEN)
    assert record(files={"other.py": "b"}) == FindingChanges(removed_with_file=1)
    assert Finding.objects.get().state == "removed_with_file"
    assert log()[1:] == [("removed_with_file", "code")]


def test_what_was_reported_on_a_file_that_was_missing_is_fixed(record):
    record(replace(SEEN, blob="", snippet=None))
    assert record(files={"other.py": "b"}) == FindingChanges(fixed=1)


def test_a_file_that_is_left_out_takes_its_findings_along(record):
    record(SEEN)
    record(exclude=["apps/*"])
    assert log()[1:] == [("removed_with_file", "configuration")]
    record(SEEN)
    assert log()[2:] == [("reopened", "configuration")]


@pytest.mark.parametrize(
    ("known", "cause"),
    [
        ({"version": "v2"}, "ruleset"),
        ({"engine": "e2"}, "engine"),
        ({"rules": {}}, "ruleset"),
        ({"state": "not_evaluated"}, "configuration"),
        ({"state": "not_applicable"}, "applicability"),
    ],
)
def test_what_a_change_of_the_judge_takes_away_is_not_fixed(record, known, cause):
    record(SEEN)
    assert record(**known) == FindingChanges(removed_by_rule=1)
    assert Finding.objects.get().state == "removed_by_rule"
    assert log()[1:] == [("removed_by_rule", cause)]


@pytest.mark.parametrize(
    ("known", "cause"),
    [
        ({"version": "v0"}, "ruleset"),
        ({"engine": "e0"}, "engine"),
        ({"rules": {}}, "ruleset"),
        ({"state": "not_evaluated"}, "configuration"),
        ({"state": "not_applicable"}, "applicability"),
        ({"state": "error"}, "engine"),
        ({"unread": [SEEN.path]}, "engine"),
    ],
)
def test_what_a_change_of_the_judge_brings_is_not_new(record, known, cause):
    record(**known)
    assert record(SEEN) == FindingChanges(appeared_by_rule=1, seen=1)
    assert log() == [("appeared_by_rule", cause)]


def test_what_a_rule_leaves_unjudged_by_its_age_is_not_fixed_and_comes_back_by_the_rule(record):
    untouched = {"files": {SEEN.path: SEEN.blob}, "forgetful": ["MOD08"]}
    record(SEEN)
    assert record(**untouched) == FindingChanges(removed_by_rule=1)
    record(SEEN, **untouched)
    assert log()[1:] == [
        ("removed_by_rule", "applicability"),
        ("appeared_by_rule", "applicability"),
    ]


def test_what_such_a_rule_finds_in_a_file_that_was_edited_is_fixed(record):
    record(SEEN)
    assert record(files={SEEN.path: "b" * 40}, forgetful=["MOD08"]) == FindingChanges(fixed=1)


def test_what_another_file_repairs_is_fixed(record):
    record(SEEN)
    assert record(files={SEEN.path: SEEN.blob}) == FindingChanges(fixed=1)


def test_with_the_last_thing_that_a_rule_judged_its_finding_is_fixed(record):
    record(SEEN)
    assert record(state="absent") == FindingChanges(fixed=1)


def test_the_same_commit_never_fixes_or_breaks_anything(record):
    record(SEEN, commit="c" * 40)
    assert record(commit="c" * 40) == FindingChanges(removed_by_rule=1)
    assert record(SEEN, commit="c" * 40) == FindingChanges(appeared_by_rule=1, seen=1)


def test_what_a_new_engine_calls_otherwise_is_no_edit(record):
    record(SEEN)
    assert record(replace(SEEN, fingerprint="f2", content="c2"), engine="e2") == FindingChanges(
        seen=1
    )
    assert Finding.objects.get().fingerprint == "f2"


def test_the_log_cannot_be_changed(record):
    record(SEEN)
    for act in (
        lambda: FindingEvent.objects.update(kind="fixed"),
        lambda: FindingEvent.objects.all().delete(),
    ):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            act()


def test_the_log_outlives_its_scans_and_goes_with_its_repository(record):
    record(SEEN)
    event = FindingEvent.objects.get()
    event.scan.delete()
    event.refresh_from_db()
    assert event.scan is None
    other = FindingFactory()
    repository_delete(repository=event.repository)
    assert list(Finding.objects.all()) == [other]
    assert not FindingEvent.objects.exists()


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


def test_a_push_writes_what_it_changed_in_few_queries(record, django_assert_max_num_queries):
    many = [
        replace(SEEN, fingerprint=f"{n:032x}", symbol=f"m{n}", path=f"f{n // 5}.py")
        for n in range(5000)
    ]
    with django_assert_max_num_queries(15):
        assert record(*many).new == 5000
    again = [replace(seen, snippet=None) for seen in many]
    with django_assert_max_num_queries(10):
        assert record(*again) == FindingChanges(seen=5000)
    edited = [replace(seen, line=99, end_line=99, snippet="x") for seen in many[:50]]
    before = versions()
    with CaptureQueriesContext(connection) as queries:
        record(*edited, *again[50:-3])
    assert len(versions().items() - before.items()) == 53
    assert Finding.objects.filter(state="fixed").count() == 3
    assert len(queries) <= 15


def test_the_database_knows_a_present_finding_by_repository_and_fingerprint():
    finding = FindingFactory()
    with pytest.raises(IntegrityError, match="finding_present_unique"), transaction.atomic():
        FindingFactory(repository=finding.repository, fingerprint=finding.fingerprint)
    FindingFactory(fingerprint=finding.fingerprint)
    FindingFactory(
        repository=finding.repository, fingerprint=finding.fingerprint, state="removed_by_rule"
    )


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

    FindingFactory(first_seen_scan=ScanFactory(finished=True))
    finding = finding_list(user=user).get()
    assert finding.repository.name
    with pytest.raises(FieldFetchBlocked):
        _ = finding.first_seen_scan.commit
