"""Adding up day by day: little by little, late, or all over again, the rows are the same, and their causes add up."""

from datetime import datetime, timedelta
from statistics import fmean, median

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from django.utils import timezone

from apps.accounts.services import team_create, team_update
from apps.repositories.models import Repository
from apps.repositories.services import repository_delete, repository_update
from apps.scorecards.models import Campaign, DayDue, Headline, ScopeDay, Snapshot
from apps.scorecards.selectors import series
from apps.scorecards.services import day_due, days_review, days_settle, snapshot_take
from tests.apps.factories import (
    RepositoryFactory,
    RuleResultFactory,
    ScanFactory,
    SnapshotFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
SPAN = 70


def judged(repository, *, back, violations, weight=10, replayed=False):
    """What was found so many days ago."""
    at = timezone.make_aware(datetime.combine(timezone.localdate(), datetime.min.time()))
    scan = ScanFactory(
        repository=repository, finished=True, finished_at=at - timedelta(days=back, hours=-1)
    )
    state = "fail" if violations else "pass"
    for code, count in (("MOD08", violations), ("TYP01", 0)):
        RuleResultFactory(
            scan=scan, code=code, subjects=10, violations=count, weight=weight,
            state=state if count else "pass",
        )  # fmt: skip
    snapshot = snapshot_take(scan=scan)
    if replayed:
        Snapshot.objects.filter(pk=snapshot.pk).update(replayed=True, whole=True)
    return snapshot


def rows():
    return list(ScopeDay.objects.order_by("team_id", "day").values().iterator())


def without_keys(found):
    return [
        {name: value for name, value in row.items() if name not in {"id", "created_at"}}
        for row in found
    ]


changes = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, SPAN), st.integers(0, 10), st.booleans()),
    min_size=2,
    max_size=9,
)


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(changes)
def test_days_are_the_same_however_they_were_added_up(steps):
    for model in (Repository, ScopeDay, DayDue):
        model.objects.all().delete()
    outer = team_create(name=f"Outer {id(steps)} {timezone.now()}")
    inner = team_create(name=f"Inner {id(steps)} {timezone.now()}", parent=outer)
    repositories = [RepositoryFactory(team=team) for team in (outer, inner, None)]
    said = {}
    for which, back, violations, is_settled in sorted(steps, key=lambda step: -step[1]):
        snapshot = judged(repositories[which], back=back, violations=violations)
        said.setdefault(which, []).append((snapshot.taken_at.date(), float(snapshot.score)))
        if is_settled:
            days_settle()
    days_settle()
    little_by_little = without_keys(rows())
    day_due(day=timezone.localdate() - timedelta(days=SPAN), teams=[outer.pk, inner.pk])
    days_settle()
    assert without_keys(rows()) == little_by_little
    for team, members in ((None, {0, 1, 2}), (outer, {0, 1}), (inner, {1})):
        before = None
        for row in ScopeDay.objects.filter(team=team):
            scores = [
                [score for day, score in said[which] if day <= row.day][-1]
                for which in members & said.keys()
                if said[which][0][0] <= row.day
            ]
            assert row.mean == pytest.approx(fmean(scores))
            assert row.median == pytest.approx(median(scores))
            assert row.rules["TYP01"][:3] == [len(scores), 0, 10 * len(scores)]
            if before is not None:
                assert sum(row.causes.values()) == pytest.approx(row.mean - before, abs=1e-6)
            before = row.mean


@pytest.fixture
def shop(db):
    """A repository in a team that got worse, and then better."""
    repository = RepositoryFactory(name="Shop", team=team_create(name="Commerce"))
    for back, violations in ((40, 2), (20, 8), (3, 0)):
        judged(repository, back=back, violations=violations)
    days_settle()
    return repository


def period(back=60):
    return {"first": timezone.localdate() - timedelta(days=back), "last": timezone.localdate()}


