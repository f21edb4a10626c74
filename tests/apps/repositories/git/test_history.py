import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.repositories.git import errors
from apps.repositories.git.address import address_parse
from apps.repositories.git.command import GitCredential
from apps.repositories.git.history import DatedCommit, first_parents, in_order
from apps.repositories.git.mirror import RemoteHead
from tests.apps.repositories.git.forge import (
    ENVIRONMENT,
    SECRET,
    USERNAME,
    Forge,
    git,
    repository_make,
)

NOW = datetime(2026, 3, 10, tzinfo=UTC)


def commits_make(forge: Forge, name: str, dates: Sequence[datetime | int]) -> list[str]:
    """A repository with a commit for each date, on one branch; their shas, oldest first."""
    folder = forge.root / name
    repository_make(folder)
    stream = []
    for number, date in enumerate(dates):
        seconds = date if isinstance(date, int) else int(date.timestamp())
        content = f"x = {number}\n".encode()
        stream += [
            b"commit refs/heads/main\n",
            b"committer C <c@example.com> %d +0200\n" % seconds,
            b"data 1\nx\n",
            b"M 100644 inline a.py\ndata %d\n%s\n" % (len(content), content),
        ]
    git("fast-import", "--quiet", "--force", folder=folder, stdin=b"".join(stream))
    return git("log", "--format=%H", "main", folder=folder).decode().split()[::-1]


def test_history_reaches_back_to_a_time_and_no_further(forge, mirror):
    dates = [NOW - timedelta(days=100 * number) for number in reversed(range(5))]
    shas = commits_make(forge, "long.git", dates)
    head = RemoteHead("main", shas[-1])
    mirror.fetch(forge.address("git/long.git"), head, "1")
    assert [one.sha for one in first_parents(mirror.folder, shas[-1], until=NOW)] == shas[-1:]
    mirror.fetch(forge.address("git/long.git"), head, "1", since=NOW - timedelta(days=250))
    found = first_parents(mirror.folder, shas[-1], until=NOW)
    assert found == [DatedCommit(sha, at) for sha, at in zip(shas[2:], dates[2:], strict=True)]
    assert [entry.path for entry in mirror.tree(shas[2]).entries()] == [b"a.py"]
    assert mirror.has(shas[2])
    assert not mirror.has(shas[1])


def test_history_may_reach_back_to_the_first_day_of_time(forge, mirror):
    shas = commits_make(forge, "old.git", [0, 1, 2])
    since = datetime(1970, 1, 1, tzinfo=UTC)
    mirror.fetch(forge.address("git/old.git"), RemoteHead("main", shas[-1]), "1", since=since)
    assert len(first_parents(mirror.folder, shas[-1], until=NOW)) == 3


def test_a_time_after_the_last_commit_is_an_error_that_says_so(forge, mirror):
    shas = commits_make(forge, "young.git", [NOW])
    head = RemoteHead("main", shas[-1])
    with pytest.raises(errors.HistoryMissing):
        mirror.fetch(forge.address("git/young.git"), head, "1", since=NOW + timedelta(days=1))


def test_a_credential_is_used_for_history_too(forge, mirror):
    shas = commits_make(forge, "secret.git", [NOW - timedelta(days=9), NOW])
    address, head = forge.address("private/secret.git"), RemoteHead("main", shas[-1])
    since = NOW - timedelta(days=30)
    with pytest.raises(errors.AuthenticationRequired):
        mirror.fetch(address, head, "1", since=since)
    mirror.fetch(address, head, "1", GitCredential(USERNAME, SECRET), since=since)
    assert len(first_parents(mirror.folder, shas[-1], until=NOW)) == 2
    assert forge.leaked == []


def test_commits_of_merged_branches_are_no_part_of_the_branch(mirror, tmp_path):
    tree = tmp_path / "tree"
    tree.mkdir()

    def run(*arguments: str) -> str:
        done = subprocess.run(
            ["git", "-c", "user.name=A", "-c", "user.email=a@example.org", *arguments],
            cwd=tree,
            env=ENVIRONMENT,
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout.strip()

    run("init", "--quiet", "--initial-branch=main", ".")
    run("commit", "--quiet", "--allow-empty", "--message", "one")
    run("checkout", "--quiet", "-b", "topic")
    run("commit", "--quiet", "--allow-empty", "--message", "two")
    topic = run("rev-parse", "HEAD")
    run("checkout", "--quiet", "main")
    run("merge", "--quiet", "--no-ff", "--message", "three", "topic")
    head = RemoteHead("main", run("rev-parse", "HEAD"))
    address = address_parse(f"file://{tree}/.git", allow_local=True)
    mirror.fetch(address, head, "1", since=datetime(2020, 1, 1, tzinfo=UTC))
    found = first_parents(mirror.folder, head.sha, until=datetime(2100, 1, 1, tzinfo=UTC))
    assert len(found) == 2
    assert topic not in [one.sha for one in found]


def test_commits_of_the_future_are_left_out(forge, mirror):
    shas = commits_make(forge, "future.git", [NOW, NOW + timedelta(days=900), 99_999_999_999])
    since = NOW - timedelta(days=30)
    mirror.fetch(forge.address("git/future.git"), RemoteHead("main", shas[-1]), "1", since=since)
    found = first_parents(mirror.folder, shas[-1], until=NOW)
    assert [one.sha for one in found] == shas[:1]


def dated(*days: int) -> list[DatedCommit]:
    return [DatedCommit(str(number), NOW + timedelta(days=day)) for number, day in enumerate(days)]


def test_a_date_that_contradicts_the_order_is_not_believed():
    assert [one.sha for one in in_order(dated(1, 2, -9000, 3, 700, 4))] == ["0", "1", "3", "5"]


def test_commits_of_one_moment_are_all_believed():
    assert len(in_order(dated(*[5] * 50))) == 50


def test_no_commits_are_no_history():
    assert in_order([]) == []


@given(st.lists(st.integers(-20, 20), max_size=60))
def test_what_is_believed_is_in_order_and_as_long_as_can_be(days):
    commits = dated(*days)
    found = in_order(commits)
    numbers = [int(one.sha) for one in found]
    assert numbers == sorted(set(numbers))
    assert [one.at for one in found] == sorted(one.at for one in found)
    lengths: list[int] = []
    for number, day in enumerate(days):
        best = max((lengths[at] for at in range(number) if days[at] <= day), default=0)
        lengths.append(best + 1)
    assert len(found) == max(lengths, default=0)
