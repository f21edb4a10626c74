"""What a remote says of itself, before anything is fetched."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from apps.repositories.exceptions import RefInvalid
from apps.repositories.git.address import (
    Address,
    AddressPolicy,
    address_resolve,
    policy_configured,
)
from apps.repositories.git.causes import failure
from apps.repositories.git.command import Connection, GitCredential, GitLimits, run
from apps.repositories.git.configuration import CredentialKind
from apps.repositories.git.errors import (
    BranchMissing,
    HostKeyUnknown,
    Redirected,
    RepositoryEmpty,
    RepositoryNotFound,
    TooManyRefs,
    TooMuchMemory,
    TooMuchOutput,
)
from apps.repositories.git.ssh import SshHost
from apps.repositories.refs import branch_valid

HEADS = "refs/heads/"
SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}", re.ASCII)
_LISTING_SECONDS = 30.0
_LISTING_SIZE = 8 << 20


@dataclass(frozen=True, slots=True)
class RemoteHead:
    """What a branch of the remote is now."""

    branch: str
    sha: str


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
    limits = replace(limits, seconds=min(limits.seconds, _LISTING_SECONDS), output=_LISTING_SIZE)
    connection = connection_open(address, credential, policy)
    try:
        return _head(address, branch, connection, limits)
    except Redirected:
        return _head(with_suffix(address), branch, connection, limits)


def _head(address: Address, branch: str, connection: Connection, limits: GitLimits) -> RemoteHead:
    wanted = branch_ref(branch) if branch else "HEAD"
    refs, symbolic = _listing(address, connection, limits, ["HEAD", wanted])
    if wanted not in refs and not branch and "HEAD" in symbolic:
        wanted = symbolic["HEAD"]
    if wanted in refs:
        name = symbolic.get(wanted, wanted) if wanted == "HEAD" else wanted
        return RemoteHead(name.removeprefix(HEADS) if name.startswith(HEADS) else "", refs[wanted])
    if not refs:
        refs = _heads(address, connection, limits)
    if not refs:
        raise RepositoryEmpty
    if branch:
        raise BranchMissing(f"The repository has no branch {branch}.")
    raise BranchMissing("The repository names no default branch.")


def with_suffix(address: Address) -> Address:
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
    """What a command needs to talk to an address, whose host is resolved and checked now.

    Raises:
        HostUnknown, NameServerFailed, PrivateAddress: see ``address_resolve``.
        HostKeyUnknown: it is an ssh address and nobody has written down the key of its host.
    """
    if address.is_local:
        return Connection(protocol="file")
    policy = policy or policy_configured()
    resolved = address_resolve(address, policy)
    kind = CredentialKind.SSH_KEY if address.scheme == "ssh" else CredentialKind.TOKEN
    if credential is not None and credential.kind != kind:
        credential = None  # a key is not to be shown to a server as if it were a password
    if address.scheme != "ssh":
        pin = f"{address.host}:{address.port}:{','.join(resolved)}"
        return Connection(address.scheme, (pin,), credential, ca_file=policy.ca_file)
    keys = policy.known_hosts.keys(address.host, address.port)
    if not keys:
        raise HostKeyUnknown
    host = SshHost(address.host.strip("[]"), resolved[0].strip("[]"), keys)
    return Connection(address.scheme, (), credential, host)


def branch_ref(name: str) -> str:
    """The full ref of a branch, never an option or a pattern.

    Raises:
        BranchMissing: no branch can have this name.
    """
    try:
        return HEADS + branch_valid(name)
    except RefInvalid as error:
        raise BranchMissing("No branch can have this name.") from error


def _heads(address: Address, connection: Connection, limits: GitLimits) -> dict[str, str]:
    """All branches; an error if it is not a git server at all that answers.

    Git takes any page for a repository without branches, by a protocol of old. Its trace tells.
    """
    trace = {"GIT_TRACE_PACKET": "1"}
    return _listing(address, connection, limits, [HEADS + "*"], environment=trace)[0]


def _listing(
    address: Address,
    connection: Connection,
    limits: GitLimits,
    patterns: list[str],
    *,
    environment: Mapping[str, str] | None = None,
) -> tuple[dict[str, str], dict[str, str]]:
    """Refs of a remote and their shas, symbolic refs and their targets."""
    try:
        finished = run(
            ["ls-remote", "--symref", "--", address.url, *patterns],
            connection=connection,
            limits=limits,
            environment=environment,
        )
    except TooMuchOutput:
        raise TooManyRefs from None
    if finished.status:
        error = failure(finished, connection)
        if isinstance(error, TooMuchMemory):
            raise TooManyRefs from error  # nothing else of a listing is kept in memory
        raise error
    if environment and not finished.stdout and "packet:" not in finished.stderr:
        raise RepositoryNotFound
    refs: dict[str, str] = {}
    symbolic: dict[str, str] = {}
    for line in finished.stdout.decode("utf-8", "surrogateescape").splitlines():
        value, _, name = line.partition("\t")
        if value.startswith("ref: "):
            symbolic[name] = value.removeprefix("ref: ")
        elif SHA.fullmatch(value):
            refs[name] = value
    return refs, symbolic
