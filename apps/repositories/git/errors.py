"""Why a repository could not be fetched or read, in our words: the peer's are never shown."""

from __future__ import annotations

from http import HTTPStatus
from typing import ClassVar

from core.exceptions import DomainError, Invalid


class GitError(DomainError):
    """Git could not do what was asked, for a reason that is not known more closely.

    Attributes:
        is_transient: Whether the same may well succeed a little later, with nobody doing anything.
    """

    code = "git_failed"
    text = "git failed in a way that Plumbline does not know."
    remedy = "Look at the worker's log, then scan again."
    status = HTTPStatus.BAD_GATEWAY
    is_transient: ClassVar[bool] = False


class AddressRefused(GitError, Invalid):
    """The address is not one that we connect to."""

    code = "address_invalid"
    text = "This is not the address of a repository."
    remedy = "Give an address such as https://git.example.com/team/project.git."
    status = HTTPStatus.BAD_REQUEST


class ProtocolRefused(AddressRefused):
    """Anything but https, and ssh to known hosts."""

    code = "protocol_refused"
    text = "Only https addresses, and ssh addresses of known hosts, are accepted."
    remedy = "Give the https address of the repository, and an access token if it is private."


class HostKeyUnknown(AddressRefused):
    """An ssh address of a host whose key nobody has written down."""

    code = "host_key_unknown"
    text = "The SSH key of this host is not known here."
    remedy = (
        "Give the https address, or ask an administrator to add the host's key to "
        "PLUMBLINE_SSH_KNOWN_HOSTS."
    )


class CredentialsInAddress(AddressRefused):
    """A user name or password in the address."""

    code = "credentials_in_address"
    text = "The address contains a user name or password."
    remedy = "Give the address without them and the access token in its own field."


class PortRefused(AddressRefused):
    """A port that is not on the list."""

    code = "port_refused"
    text = "Only port 443 is allowed."
    remedy = "Ask an administrator to add host and port to PLUMBLINE_ALLOWED_PRIVATE_HOSTS."


class PrivateAddress(AddressRefused):
    """The host is, or resolves to, an address that is not public."""

    code = "private_address"
    text = "The host has a private address, which is not allowed."
    remedy = "Ask an administrator to add host and network to PLUMBLINE_ALLOWED_PRIVATE_HOSTS."


class LocalPathRefused(AddressRefused):
    """A path of this machine where none is allowed."""

    code = "local_path_refused"
    text = "Paths on the server are not accepted."
    remedy = "Give the https address of the repository."


class LocalPathMissing(AddressRefused):
    """A path of this machine without a repository."""

    code = "repository_not_found"
    text = "There is no git repository at this path."
    remedy = "Give the path of a repository or of a bare copy of one."


class HostUnknown(GitError):
    """The name does not resolve."""

    code = "dns"
    text = "The host's name is not known."
    remedy = "Check the spelling of the address, and the name server of the worker."


class NameServerFailed(GitError):
    """Nobody could tell whether the name resolves."""

    code = "dns_failed"
    text = "The name server did not answer."
    remedy = "Check the name server of the worker, then scan again."
    is_transient = True


class HostUnreachable(GitError):
    """Nobody answers there."""

    code = "unreachable"
    text = "The server cannot be reached."
    remedy = "Check that it runs and that the worker may connect to it, then scan again."
    is_transient = True


class ServerFailed(GitError):
    """It answers with an error of its own."""

    code = "server_failed"
    text = "The server answered with an error."
    remedy = "Scan again later; if it stays, ask whoever runs the server."
    is_transient = True


class TimedOut(GitError):
    """It answers too slowly or not to the end."""

    code = "timeout"
    text = "The server took too long."
    remedy = "Scan again later; if the repository is very large, raise PLUMBLINE_GIT_TIMEOUT."
    is_transient = True


class CertificateInvalid(GitError):
    """No trusted TLS connection."""

    code = "certificate"
    text = "The server's certificate is not valid."
    remedy = "Renew the certificate, or add its authority to those that the worker trusts."


class HostKeyWrong(GitError):
    """Over SSH it answers with another key than the one that is known."""

    code = "host_key_wrong"
    text = "The server's SSH key is not the one that is known here."
    remedy = (
        "Ask whoever runs the server whether its key has changed; if so, correct "
        "PLUMBLINE_SSH_KNOWN_HOSTS."
    )


