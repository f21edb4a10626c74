"""A branch as its remote has it now."""

from dataclasses import dataclass
from typing import Self

from apps.repositories.git.address import Address
from apps.repositories.git.command import GitCredential
from apps.repositories.git.remote import RemoteHead
from apps.repositories.mirrors import mirror_store
from apps.repositories.models import Repository
from apps.repositories.remotes import remote_of


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch as the remote has it now, and how to fetch it."""

    address: Address
    credential: GitCredential | None
    head: RemoteHead

    @classmethod
    def of(cls, repository: Repository, ref: str = "") -> Self:
        """Ask the remote; by default about the watched branch.

        Raises:
            GitError: It cannot be reached or has no such branch.
        """
        address, credential = remote_of(repository)
        mirror = mirror_store().mirror(repository.pk)
        head = mirror.ls_remote(address, ref or repository.branch, credential)
        return cls(address, credential, head)
