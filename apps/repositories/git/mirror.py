"""A bare copy of a repository that holds single commits, each fetched under a ref of its scan."""

from __future__ import annotations

import errno
import re
import shutil
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from apps.repositories.git.address import Address, AddressPolicy
from apps.repositories.git.causes import failure
from apps.repositories.git.command import (
    OFFLINE,
    Connection,
    Finished,
    GitCredential,
    GitLimits,
    run,
)
from apps.repositories.git.errors import (
    CommitMissing,
    DiskFull,
    GitError,
    Redirected,
    TooLarge,
)
from apps.repositories.git.remote import (
    SHA,
    RemoteHead,
    branch_ref,
    connection_open,
    remote_head,
    with_suffix,
)
from apps.repositories.git.tree import Tree

__all__ = ["Mirror", "RemoteHead", "remote_head"]

_REFS = "refs/plumbline/scan"
_MARKER = "plumbline-sha"
_SCAN = re.compile(r"[A-Za-z0-9-]{1,64}", re.ASCII)
_LEFTOVERS = (
    *("objects/pack/tmp_*", "objects/pack/.tmp-*", "objects/??/tmp_obj_*"),
    *("*.lock", "refs/**/*.lock"),
)
_COMPACT_SECONDS = 60.0
_PACK_LIMIT = 50  # each fetch leaves one; a tenth of a second of reading 4,000 files by then


