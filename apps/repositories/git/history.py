"""The first-parent history of a branch that was fetched, with dates that hold.

The dates of commits are whatever somebody's clock or hand wrote. Those that agree with the order of
the history are believed; the others are left out.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from apps.repositories.git.causes import failure
from apps.repositories.git.command import OFFLINE, run
from apps.repositories.git.remote import SHA

COMMIT_LIMIT = 100_000


@dataclass(frozen=True, slots=True)
class DatedCommit:
    """A commit and when it was made, as far as it says so."""

    sha: str
    at: datetime


def first_parents(git_dir: Path, sha: str, *, until: datetime) -> list[DatedCommit]:
    """The commits that the branch once ended with, oldest first, as far as they were fetched.

    Only those whose dates do not contradict their order, and are not after ``until``.

    Raises:
        GitError: the history cannot be read.
    """
    if not SHA.fullmatch(sha):
        raise ValueError("not a commit id")
    options = ["--first-parent", f"--max-count={COMMIT_LIMIT}", "--no-show-signature"]
    finished = run(["log", *options, "--format=%H %ct", sha, "--"], git_dir=git_dir)
    if finished.status:
        raise failure(finished, OFFLINE)
    commits = [
        DatedCommit(name, datetime.fromtimestamp(int(seconds), UTC))
        for name, _, seconds in (
            line.partition(" ") for line in reversed(finished.stdout.decode().splitlines())
        )
        if seconds.isdecimal() and int(seconds) <= until.timestamp()
    ]
    return in_order(commits)


def in_order(commits: Sequence[DatedCommit]) -> list[DatedCommit]:
    """The longest part of the commits, oldest first, in which no date goes back."""
    ends: list[datetime] = []  # the earliest date with which a part of each length can end
    numbers: list[int] = []  # of the commits with these dates
    before: list[int] = []
    for number, commit in enumerate(commits):
        length = bisect_right(ends, commit.at)
        before.append(numbers[length - 1] if length else -1)
        if length == len(ends):
            ends.append(commit.at)
            numbers.append(number)
        else:
            ends[length], numbers[length] = commit.at, number
    found = []
    number = numbers[-1] if numbers else -1
    while number >= 0:
        found.append(commits[number])
        number = before[number]
    return found[::-1]
