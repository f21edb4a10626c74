from datetime import timedelta

import pytest

from django.contrib.auth.models import AnonymousUser
from django.http import QueryDict
from django.utils import timezone

from apps.scorecards.repository_query import RepositoryQuery
from apps.scorecards.selectors import (
    fleet_overview,
    fleet_rows,
    repository_scorecard,
    repository_trend,
    rule_overview,
    rule_standings,
    series,
)
from apps.scorecards.selectors.series import move_of_mean
from apps.scorecards.selectors.table import repository_table
from apps.scorecards.services import days_settle, snapshot_take
from core.exceptions import NotFound
from tests.apps.factories import (
    FindingFactory,
    RepositoryFactory,
    RuleResultFactory,
    ScanFactory,
    SnapshotFactory,
)

pytestmark = pytest.mark.django_db


def snapshot(repository, score, *, days=0, **more):
    scan = ScanFactory(repository=repository, finished=True)
    return SnapshotFactory(
        scan=scan, score=score, taken_at=timezone.now() - timedelta(days=days), **more
    )


@pytest.fixture
def fleet(db):
    """Three judged repositories and one that waits for its first scan."""
    shop, blog, desk = (RepositoryFactory(name=name) for name in ("Shop", "Blog", "Desk"))
    snapshot(shop, 60, days=40)
    snapshot(shop, 80, days=1, standing="off", must_open=3, should_open=5)
    snapshot(blog, 90, days=2, standing="leaning")
    snapshot(desk, 100, days=50, standing="plumb")
    ScanFactory(repository=RepositoryFactory(name="New"))
    return shop, blog, desk


def test_the_fleet_in_figures(fleet, user):
    overview = fleet_overview(user=user)
    assert (overview.repositories, overview.judged, overview.median) == (4, 3, 90)
    assert overview.worst.name == "Shop"
    assert (overview.plumb, overview.leaning, overview.off) == (1, 1, 1)
    assert overview.plumb_share == pytest.approx(1 / 3)
    assert (overview.must_open, overview.should_open) == (3, 5)
    assert [(item.low, item.count) for item in overview.distribution if item.count] == [
        (80, 1),
        (90, 2),
    ]
    assert [row.name for row in overview.rises] == ["Shop"]
    assert overview.falls == []


def test_a_row_has_the_newest_figures_and_the_move_of_a_month(fleet, user):
    row = next(row for row in fleet_rows(user=user) if row.name == "Shop")
    assert (row.score, row.delta, row.standing, row.scan_state) == (80, 20, "off", "done")
    assert (row.delta_week, row.history) == (20, [60] * 5 + [80])


def test_a_repository_that_was_never_judged_has_no_score(fleet, user):
    row = next(row for row in fleet_rows(user=user) if row.name == "New")
    assert (row.score, row.delta, row.standing, row.scan_state) == (None, None, "", "queued")


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ("", ["Blog", "Desk", "New", "Shop"]),
        ("q=sho", ["Shop"]),
        ("standing=plumb", ["Desk"]),
        ("score=85-95", ["Blog"]),
        ("provider=gitlab", []),
    ],
)
def test_rows_can_be_filtered(fleet, user, filters, names):
    query = RepositoryQuery.of(QueryDict(filters))
    rows = query.chosen(query.found(repository_table(user=user).rows))
    assert [row.figures.name for row in rows] == names


def test_the_trend_of_the_fleet_carries_scores_on_from_day_to_day(fleet, user):
    today = timezone.localdate()
    period = {"first": today - timedelta(days=90), "last": today}
    assert move_of_mean(user=user, **period) is None
    assert fleet_overview(user=AnonymousUser()).median is None
    days_settle()
    points = series(user=user, **period, step="day").points
    assert (points[-1].value, points[-1].repositories) == (90, 3)
    by_day = {point.last: point for point in points}
    assert by_day[today - timedelta(days=45)].value == 100
    assert by_day[today - timedelta(days=30)].repositories == 2
    assert len(points) == 51
    moved = move_of_mean(user=user, first=today - timedelta(days=30), last=today)
    assert (moved.first, moved.points) == (today - timedelta(days=30), 10)
    assert moved.causes == {"composition": pytest.approx(10)}


def test_what_failed_wants_attention(user):
    ScanFactory(
        state="failed", finished_at=timezone.now(), error_code="dns", error_text="Unknown host."
    )
    assert [row.attention for row in fleet_overview(user=user).attention] == ["Unknown host."]