class Redirected(GitError):
    """It points elsewhere, and we do not follow."""

    code = "redirect"
    text = "The server redirects to another address, which is not followed."
    remedy = "Open the address in a browser and register the one that it leads to."


class AuthenticationRequired(GitError):
    """It asks for credentials and we have none."""

    code = "auth_required"
    text = (
        "The server asks for credentials; it may also do so for a repository that does not exist."
    )
    remedy = (
        "Check the address; for a private repository, give a token or SSH key that may read it."
    )


class AuthenticationFailed(GitError):
    """It refuses the credentials that we have."""

    code = "auth_failed"
    text = "The server refuses the credentials."
    remedy = "Give an access token or SSH key that is valid and may read this repository."


class SshKeyUnusable(GitError, Invalid):
    """What was given is no private key that can be used without anybody at the keyboard."""

    code = "ssh_key_invalid"
    text = "This is not a private SSH key."
    remedy = "Give the whole private key of a deploy key, made without a passphrase."
    status = HTTPStatus.BAD_REQUEST


class RepositoryNotFound(GitError):
    """The server knows no such repository."""

    code = "repository_not_found"
    text = "The server has no git repository at this address."
    remedy = (
        "Check the address; if the repository was renamed or deleted, change or remove it here."
    )


class RepositoryEmpty(GitError):
    """No commit yet."""

    code = "repository_empty"
    text = "The repository has no commit yet."
    remedy = "Push a first commit; it will be scanned then."


class BranchMissing(GitError):
    """The branch is not there."""

    code = "branch_missing"
    text = "The repository has no such branch."
    remedy = "Choose a branch that exists, or leave it blank for the default branch."


class CommitMissing(GitError):
    """The commit is not there, or not any more."""

    code = "commit_missing"
    text = "The repository does not have this commit any more."
    remedy = "Scan again: the branch has most likely been rewritten in the meantime."
    is_transient = True


class HistoryMissing(GitError):
    """The server gives commits, but not all since a date."""

    code = "history_missing"
    text = "The server does not give the history of the branch by date."
    remedy = (
        "Ask whoever runs the server for git 2.11 or newer; the newest commit is judged anyway."
    )


class TooLarge(GitError):
    """More bytes than we take."""

    code = "too_large"
    text = "The repository is larger than Plumbline accepts."
    remedy = "Raise PLUMBLINE_PACK_LIMIT_BYTES if a repository of this size is meant to be scanned."


class TooMuchMemory(GitError):
    """More memory than one command of git may have."""

    code = "too_much_memory"
    text = "Reading the repository takes more memory than git may have here."
    remedy = "Check that no enormous file or folder has been committed, then scan again."


class TooMuchOutput(GitError):
    """More words than were asked for."""

    code = "too_much_output"
    text = "git says more about this repository than Plumbline reads."
    remedy = "Report it with the address of the repository."


class TooManyRefs(GitError):
    """More branches and tags than we listen to."""

    code = "too_many_refs"
    text = "The server lists more branches and tags than Plumbline reads."
    remedy = "Delete old branches and tags, or name the branch to follow."


class ListingTooLong(GitError):
    """Names of files that together are longer than any honest ones."""

    code = "listing_too_long"
    text = "The paths of the commit's files are longer, all together, than Plumbline accepts."
    remedy = "Check that no generated tree has been committed."


class TooManyFiles(GitError):
    """More files than we read."""

    code = "too_many_files"
    text = "The commit has more files than Plumbline accepts."
    remedy = "Check that no generated tree has been committed."


class Corrupt(GitError):
    """The objects contradict themselves."""

    code = "corrupt"
    text = "The repository's objects are damaged or not acceptable."
    remedy = "Run git fsck on the repository and repair what it reports."


class TransferCut(GitError):
    """It stopped in the middle."""

    code = "transfer_cut"
    text = "The connection broke before everything had arrived."
    remedy = "Scan again; if it stays, ask whoever runs the server."
    is_transient = True


class DiskFull(GitError):
    """No room for it here."""

    code = "disk_full"
    text = "The worker's disk is full."
    remedy = "Free space where PLUMBLINE_VAR points; mirrors may be deleted at any time."
    is_transient = True
