"""A branch of a repository at its remote."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from apps.repositories.git.address import Address
from apps.repositories.git.command import GitCredential
from apps.repositories.git.remote import RemoteHead
from apps.repositories.git.tree import Tree
from apps.repositories.mirrors import MirrorInUse
from apps.repositories.models import Repository
from apps.repositories.remotes import remote_of


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch, by default the remote's own default branch, and how to reach it.

    Every method raises ``GitError`` if the remote cannot be reached or has no such branch.
    """

    address: Address
    credential: GitCredential | None
    name: str

    @classmethod
    def of(cls, repository: Repository, ref: str = "") -> Self:
        """A branch of a repository; the watched one if none is named."""
        return cls(*remote_of(repository), ref or repository.branch)

    def head(self, mirror: MirrorInUse) -> RemoteHead:
        """Ask the remote what the branch is now."""
        return mirror.mirror.ls_remote(self.address, self.name, self.credential)

    def fetch(
        self,
        mirror: MirrorInUse,
        ref: str,
        head: RemoteHead | None = None,
        *,
        since: datetime | None = None,
    ) -> Tree:
        """Fetch what the branch is, or was found to be, under a ref of the copy; with what came ``since`` then."""
        head = head or self.head(mirror)
        return mirror.fetch(self.address, head, ref, self.credential, since=since)

    def fetch_newest(self, mirror: MirrorInUse, ref: str) -> Tree:
        """Fetch what the branch turns out to be."""
        # To ask before fetching would be one more way to the host and back, while somebody waits.
        tree = mirror.fetch_newest(self.address, self.name, ref, self.credential)
        return tree or self.fetch(mirror, ref)
