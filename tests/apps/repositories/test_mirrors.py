"""The store of bare copies: bounded, safe between processes, and nothing that a crash could spoil."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from apps.repositories.git import mirror as mirror_module
from apps.repositories.git.address import address_parse
from apps.repositories.git.errors import DiskFull
from apps.repositories.git.mirror import Mirror
from apps.repositories.mirrors import MirrorStore
from apps.repositories.models import MirrorUsage, Repository
from apps.repositories.selectors import mirror_usage_list
from apps.repositories.services import mirrors_tidy
from tests.apps.repositories.git.forge import repository_make
from tests.servers import ROOT

NOISE = 100_000


@pytest.fixture
def store(tmp_path) -> MirrorStore:
    return MirrorStore(tmp_path / "mirrors", bound=10 * NOISE)


@pytest.fixture
def remote(tmp_path):
    """A function that makes a repository of about a bound's tenth, and gives its address."""

    def make(number: int, size: int = NOISE):
        folder = tmp_path / f"remote{number}.git"
        repository_make(folder, {"noise": os.urandom(size), "a.py": b"x = %d\n" % number})
        return address_parse(str(folder), allow_local=True)

    return make


def fetch(store: MirrorStore, repository_id: int, address) -> str:
    with store.use(repository_id) as copy:
        head = copy.mirror.ls_remote(address)
        assert len(list(copy.fetch(address, head, "1").entries())) == 2
        return head.sha


def kept(store: MirrorStore) -> set[int]:
    return {int(path.name) for path in store.folder.iterdir() if path.name.isdecimal()}


def test_what_was_least_recently_used_goes_first(store, remote):
    address = remote(1)
    store.bound = int(3.5 * NOISE)
    for repository_id in (1, 2, 3):
        fetch(store, repository_id, address)
    with store.use(1):
        pass  # a use without a fetch counts too
    fetch(store, 4, address)
    assert kept(store) == {1, 3, 4}
    assert store.state().size <= store.bound


def test_nothing_is_deleted_while_all_fits(store, remote):
    address = remote(1)
    for repository_id in range(1, 8):
        fetch(store, repository_id, address)
    assert kept(store) == set(range(1, 8))


def test_a_copy_in_use_is_never_deleted(store, remote):
    address = remote(1)
    store.bound = int(1.5 * NOISE)
    sha = fetch(store, 1, address)
    with store.use(1) as copy:
        fetch(store, 2, address)
        fetch(store, 3, address)
        assert copy.mirror.has(sha)
        assert 2 not in kept(store)
        assert not store.forget(1)
    assert store.forget(1)
    assert 1 not in kept(store)


def test_a_copy_larger_than_the_bound_serves_its_scan_and_is_deleted_then(store, remote):
    store.bound = NOISE // 2
    with store.use(1) as copy:
        address = remote(1)
        tree = copy.fetch(address, copy.mirror.ls_remote(address), "1")
        blobs = [entry.blob for entry in tree.entries()]
        assert len(list(tree.read_blobs(blobs))) == 2
    assert kept(store) == set()
    assert store.state().mirrors == 0


def test_one_that_is_too_large_goes_even_if_its_scan_fails(store, remote):
    store.bound = NOISE // 2
    address = remote(1)
    with pytest.raises(ValueError, match="the scan fails"), store.use(1) as copy:
        copy.fetch(address, copy.mirror.ls_remote(address), "1")
        raise ValueError("the scan fails")
    assert kept(store) == set()


def test_what_a_scan_puts_beside_the_copy_counts_too(store, remote):
    address = remote(1)
    with store.use(1) as copy:
        copy.fetch(address, copy.mirror.ls_remote(address), "1")
        (copy.mirror.folder / "plumbline-outlines").write_bytes(b"x" * 5000)
    assert store.state().size == copy.size + 5000 == copy.mirror.size()


def test_the_state_tells_number_bytes_and_oldest_use(store, remote):
    assert (store.state().mirrors, store.state().oldest_use) == (0, None)
    address = remote(1)
    fetch(store, 1, address)
    before = time.time()
    fetch(store, 2, address)
    state = store.state()
    real = sum(store.mirror(number).size() for number in (1, 2))
    assert (state.mirrors, state.size, state.bound) == (2, real, store.bound)
    assert state.oldest_use is not None
    assert state.oldest_use.timestamp() < before
    assert state.store == store.state().store


