"""Where this machine keeps its bare copies: a cache of bounded size, any part of which any worker can make anew.

Beside each copy lies a file that says how large the copy is and, by its own time, when it was last of use. Whoever
reads a copy holds a lock on that file that all readers share; whoever deletes or compacts one holds it alone and never
waits for it. Locks end with their process, so nothing is left behind by one that dies.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import shutil
import time
import uuid
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from django.conf import settings

from apps.repositories.git.address import Address, AddressPolicy
from apps.repositories.git.command import GitCredential, GitLimits
from apps.repositories.git.errors import DiskFull, GitError
from apps.repositories.git.mirror import Mirror, disk_error
from apps.repositories.git.remote import RemoteHead
from apps.repositories.git.tree import Tree
from core.file_locks import file_lock

logger = logging.getLogger(__name__)

_USE, _FETCH, _DOOMED = ".use", ".fetch", ".doomed"
_ORDER = "order"  # the lock of those who decide what is deleted
_UPKEEP_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class StoreState:
    """What a machine's copies amount to; sizes in bytes."""

    store: str
    """A name that the store gave itself: workers that share a folder share it."""
    mirrors: int
    size: int
    bound: int
    oldest_use: datetime | None


class _Kept(NamedTuple):
    used_at: float
    repository_id: int
    size: int


def mirror_store() -> MirrorStore:
    """This machine's copies."""
    return _store("mirrors")


def history_store() -> MirrorStore:
    """This machine's copies of histories, each kept only while somebody goes through it.

    They are apart from the others, so that those stay small and nobody waits for a long fetch.
    """
    return _store("histories")


def _store(name: str) -> MirrorStore:
    limits = GitLimits(
        seconds=settings.PLUMBLINE_GIT_TIMEOUT, file_size=settings.PLUMBLINE_PACK_LIMIT_BYTES
    )
    folder = Path(settings.PLUMBLINE_VAR) / name
    return MirrorStore(folder, bound=settings.PLUMBLINE_MIRRORS_LIMIT_BYTES, limits=limits)


class MirrorInUse:
    """A copy that nobody deletes or compacts meanwhile."""

    def __init__(self, store: MirrorStore, repository_id: int, mirror: Mirror) -> None:
        """Name the copy; `MirrorStore.use` does so."""
        self.mirror = mirror
        self._store = store
        self.repository_id = repository_id
        self.size = store.noted_size(repository_id)
        """What the copy takes on disk, in bytes."""
        self.bytes_fetched = 0
        """By how much fetches made it larger."""
        self.has_room = True
        """Whether all copies fitted the bound after the last fetch."""

    def fetch(
        self,
        address: Address,
        head: RemoteHead,
        scan: str,
        credential: GitCredential | None = None,
        *,
        since: datetime | None = None,
    ) -> Tree:
        """Fetch one commit for a scan as `Mirror.fetch` does, and forget the commits of earlier scans.

        Raises:
            GitError: it cannot be fetched.
        """
        with self.fetching():
            commit = self._with_room(
                lambda: self.mirror.fetch(address, head, scan, credential, since=since)
            )
            self.mirror.drop_others(scan)
        return self.mirror.tree(commit)

    def fetch_newest(
        self, address: Address, branch: str, scan: str, credential: GitCredential | None = None
    ) -> Tree | None:
        """Fetch what a branch is now, as `Mirror.fetch_newest` does, and forget the commits of earlier scans.

        Raises:
            GitError: it cannot be fetched.
        """
        with self.fetching():
            commit = self._with_room(
                lambda: self.mirror.fetch_newest(address, branch, scan, credential)
            )
            if commit is None:
                return None
            self.mirror.drop_others(scan)
        return self.mirror.tree(commit)

    @contextlib.contextmanager
    def fetching(self) -> Iterator[Mirror]:
        """The copy for whoever changes it: one at a time, while others go on reading."""
        with self._store.locked(f"{self.repository_id}{_FETCH}"):
            try:
                yield self.mirror
            finally:
                before, self.size = self.size, self._store.measure(self.repository_id)
                # One that became smaller was made anew.
                self.bytes_fetched += self.size - (before if before <= self.size else 0)
        self.has_room = self._store.trim()

    def _with_room[T](self, fetch: Callable[[], T]) -> T:
        """Fetch; once more if the disk is full and copies that nobody uses could be deleted."""
        try:
            return fetch()
        except DiskFull:
            if not self._store.make_room():
                raise
            return fetch()