def test_what_is_empty_or_stale_wants_attention_and_what_is_disabled_does_not(user):
    ScanFactory(finished=True, empty=True, empty_reason="No Django.")
    ScanFactory(finished=True, finished_at=timezone.now() - timedelta(days=8))
    ScanFactory(
        finished=True,
        finished_at=timezone.now() - timedelta(days=8),
        repository__enabled=False,
    )
    attention = [row.attention for row in fleet_overview(user=user).attention]
    assert attention == ["No Django.", "Not scanned for more than a week."]


def test_who_is_not_signed_in_sees_an_empty_fleet(fleet):
    assert fleet_rows(user=AnonymousUser()) == []
    assert rule_overview(user=AnonymousUser()) == {}


def test_the_number_of_queries_does_not_grow_with_the_fleet(
    user, django_assert_num_queries, django_assert_max_num_queries
):
    def queries(size):
        for _ in range(size):
            scan = ScanFactory(finished=True)
            SnapshotFactory(scan=scan)
            RuleResultFactory(scan=scan)
        days_settle()
        with django_assert_num_queries(2):
            fleet_rows(user=user)
        with django_assert_max_num_queries(6):
            series(
                user=user,
                first=timezone.localdate() - timedelta(days=90),
                last=timezone.localdate(),
            )
        with django_assert_num_queries(2):
            rule_overview(user=user)
        with django_assert_num_queries(2):
            rule_standings(user=user, code="MOD08")

    queries(1)
    queries(20)


@pytest.fixture
def judged(db):
    scan = ScanFactory(finished=True, score=70)
    RuleResultFactory(scan=scan, code="MOD08", subjects=10, violations=4, suppressed=2)
    RuleResultFactory(scan=scan, code="TYP01", subjects=1, violations=1)
    RuleResultFactory(scan=scan, code="TYP02", state="pass", subjects=1, violations=0)
    RuleResultFactory(scan=scan, code="SEL03", state="fail", preview=True, violations=9)
    RuleResultFactory(scan=scan, code="CEL03", state="not_applicable", subjects=0, violations=0)
    FindingFactory(repository=scan.repository)
    FindingFactory(repository=scan.repository, level="SHOULD")
    return scan


def test_a_snapshot_adds_up_results_and_findings(judged):
    taken = snapshot_take(scan=judged)
    assert (taken.must_open, taken.should_open, taken.tasks_to_plumb) == (1, 1, 2)
    assert taken.sections["Models"] == [50, 1, 1]
    assert taken.sections["Type Checking: django-stubs"] == [50, 2, 1]


def test_taking_a_snapshot_twice_gives_one_row(judged):
    assert snapshot_take(scan=judged) == snapshot_take(scan=judged)


def test_the_scorecard_lists_the_cheapest_task_first(judged, user, django_assert_max_num_queries):
    snapshot_take(scan=judged)
    with django_assert_max_num_queries(8):
        card = repository_scorecard(user=user, slug=judged.repository.slug)
    assert [(task.code, task.violations) for task in card.tasks] == [("TYP01", 1), ("MOD08", 4)]
    assert card.states == {
        "pass": 1,
        "fail": 3,
        "not_applicable": 1,
        "waived": 0,
        "error": 0,
        "not_evaluated": 0,
    }
    sections = {section.name: section.share for section in card.sections}
    assert sections == {"Models": 0.5, "Type Checking: django-stubs": 0.5}


def test_a_scorecard_of_an_unknown_repository_is_not_found(user):
    with pytest.raises(NotFound):
        repository_scorecard(user=user, slug="nothing")


def test_the_trend_of_a_repository_is_oldest_first(fleet):
    shop = fleet[0]
    assert [float(item.score) for item in repository_trend(shop)] == [60, 80]


def test_who_follows_a_rule_least_comes_first(user):
    for name, violations in (("Good", 0), ("Bad", 9), ("Middling", 5)):
        scan = ScanFactory(finished=True, repository__name=name)
        SnapshotFactory(scan=scan)
        RuleResultFactory(scan=scan, violations=violations, state="fail" if violations else "pass")
    assert [row.name for row in rule_standings(user=user, code="MOD08")] == [
        "Bad",
        "Middling",
        "Good",
    ]
    overview = rule_overview(user=user)["MOD08"]
    assert (overview.applicable, overview.failing, overview.violations) == (3, 2, 14)
    assert overview.share == pytest.approx(16 / 30)


def test_only_the_newest_verdict_of_a_repository_counts(user):
    repository = RepositoryFactory()
    for days, violations in ((2, 9), (1, 0)):
        taken = snapshot(repository, 50, days=days)
        RuleResultFactory(scan=taken.scan, violations=violations)
    assert rule_overview(user=user)["MOD08"].violations == 0