def test_the_size_is_counted_without_walking_the_copies(store, remote, monkeypatch):
    address = remote(1)
    fetch(store, 1, address)
    walked = []
    size = Mirror.size

    def counting(mirror: Mirror) -> int:
        walked.append(mirror.folder.name)
        return size(mirror)

    monkeypatch.setattr(Mirror, "size", counting)
    fetch(store, 2, address)
    store.state()
    assert set(walked) == {"2"}


def test_when_the_disk_is_full_unused_copies_make_room(store, remote, monkeypatch):
    address = remote(1)
    fetch(store, 1, address)
    real, calls = Mirror.fetch, []

    def failing(mirror, *arguments, **options):
        calls.append(mirror.folder.name)
        if len(calls) == 1:
            raise DiskFull
        return real(mirror, *arguments, **options)

    monkeypatch.setattr(Mirror, "fetch", failing)
    monkeypatch.setattr(
        "apps.repositories.mirrors.shutil.disk_usage",
        lambda _: shutil._ntuple_diskusage(1 << 30, 1 << 30, 0),
    )
    fetch(store, 2, address)
    assert kept(store) == {2}
    calls.clear()
    with pytest.raises(DiskFull):  # there is nothing left that could be deleted
        fetch(store, 2, address)


def test_upkeep_deletes_what_nobody_follows_and_what_a_kill_left(store, remote):
    address = remote(1)
    for repository_id in (1, 2, 3):
        fetch(store, repository_id, address)
    (store.folder / "0123.doomed").mkdir()
    with store.use(3):
        store.upkeep({1})
        assert kept(store) == {1, 3}
    assert not (store.folder / "0123.doomed").exists()
    assert not (store.folder / "2.use").exists()
    store.upkeep({1})
    assert kept(store) == {1}


def test_upkeep_measures_what_was_fetched_by_a_killed_worker(store, remote):
    fetch(store, 1, remote(1))
    (store.folder / "1.use").write_bytes(b"")
    assert store.state().size == 0
    store.upkeep({1})
    assert store.state().size == store.mirror(1).size()


def test_upkeep_is_for_one_worker_an_hour(store):
    assert store.upkeep_is_due()
    assert not store.upkeep_is_due()
    an_hour_ago = time.time() - 3601
    os.utime(store.folder / "upkeep", (an_hour_ago, an_hour_ago))
    assert store.upkeep_is_due()


def test_many_packs_become_one_once_nobody_reads_and_the_kept_commit_stays(
    store, tmp_path, monkeypatch
):
    monkeypatch.setattr(mirror_module, "_PACK_LIMIT", 2)
    folder = tmp_path / "busy.git"
    packs = []
    for number in range(5):
        sha = repository_make(folder, {"a": b"%d" % number, "noise": os.urandom(1000)})
        address = address_parse(str(folder), allow_local=True)
        with ExitStack() as others:
            if number == 2:
                others.enter_context(store.use(1))
            with store.use(1) as copy:
                tree = copy.fetch(address, copy.mirror.ls_remote(address), str(number))
                blobs = [entry.blob for entry in tree.entries()]
            packs.append(len(list(copy.mirror.folder.glob("objects/pack/*.pack"))))
        assert copy.mirror.has(sha)
        assert len(list(copy.mirror.tree(sha).read_blobs(blobs))) == 2
    # The third stayed while somebody else was reading, and was dealt with at the end of that.
    assert packs == [1, 2, 3, 2, 1]


def test_a_copy_that_cannot_be_compacted_is_made_anew(store, remote, monkeypatch):
    address = remote(1)
    sha = fetch(store, 1, address)
    monkeypatch.setattr(mirror_module, "_PACK_LIMIT", 0)
    for pack in store.mirror(1).folder.glob("objects/pack/*.pack"):
        pack.chmod(0o600)
        pack.write_bytes(b"spoilt")
    with store.use(1):
        pass
    assert not store.mirror(1).has(sha)
    assert fetch(store, 1, address) == sha


