"""Git servers that hang, crawl, lie, flood and break off: each ends with its own code, in time, and leaves nothing."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from apps.repositories.git import errors
from apps.repositories.git.command import GitLimits
from apps.repositories.git.mirror import Mirror
from tests.apps.repositories.git.forge import POLICY, Forge, forge_running, gone, repository_make
from tests.faults.extent import FULL, extent
from tests.hostile.histories import HISTORIES, History
from tests.hostile.objects import MIB, blob, commit, delta_bomb, entry, pack, tree

# The full form waits as long as an installation does; the short one only as long as it must.
LIMITS = (
    GitLimits() if FULL else GitLimits(seconds=12, stall=2, memory=512 * MIB, file_size=32 * MIB)
)
MEMORY = 1100 * MIB
SECONDS, HANG_SECONDS = extent(short=20, full=60), extent(short=10, full=30)

HANGING = {
    "hang": {"timeout"},
    "drip": {"timeout"},
    "stuck": {"timeout", "transfer_cut"},
    "crawling": {"timeout", "transfer_cut"},
}
FLOODING = {
    "endless": {"too_many_refs", "timeout"},
    "inflated": {"too_many_refs", "timeout", "transfer_cut"},
    "heads": {"too_many_refs", "timeout", "transfer_cut", "unreachable", "git_failed"},
    "talking": {"timeout", "transfer_cut", "git_failed"},
    "chatty": {"too_much_output"},
    "bottomless": {"too_large"},
}
BREAKING = {
    "reset": {"transfer_cut"},
    "garbage": {"transfer_cut", "git_failed", "unreachable"},
    "private": {"auth_required"},
    "forbidden": {"auth_required"},
    "moved": {"redirect"},
    "missing": {"repository_not_found"},
    "broken": {"server_failed"},
    "busy": {"server_failed"},
    "page": {"repository_not_found"},
}


@pytest.fixture(scope="module")
def forge(tmp_path_factory) -> Iterator[Forge]:
    root = tmp_path_factory.mktemp("served")
    repository_make(root / "plain.git", {"a.py": b"x = 1\n"})
    with forge_running(root) as forge:
        honest = HISTORIES["honest"]()
        forge.packs["plain.git"] = honest.head, honest.pack
        yield forge


class Watch:
    """The most memory that git and what it started held at one moment, in bytes."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._done = threading.Event()
        self.most = 0
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        me = psutil.Process()
        while not self._done.wait(0.05):
            held = 0
            for process in me.children(recursive=True):
                try:
                    if process.name().startswith("git"):
                        held += process.memory_info().rss
                except psutil.Error:
                    continue
            self.most = max(self.most, held)

    def stop(self) -> None:
        self._done.set()
        self._thread.join()


@contextmanager
def bounded(place: str, folder: Path, seconds: float) -> Iterator[None]:
    """Whatever happens inside ends in time, takes no more memory than it may, and leaves nothing behind."""
    watch = Watch(place)
    began = time.monotonic()
    try:
        yield
    finally:
        took = time.monotonic() - began
        watch.stop()
    assert took < seconds
    assert watch.most < MEMORY
    assert gone(place)
    leftovers = [*folder.glob("objects/pack/*"), *folder.rglob("*.lock"), *folder.rglob("tmp_*")]
    assert leftovers == []


def fetch(forge: Forge, place: str, folder: Path) -> str:
    mirror = Mirror(folder, limits=LIMITS, policy=POLICY)
    address = forge.address(place)
    return mirror.fetch(address, mirror.ls_remote(address), "1")


@pytest.mark.parametrize(("habit", "codes"), (HANGING | FLOODING | BREAKING).items())
def test_a_server_with_a_bad_habit_has_its_code_in_time(forge, tmp_path, habit, codes):
    place = f"{habit}/plain.git"
    seconds = HANG_SECONDS if habit == "hang" else SECONDS
    with (
        bounded(f":{forge.port}/{habit}/", tmp_path / "m", seconds),
        pytest.raises(errors.GitError) as caught,
    ):
        fetch(forge, place, tmp_path / "m")
    assert caught.value.code in codes
    assert caught.value.text and caught.value.remedy
    assert "canary" not in caught.value.text + caught.value.remedy
    if habit in HANGING or habit == "reset":
        assert caught.value.is_transient


def bomb(results: int, copies: int) -> History:
    root = tree(entry(b"a.py", blob(b"x = 1\n")))
    made = commit(root)
    content = pack(made, root, blob(b"x = 1\n"), *delta_bomb(results, copies))
    return History(made.sha, content, frozenset({"too_much_memory", "timeout"}))


def test_a_bomb_of_differences_takes_no_more_memory_than_git_may_have(forge, tmp_path):
    """Just below the limit, where git tries, and above it, where it gives up at once."""
    for copies in (extent(short=20, full=58), 100):
        history = bomb(extent(short=1, full=8), copies)
        forge.packs["bomb.git"] = history.head, history.pack
        folder = tmp_path / str(copies)
        watch = Watch("bomb.git")
        try:
            fetch(forge, "packed/bomb.git", folder)
        except errors.GitError as error:
            assert error.code in history.codes
        finally:
            watch.stop()
        assert watch.most < MEMORY
        assert gone("bomb.git")


def test_a_huge_blob_is_fetched_in_little_memory_and_never_read(forge, tmp_path):
    size = extent(short=31, full=1024) * MIB
    root = forge.root / "huge.git"
    repository_make(root, {"a.py": b"x = 1\n", "b.py": bytes(size)})
    watch = Watch("huge.git")
    sha = fetch(forge, "git/huge.git", tmp_path / "m")
    watch.stop()
    sizes = {entry.path: entry.size for entry in Mirror(tmp_path / "m").tree(sha).entries()}
    assert sizes == {b"a.py": 6, b"b.py": size}
    assert watch.most < 200 * MIB
