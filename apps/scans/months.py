"""Which commits stand for the months of a branch's history."""

from collections.abc import Sequence
from datetime import UTC, datetime

from apps.repositories.git.history import DatedCommit


def month_ends(newest: datetime, *, months: int, now: datetime) -> list[datetime]:
    """The ends of whole calendar months, by UTC, oldest first.

    The last is the end of the month of the newest commit, or of the month before while that is not
    over. An end is the first moment of the next month.
    """
    newest, now = newest.astimezone(UTC), now.astimezone(UTC)
    over = _number(newest) < _number(now)
    last = _number(newest) + (1 if over else 0)
    return [_start(number) for number in range(last - months + 1, last + 1)]


def month_start(time: datetime) -> datetime:
    """The first moment of the month, by UTC."""
    return _start(_number(time.astimezone(UTC)))


def month_before(end: datetime) -> datetime:
    """The first moment of the month that ends then."""
    return _start(_number(end) - 1)


def monthly(commits: Sequence[DatedCommit], ends: Sequence[datetime]) -> list[DatedCommit]:
    """The last commit of each month, oldest first; a month without commits adds none.

    Args:
        commits: In the order of their dates, oldest first.
        ends: The ends of months, oldest first.
    """
    chosen: list[DatedCommit] = []
    number = 0
    for end in ends:
        while number < len(commits) and commits[number].at < end:
            number += 1
        if number and (not chosen or chosen[-1] is not commits[number - 1]):
            chosen.append(commits[number - 1])
    return chosen


def _number(time: datetime) -> int:
    return time.year * 12 + time.month - 1


def _start(number: int) -> datetime:
    year, month = divmod(max(number, 12), 12)
    return datetime(year, month + 1, 1, tzinfo=UTC)
