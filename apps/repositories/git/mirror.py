"""A bare copy of a repository that holds single commits, each fetched alone under a ref of its scan."""

from __future__ import annotations

import errno
import logging
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from apps.repositories.exceptions import RefInvalid
from apps.repositories.git.address import (
    Address,
    AddressPolicy,
    address_resolve,
    policy_configured,
)
from apps.repositories.git.causes import cause_of
from apps.repositories.git.command import (
    OFFLINE,
    Connection,
    Finished,
    GitCredential,
    GitLimits,
    run,
)
from apps.repositories.git.errors import (
    BranchMissing,
    CommitMissing,
    DiskFull,
    GitError,
    Redirected,
    RepositoryEmpty,
    RepositoryNotFound,
    TooLarge,
)
from apps.repositories.git.tree import Tree
from apps.repositories.refs import branch_valid

logger = logging.getLogger(__name__)

_REFS = "refs/plumbline/scan"
_HEADS = "refs/heads/"
_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}", re.ASCII)
_SCAN = re.compile(r"[A-Za-z0-9-]{1,64}", re.ASCII)
_LISTING_SECONDS = 30.0
_SAID_LIMIT = 2000
_PACK_LIMIT = 50  # each fetch leaves one, and starting over is less work than tidying up
_LISTING_SIZE = 8 << 20


@dataclass(frozen=True, slots=True)
class RemoteHead:
    """What a branch of the remote is now."""

    branch: str
    sha: str


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
    ) -> str:
        """Fetch one commit, without history, under the scan's own ref; its sha.

        A server that does not give commits by sha gives the branch, which may have moved on since:
        the sha that counts is the one returned.

        Raises:
            GitError: it cannot be fetched.
        """
        if not _SCAN.fullmatch(scan) or not _SHA.fullmatch(head.sha):
            raise ValueError("not a scan or commit id")
        try:
            return self._fetch_from(address, head, scan, credential)
        except Redirected:
            return self._fetch_from(_with_suffix(address), head, scan, credential)

    def _fetch_from(
        self, address: Address, head: RemoteHead, scan: str, credential: GitCredential | None
    ) -> str:
        connection = connection_open(address, credential, self._policy)
        self._prepare(len(head.sha))
        target = f"{_REFS}/{scan}"
        try:
            finished = self._fetch(address, connection, f"{head.sha}:{target}")
            if finished.status and head.branch and _refuses_sha(finished):
                branch = branch_ref(head.branch)
                finished = self._fetch(address, connection, f"+{branch}:{target}")
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
        if not _SHA.fullmatch(sha):
            raise ValueError("not a commit id")
        return Tree(self.folder, sha)

    def drop(self, scan: str) -> None:
        """Forget a scan's commit. Its objects stay a while, and make the next fetch small."""
        self._update_ref(f"{_REFS}/{scan}")

    def drop_others(self, scan: str) -> None:
        """Forget every commit but that of one scan."""
        if not (self.folder / "HEAD").exists():
            return
        listed = run(["for-each-ref", "--format=%(refname)", _REFS], git_dir=self.folder)
        for name in listed.stdout.decode().split():
            if name != f"{_REFS}/{scan}":
                self._update_ref(name)

    def size(self) -> int:
        """What the copy takes on disk, in bytes."""
        return sum(file.stat().st_size for file in self.folder.rglob("*") if file.is_file())

    def clear(self) -> None:
        """Delete the copy."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _fetch(self, address: Address, connection: Connection, refspec: str) -> Finished:
        options = ["--quiet", "--prune", "--no-tags", "--no-write-fetch-head"]
        options += ["--no-auto-maintenance", "--no-recurse-submodules", "--depth=1"]
        return run(
            ["fetch", *options, "--", address.url, refspec],
            git_dir=self.folder,
            connection=connection,
            limits=self._limits,
        )

    def _prepare(self, sha_length: int) -> None:
        """Make the repository, or clear what an earlier fetch left when it was killed."""
        kind = "sha256" if sha_length == 64 else "sha1"
        marker = self.folder / f"plumbline-{kind}"
        packs = len(list(self.folder.glob("objects/pack/*.pack")))
        if not marker.exists() or packs > _PACK_LIMIT:
            self.clear()
            try:
                self.folder.mkdir(parents=True)
            except OSError as error:
                raise _disk_error(error) from error
            options = ["--quiet", "--bare", "--template=", f"--object-format={kind}"]
            made = run(["init", *options, "--", str(self.folder)])
            if made.status:
                raise failure(made, OFFLINE)
            marker.touch()
        self._sweep()

    def _sweep(self) -> int:
        """Remove what a fetch that failed or was killed left half written; the size of the largest."""
        largest = 0
        for pattern in ("objects/pack/tmp_*", "objects/??/tmp_obj_*", "*.lock", "refs/**/*.lock"):
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


def remote_head(
    address: Address,
    branch: str = "",
    credential: GitCredential | None = None,
    *,
    limits: GitLimits | None = None,
    policy: AddressPolicy | None = None,
) -> RemoteHead:
    """Ask a remote what a branch, by default its own default branch, is now. Needs no mirror.

    Raises:
        RepositoryEmpty: it has no commit.
        BranchMissing: it has no such branch.
        GitError: it cannot be reached.
    """
    limits = limits or GitLimits()
    limits = GitLimits(
        seconds=min(limits.seconds, _LISTING_SECONDS), memory=limits.memory, output=_LISTING_SIZE
    )
    connection = connection_open(address, credential, policy)
    try:
        return _head(address, branch, connection, limits)
    except Redirected:
        return _head(_with_suffix(address), branch, connection, limits)


def _head(address: Address, branch: str, connection: Connection, limits: GitLimits) -> RemoteHead:
    wanted = branch_ref(branch) if branch else "HEAD"
    refs, symbolic = _listing(address, connection, limits, ["HEAD", wanted])
    if wanted not in refs and not branch and "HEAD" in symbolic:
        wanted = symbolic["HEAD"]
    if wanted in refs:
        name = symbolic.get(wanted, wanted) if wanted == "HEAD" else wanted
        return RemoteHead(
            name.removeprefix(_HEADS) if name.startswith(_HEADS) else "", refs[wanted]
        )
    if not refs:
        refs = _heads(address, connection, limits)
    if not refs:
        raise RepositoryEmpty
    if branch:
        raise BranchMissing(f"The repository has no branch {branch}.")
    raise BranchMissing("The repository names no default branch.")


def _with_suffix(address: Address) -> Address:
    """The same address with ``.git``, to which GitLab redirects everyone who leaves it out.

    Raises:
        Redirected: it has that already.
    """
    if address.is_local or address.url.endswith(".git"):
        raise Redirected
    return replace(address, url=f"{address.url}.git")


def connection_open(
    address: Address, credential: GitCredential | None, policy: AddressPolicy | None
) -> Connection:
    """What a command needs to talk to an address, whose host is resolved and checked now."""
    if address.is_local:
        return Connection(protocol="file")
    resolved = address_resolve(address, policy or policy_configured())
    pins = (f"{address.host}:{address.port}:{','.join(resolved)}",)
    return Connection(address.scheme, pins if resolved else (), credential)


def branch_ref(name: str) -> str:
    """The full ref of a branch, never an option or a pattern.

    Raises:
        BranchMissing: no branch can have this name.
    """
    try:
        return _HEADS + branch_valid(name)
    except RefInvalid as error:
        raise BranchMissing("No branch can have this name.") from error


def failure(finished: Finished, connection: Connection) -> GitError:
    """The error of a command that failed; git's own words go to the log."""
    error = cause_of(finished, connection)
    said = ascii(finished.stderr[-_SAID_LIMIT:])
    logger.warning("git failed: %s, status %d, %s", error.code, finished.status, said)
    return error


