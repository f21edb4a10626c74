from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from apps.repositories.git.history import DatedCommit
from apps.scans.months import month_before, month_ends, monthly

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


def commit(year: int, month: int, day: int, hour: int = 0) -> DatedCommit:
    at = datetime(year, month, day, hour, tzinfo=UTC)
    return DatedCommit(f"{at:%Y-%m-%d %H}", at)


def chosen(*commits: DatedCommit, months: int = 12) -> list[str]:
    ends = month_ends(commits[-1].at, months=months, now=NOW)
    return [one.sha for one in monthly(commits, ends)]


def test_the_month_that_is_not_over_is_left_to_the_present():
    ends = month_ends(NOW, months=3, now=NOW)
    assert [f"{end:%Y-%m-%d}" for end in ends] == ["2026-01-01", "2026-02-01", "2026-03-01"]
    assert month_before(ends[0]) == datetime(2025, 12, 1, tzinfo=UTC)


def test_a_branch_that_rests_shows_its_own_last_months():
    ends = month_ends(datetime(2019, 12, 31, tzinfo=UTC), months=2, now=NOW)
    assert [f"{end:%Y-%m-%d}" for end in ends] == ["2019-12-01", "2020-01-01"]


def test_months_are_those_of_utc():
    late = datetime(2026, 2, 28, 23, tzinfo=timezone(timedelta(hours=-5)))
    assert month_ends(late, months=1, now=NOW) == [datetime(2026, 3, 1, tzinfo=UTC)]


def test_the_last_commit_of_a_month_stands_for_it():
    assert chosen(
        commit(2026, 1, 3), commit(2026, 1, 31, 23), commit(2026, 2, 1), commit(2026, 3, 5)
    ) == ["2026-01-31 23", "2026-02-01 00"]


def test_a_month_without_commits_adds_nothing():
    assert chosen(commit(2025, 10, 1), commit(2026, 2, 2), commit(2026, 3, 1)) == [
        "2025-10-01 00",
        "2026-02-02 00",
    ]


def test_a_commit_from_before_the_months_stands_for_the_first_of_them():
    assert chosen(commit(2020, 1, 1), commit(2026, 3, 1), months=2) == ["2020-01-01 00"]


def test_a_branch_of_one_day_has_no_month_behind_it():
    assert chosen(commit(2026, 3, 9, 1), commit(2026, 3, 9, 2)) == []


def test_the_first_month_of_time_has_none_before_it():
    assert month_ends(datetime(1970, 1, 1, tzinfo=UTC), months=60, now=NOW)[-1].year == 1970
    ends = month_ends(datetime(1, 1, 1, tzinfo=UTC), months=60, now=NOW)
    assert ends == sorted(ends)


@given(st.lists(st.integers(-900, 0), min_size=1, max_size=80), st.integers(1, 60))
def test_each_chosen_commit_is_the_last_at_or_before_the_end_of_a_month(days, months):
    commits = [
        DatedCommit(str(number), NOW + timedelta(days=day))
        for number, day in enumerate(sorted(days))
    ]
    ends = month_ends(commits[-1].at, months=months, now=NOW)
    found = monthly(commits, ends)
    assert len(ends) == months
    assert len({one.sha for one in found}) == len(found) <= months
    for end in ends:
        before = [one for one in commits if one.at < end]
        assert not before or before[-1] in found