def test_one_fetches_while_others_read_and_two_take_turns(store, remote):
    address = remote(1)
    sha = fetch(store, 1, address)
    order: list[str] = []

    def fetching() -> None:
        with store.use(1) as copy, copy.fetching() as mirror:
            order.append("in")
            assert mirror.has(sha)
            time.sleep(0.05)
            order.append("out")

    with store.use(1):
        threads = [threading.Thread(target=fetching) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
    assert order == ["in", "out"] * 3


HOLD = """
import sys, time
from pathlib import Path
import django
django.setup()
from apps.repositories.mirrors import MirrorStore
with MirrorStore(Path(sys.argv[1]), bound=0).use(1):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.mark.slow
def test_the_lock_of_a_killed_worker_ends_with_it(store, remote):
    fetch(store, 1, remote(1))
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, store.folder], cwd=ROOT, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        assert not store.forget(1)
        os.kill(holder.pid, signal.SIGKILL)
        holder.wait()
        assert store.forget(1)


FETCHES = """
import sys
from pathlib import Path
import django
django.setup()
from apps.repositories.git.address import address_parse
from apps.repositories.mirrors import MirrorStore
store = MirrorStore(Path(sys.argv[1]), bound=int(sys.argv[2]))
address = address_parse(sys.argv[3], allow_local=True)
for turn in range(6):
    number = 1 + (turn * 3 + int(sys.argv[4])) % 4
    with store.use(number) as copy:
        tree = copy.fetch(address, copy.mirror.ls_remote(address), sys.argv[4])
        blobs = [entry.blob for entry in tree.entries()]
        assert len(list(tree.read_blobs(blobs))) == 2
"""


@pytest.mark.slow
def test_processes_that_fetch_read_and_delete_at_once_never_lose_a_file(store, remote):
    address = remote(1)
    arguments = [sys.executable, "-c", FETCHES, str(store.folder), str(int(1.5 * NOISE))]
    workers = [
        subprocess.Popen([*arguments, address.url, str(number)], cwd=ROOT) for number in (1, 2)
    ]
    assert [worker.wait(120) for worker in workers] == [0, 0]
    store.bound = int(1.5 * NOISE)
    store.trim()
    assert store.state().size <= store.bound
    assert sum(store.mirror(number).size() for number in kept(store)) <= store.bound


def test_a_folder_that_cannot_be_written_is_said_so(tmp_path):
    from apps.repositories.git.errors import GitError

    (tmp_path / "file").touch()
    blocked = MirrorStore(tmp_path / "file" / "mirrors", bound=1)
    with pytest.raises(GitError, match="cannot be written"), blocked.use(1):
        pass
    assert not blocked.upkeep_is_due()


@pytest.mark.django_db
def test_tidying_notes_what_this_machine_keeps_and_drops_what_is_followed_no_more(
    settings, tmp_path, repository
):
    settings.PLUMBLINE_VAR = tmp_path
    from apps.repositories.mirrors import mirror_store

    folder = tmp_path / "remote.git"
    repository_make(folder, {"a.py": b"x = 1\n", "b.py": b""})
    address = address_parse(str(folder), allow_local=True)
    gone = repository.pk + 1
    for repository_id in (repository.pk, gone):
        fetch(mirror_store(), repository_id, address)
    mirrors_tidy()
    usage = mirror_usage_list().get()
    assert (usage.mirrors, usage.bound) == (1, settings.PLUMBLINE_MIRRORS_LIMIT_BYTES)
    assert usage.size == mirror_store().mirror(repository.pk).size()
    assert usage.oldest_use_at is not None
    Repository.objects.all().delete()
    mirrors_tidy()  # within the hour: counted only
    assert MirrorUsage.objects.get().mirrors == 1


def test_the_store_lies_in_the_folder_of_the_settings(settings, tmp_path):
    from apps.repositories.mirrors import mirror_store

    settings.PLUMBLINE_VAR = tmp_path
    settings.PLUMBLINE_MIRRORS_LIMIT_BYTES = 7
    assert mirror_store().folder == Path(tmp_path) / "mirrors"
    assert mirror_store().bound == 7