def _heads(address: Address, connection: Connection, limits: GitLimits) -> dict[str, str]:
    """All branches; an error if it is not a git server at all that answers.

    Git takes any page for a repository without branches, by a protocol of old. Its trace tells.
    """
    trace = {"GIT_TRACE_PACKET": "1"}
    return _listing(address, connection, limits, [_HEADS + "*"], environment=trace)[0]


def _listing(
    address: Address,
    connection: Connection,
    limits: GitLimits,
    patterns: list[str],
    *,
    environment: Mapping[str, str] | None = None,
) -> tuple[dict[str, str], dict[str, str]]:
    """Refs of a remote and their shas, symbolic refs and their targets."""
    finished = run(
        ["ls-remote", "--symref", "--", address.url, *patterns],
        connection=connection,
        limits=limits,
        environment=environment,
    )
    if finished.status:
        raise failure(finished, connection)
    if environment and not finished.stdout and "packet:" not in finished.stderr:
        raise RepositoryNotFound
    refs: dict[str, str] = {}
    symbolic: dict[str, str] = {}
    for line in finished.stdout.decode("utf-8", "surrogateescape").splitlines():
        value, _, name = line.partition("\t")
        if value.startswith("ref: "):
            symbolic[name] = value.removeprefix("ref: ")
        elif _SHA.fullmatch(value):
            refs[name] = value
    return refs, symbolic


def _refuses_sha(finished: Finished) -> bool:
    return "unadvertised object" in finished.stderr or "not our ref" in finished.stderr


def _disk_error(error: OSError) -> GitError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull()
    return GitError("The folder of mirrors cannot be written.", remedy="Check PLUMBLINE_VAR.")