class Mirror:
    """One bare repository under a folder of ours. It is a cache: deleting it costs one fetch."""

    def __init__(
        self,
        folder: Path,
        *,
        limits: GitLimits | None = None,
        policy: AddressPolicy | None = None,
    ) -> None:
        """Name the folder; it is made when something is fetched."""
        self.folder = folder
        self._limits = limits or GitLimits()
        self._policy = policy

    def ls_remote(
        self, address: Address, branch: str = "", credential: GitCredential | None = None
    ) -> RemoteHead:
        """Ask the remote what a branch, by default its own default branch, is now.

        Raises:
            GitError: it cannot be reached or has no such branch.
        """
        return remote_head(address, branch, credential, limits=self._limits, policy=self._policy)

    def fetch(
        self,
        address: Address,
        head: RemoteHead,
        scan: str,
        credential: GitCredential | None = None,
        *,
        since: datetime | None = None,
    ) -> str:
        """Fetch one commit under the scan's own ref; its sha.

        A server that does not give commits by sha gives the branch, which may have moved on since:
        the sha that counts is the one returned.

        Args:
            address: Where to fetch from.
            head: The branch and its commit.
            scan: Names the ref.
            credential: Who fetches.
            since: Fetch with it all history that the server takes for younger; by default none.

        Raises:
            GitError: it cannot be fetched.
        """
        if not _SCAN.fullmatch(scan) or not SHA.fullmatch(head.sha):
            raise ValueError("not a scan or commit id")
        reach = "--depth=1" if since is None else f"--shallow-since=@{int(since.timestamp())} +0000"
        try:
            return self._fetch_from(address, head, scan, credential, reach)
        except Redirected:
            return self._fetch_from(with_suffix(address), head, scan, credential, reach)

    def fetch_newest(
        self, address: Address, branch: str, scan: str, credential: GitCredential | None = None
    ) -> str | None:
        """Fetch what a branch, by default the remote's own default branch, is now, without asking first; its sha.

        For a copy that was fetched before. Nothing where that does not work: ``ls_remote`` and ``fetch`` find out why.

        Raises:
            GitError: it takes too long or is too large, or the address is refused.
        """
        if not _SCAN.fullmatch(scan):
            raise ValueError("not a scan id")
        source = branch_ref(branch) if branch else "HEAD"
        target = f"{_REFS}/{scan}"
        connection = connection_open(address, credential, self._policy)
        if not self.was_fetched:
            return None
        self._sweep()
        finished = self._fetch(address, connection, f"+{source}:{target}", "--depth=1")
        return None if finished.status else self._commit(target)

    @property
    def was_fetched(self) -> bool:
        """Whether there is a copy to which a fetch only adds."""
        return any(self.folder.glob(f"{_MARKER}*"))

    def _fetch_from(
        self,
        address: Address,
        head: RemoteHead,
        scan: str,
        credential: GitCredential | None,
        reach: str,
    ) -> str:
        connection = connection_open(address, credential, self._policy)
        self._prepare(len(head.sha))
        target = f"{_REFS}/{scan}"
        try:
            finished = self._fetch(address, connection, f"+{head.sha}:{target}", reach)
            if finished.status and head.branch and _refuses_sha(finished):
                branch = branch_ref(head.branch)
                finished = self._fetch(address, connection, f"+{branch}:{target}", reach)
            if finished.status:
                raise failure(finished, connection)
            return self._commit(target)
        except GitError as error:
            # Git does not say that index-pack was ended for the size of its file.
            if self._sweep() >= self._limits.file_size and not isinstance(error, DiskFull):
                raise TooLarge from error
            raise

    def tree(self, sha: str) -> Tree:
        """The files of a commit that was fetched."""
        if not SHA.fullmatch(sha):
            raise ValueError("not a commit id")
        return Tree(self.folder, sha)

    def has(self, sha: str) -> bool:
        """Whether a commit was fetched and is still there."""
        if not SHA.fullmatch(sha) or not (self.folder / "HEAD").exists():
            return False
        return run(["cat-file", "-e", f"{sha}^{{commit}}"], git_dir=self.folder).status == 0

    def drop(self, scan: str) -> None:
        """Forget a scan's commit. Its objects stay a while, and make the next fetch small."""
        self._update_ref(f"{_REFS}/{scan}")

    def drop_others(self, scan: str) -> None:
        """Forget every commit but that of one scan."""
        # Each is a file: nothing here packs refs, and git would be started once for each of them.
        for file in (self.folder / _REFS).glob("*"):
            if file.name != scan:
                file.unlink(missing_ok=True)

    @property
    def is_scattered(self) -> bool:
        """Whether so many fetches have each left a pack that it is time for ``compact``."""
        return len(list(self.folder.glob("objects/pack/*.pack"))) > _PACK_LIMIT

    def compact(self) -> None:
        """Put what the kept commits need into one pack; nobody else may use the copy meanwhile.

        A copy of which that cannot be done is deleted.
        """
        self._sweep()
        try:
            finished = run(
                ["repack", "-a", "-d", "-q", "--no-write-bitmap-index"],
                git_dir=self.folder,
                limits=replace(self._limits, seconds=_COMPACT_SECONDS),
            )
        except GitError:
            self.clear()
        else:
            if finished.status:
                self.clear()

    def size(self) -> int:
        """What the copy takes on disk, in bytes."""
        return sum(file.stat().st_size for file in self.folder.rglob("*") if file.is_file())

    def clear(self) -> None:
        """Delete the copy."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _fetch(
        self, address: Address, connection: Connection, refspec: str, reach: str
    ) -> Finished:
        options = ["--quiet", "--prune", "--no-tags", "--no-write-fetch-head"]
        options += ["--no-auto-maintenance", "--no-recurse-submodules", reach]
        return run(
            ["fetch", *options, "--", address.url, refspec],
            git_dir=self.folder,
            connection=connection,
            limits=self._limits,
        )

    def _prepare(self, sha_length: int) -> None:
        """Make the repository, or clear what an earlier fetch left when it was killed."""
        kind = "256" if sha_length == 64 else "1"
        marker = self.folder / f"{_MARKER}{kind}"
        if not marker.exists():
            self.clear()
            try:
                self.folder.mkdir(parents=True)
            except OSError as error:
                raise disk_error(error) from error
            options = ["--quiet", "--bare", "--template=", f"--object-format=sha{kind}"]
            made = run(["init", *options, "--", str(self.folder)])
            if made.status:
                raise failure(made, OFFLINE)
            marker.touch()
        self._sweep()

    def _sweep(self) -> int:
        """Remove what a fetch that failed or was killed left half written; the size of the largest."""
        largest = 0
        for pattern in _LEFTOVERS:
            for leftover in self.folder.glob(pattern):
                largest = max(largest, leftover.stat().st_size)
                leftover.unlink()
        return largest

    def _commit(self, ref: str) -> str:
        found = run(
            ["rev-parse", "--verify", "--end-of-options", f"{ref}^{{commit}}"], git_dir=self.folder
        )
        if found.status:
            raise failure(found, OFFLINE) if found.stderr else CommitMissing()
        return found.stdout.decode().strip()

    def _update_ref(self, name: str) -> None:
        if (self.folder / "HEAD").exists():
            run(["update-ref", "--no-deref", "-d", name], git_dir=self.folder)


def _refuses_sha(finished: Finished) -> bool:
    return "unadvertised object" in finished.stderr or "not our ref" in finished.stderr


def disk_error(error: OSError) -> GitError:
    """What keeps us from writing to the folder of mirrors, for people."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull()
    return GitError("The folder of mirrors cannot be written.", remedy="Check PLUMBLINE_VAR.")