def test_a_series_tells_scores_rules_sections_and_what_moved_them(
    shop, user, django_assert_max_num_queries
):
    campaign = Campaign.objects.create(
        name="Names", slug="names", codes=["MOD08"], scope="fleet", state="running",
        target_on=timezone.localdate(), started_at=timezone.now() - timedelta(days=5),
    )  # fmt: skip
    with django_assert_max_num_queries(7):
        fleet = series(user=user, **period(), step="day")
    assert [(mark.kind, mark.day) for mark in fleet.marks] == [
        ("campaign", campaign.started_at.date())
    ]
    assert series(user=user, team=shop.team, **period()).marks == []
    team = series(user=user, team=shop.team, **period(), step="day")
    own = series(user=user, repository=shop, **period(), step="day")
    assert [point.value for point in fleet.points] == [point.value for point in own.points]
    assert team.points == fleet.points
    assert (len(own.points), own.points[0].value, own.points[-1].value) == (41, 90, 100)
    assert own.delta == fleet.delta == 10
    assert fleet.causes == own.causes == {"code": pytest.approx(10)}
    assert [point.plumb for point in (own.points[0], own.points[-1])] == [0, 1]
    for scope in ({}, {"team": shop.team}, {"repository": shop}):
        rule = series(user=user, rule="MOD08", **scope, **period(), step="week")
        assert [round(point.value) for point in (rule.points[0], rule.points[-1])] == [80, 100]
        assert max(point.violations for point in rule.points) == 8
        assert {point.subjects for point in rule.points} == {10}
        part = series(user=user, section="Models", **scope, **period(), step="month")
        assert (part.points[-1].value, part.points[-1].repositories) == (100, 1)
        assert {point.failing for point in part.points} <= {0, 1}


def test_a_series_begins_with_what_was_so_before_and_is_bounded(shop, user):
    late = series(user=user, **period(10), step="day")
    assert (len(late.points), late.points[0].value, late.points[-1].value) == (11, 60, 100)
    assert late.causes == {"code": pytest.approx(40)}
    assert series(user=user, **period(3000), step="day").step == "month"
    assert series(user=UserFactory(is_active=False), **period()).points == []


def test_history_follows_a_repository_to_another_team_and_goes_with_it(shop, user):
    team, other = shop.team, team_create(name="Platform")
    repository_update(repository=shop, team=other)
    days_settle()
    assert not ScopeDay.objects.filter(team=team).exists()
    assert ScopeDay.objects.filter(team=other).count() == 3
    parent = team_create(name="All of it")
    team_update(team=other, parent=parent)
    assert days_review() == 1
    days_settle()
    assert ScopeDay.objects.filter(team=parent).count() == 3
    repository_delete(repository=shop)
    days_settle()
    assert not ScopeDay.objects.exists()


def test_what_a_look_at_the_past_says_ends_where_the_present_begins(shop, user):
    judged(shop, back=30, violations=5, replayed=True)
    days_settle()
    found = series(user=user, rule="MOD08", **period(35), step="day").points
    own = series(user=user, rule="MOD08", repository=shop, **period(35), step="day").points
    assert [point.violations for point in found] == [point.violations for point in own]
    assert [found[0].violations, found[10].violations, found[20].violations] == [2, 5, 8]


def test_rows_are_made_where_there_are_none_and_slide_with_the_calendar(shop, user):
    Headline.objects.all().delete()
    ScopeDay.objects.all().delete()
    days_settle()
    assert ScopeDay.objects.filter(team=None).count() == 3
    Headline.objects.update(as_of=timezone.localdate() - timedelta(days=1), score_30=1)
    days_settle()
    row = Headline.objects.get()
    assert (row.score_7, row.score_30, row.history[-1]) == (60, 90, 100)


def test_a_snapshot_keeps_what_changed_alone(db):
    repository = RepositoryFactory()
    first = judged(repository, back=3, violations=2)
    same = judged(repository, back=2, violations=2)
    other = judged(repository, back=1, violations=3)
    assert (first.whole, same.whole, other.whole) == (True, False, False)
    assert len(first.changes) > len(other.changes) > len(same.changes)
    SnapshotFactory(scan__repository=repository, score=None)
    assert Headline.objects.get().score is None