class MirrorStore:
    """A folder of copies, by the ids of their repositories."""

    def __init__(
        self,
        folder: Path,
        *,
        bound: int,
        limits: GitLimits | None = None,
        policy: AddressPolicy | None = None,
    ) -> None:
        """Name the folder and how many bytes all copies together may take."""
        self.folder = folder
        self.bound = bound
        self._limits = limits or GitLimits()
        self._policy = policy

    def mirror(self, repository_id: int) -> Mirror:
        """The copy of a repository, for what does not need its files."""
        return Mirror(self._place(repository_id), limits=self._limits, policy=self._policy)

    @contextlib.contextmanager
    def use(self, repository_id: int) -> Iterator[MirrorInUse]:
        """Keep a copy from being deleted while the block runs; it need not exist yet.

        One that is larger than the bound is deleted afterwards.

        Raises:
            GitError: the folder cannot be written.
        """
        mirror = self.mirror(repository_id)
        with (
            contextlib.ExitStack() as afterwards,
            self.locked(f"{repository_id}{_USE}", fcntl.LOCK_SH) as descriptor,
        ):
            os.utime(descriptor)
            in_use = MirrorInUse(self, repository_id, mirror)
            afterwards.callback(self._settle, repository_id, in_use)
            try:
                yield in_use
            finally:
                # What the scan put beside the copy counts too.
                if in_use.bytes_fetched:
                    self.measure(repository_id)

    def _settle(self, repository_id: int, copy: MirrorInUse) -> None:
        """Do, once a copy is used no more, what had to wait for that."""
        if copy.mirror.is_scattered:
            with self._alone(repository_id) as is_alone:
                if is_alone:
                    copy.mirror.compact()
                    self.measure(repository_id)
        if not copy.has_room:
            self.trim()

    def forget(self, repository_id: int) -> bool:
        """Delete a copy; False if it is in use, when upkeep will delete it later."""
        with self._alone(repository_id) as is_alone:
            if is_alone:
                self._delete(repository_id)
            return is_alone

    def forget_others(self, followed: Collection[int]) -> None:
        """Delete the copies of all repositories but these, as far as nobody uses them."""
        with contextlib.suppress(FileNotFoundError):
            names = {path.name.partition(".")[0] for path in self.folder.iterdir()}
            for repository_id in {int(name) for name in names if name.isdecimal()}:
                if repository_id not in followed:
                    self.forget(repository_id)

    def trim(self) -> bool:
        """Delete copies, those least recently used first, until all fit; False if those in use do not."""
        if sum(kept.size for kept in self._kept()) <= self.bound:
            return True
        # One at a time: two that count at once would both delete.
        with self.locked(_ORDER):
            kept = sorted(self._kept())
            excess = sum(one.size for one in kept) - self.bound
            return self._delete_until(kept, lambda freed: freed >= excess) >= excess

    def make_room(self) -> bool:
        """Delete copies that nobody uses until the largest pack would fit on the disk; False if there are none."""
        with self.locked(_ORDER):
            freed = self._delete_until(
                sorted(self._kept()),
                lambda _: shutil.disk_usage(self.folder).free >= self._limits.file_size,
            )
        return freed > 0

    def upkeep_is_due(self) -> bool:
        """Whether nobody has begun upkeep for an hour; the one who is told so does it."""
        stamp = self.folder / "upkeep"
        try:
            with self.locked(_ORDER):
                if stamp.exists() and time.time() - stamp.stat().st_mtime < _UPKEEP_SECONDS:
                    return False
                stamp.touch()
                return True
        except (OSError, GitError):
            return False

    def upkeep(self, followed: Collection[int]) -> None:
        """Delete the copies of repositories that nobody follows and what killed processes left; measure the others."""
        for doomed in self.folder.glob(f"*{_DOOMED}"):
            shutil.rmtree(doomed, ignore_errors=True)
        for name in {path.name.partition(".")[0] for path in self.folder.iterdir()}:
            if not name.isdecimal():
                continue
            repository_id = int(name)
            if repository_id in followed:
                self.measure(repository_id)
            else:
                self.forget(repository_id)
        self.trim()

    def state(self) -> StoreState:
        """How many copies there are, what they take, and when the oldest was last of use."""
        kept = [one for one in self._kept() if one.size]
        oldest = min((one.used_at for one in kept), default=None)
        return StoreState(
            self._name(),
            len(kept),
            sum(one.size for one in kept),
            self.bound,
            None if oldest is None else datetime.fromtimestamp(oldest, UTC),
        )

    def noted_size(self, repository_id: int) -> int:
        """How large a copy was when it was last measured, in bytes."""
        with contextlib.suppress(OSError, ValueError):
            return int((self.folder / f"{repository_id}{_USE}").read_bytes())
        return 0

    def measure(self, repository_id: int) -> int:
        """Write down how large a copy is, leaving the time of its last use; its bytes."""
        size = 0
        note = self.folder / f"{repository_id}{_USE}"
        try:
            size = self.mirror(repository_id).size()
            used_at = note.stat().st_mtime_ns if note.exists() else time.time_ns()
            with note.open("r+b" if note.exists() else "xb") as file:
                file.write(b"%-20d\n" % size)  # one width, so that no reader sees half of a number
            os.utime(note, ns=(used_at, used_at))
        except OSError:
            # A full disk, or another measured at once: what is written is a little old then.
            logger.warning("a mirror was not measured", extra={"repository": repository_id})
        return size

    @contextlib.contextmanager
    def locked(self, name: str, kind: int = fcntl.LOCK_EX) -> Iterator[int]:
        """Hold a lock of the store, waiting for it; the descriptor of its file.

        Raises:
            GitError: the folder cannot be written.
        """
        descriptor = self._lock(name, kind)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    @contextlib.contextmanager
    def _alone(self, repository_id: int) -> Iterator[bool]:
        """Be the only user of a copy; False, at once, if there is another."""
        try:
            descriptor = self._lock(f"{repository_id}{_USE}", fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        try:
            yield True
        finally:
            os.close(descriptor)

    def _lock(self, name: str, kind: int) -> int:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            return file_lock(self.folder / name, kind)
        except BlockingIOError:
            raise
        except OSError as error:
            raise disk_error(error) from error

    def _delete_until(self, kept: list[_Kept], is_enough: Callable[[int], bool]) -> int:
        """Delete copies in this order until so many bytes are enough; how many bytes that freed."""
        freed = 0
        for one in kept:
            if is_enough(freed):
                break
            if one.size and self.forget(one.repository_id):
                freed += one.size
        return freed

    def _delete(self, repository_id: int) -> None:
        """Delete a copy whose only user we are, and last the file that we hold."""
        place = self._place(repository_id)
        doomed = self.folder / f"{uuid.uuid4().hex}{_DOOMED}"
        with contextlib.suppress(FileNotFoundError):
            place.rename(doomed)  # whole or gone, even if we are killed now
        shutil.rmtree(doomed, ignore_errors=True)
        for suffix in (_FETCH, _USE):
            (self.folder / f"{repository_id}{suffix}").unlink(missing_ok=True)

    def _kept(self) -> list[_Kept]:
        """Every copy by what is written beside it: a thousand take some ten milliseconds."""
        kept = []
        with contextlib.suppress(FileNotFoundError), os.scandir(self.folder) as entries:
            for entry in entries:
                name, dot, suffix = entry.name.partition(".")
                if not name.isdecimal() or dot + suffix != _USE:
                    continue
                with contextlib.suppress(FileNotFoundError):
                    used_at = entry.stat().st_mtime
                    kept.append(_Kept(used_at, int(name), self.noted_size(int(name))))
        return kept

    def _name(self) -> str:
        path = self.folder / "name"
        with self.locked(_ORDER):
            if not path.exists():
                path.write_text(uuid.uuid4().hex)
            return path.read_text()

    def _place(self, repository_id: int) -> Path:
        return self.folder / str(repository_id)
