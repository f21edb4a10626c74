"""How a registered repository is reached: its address, and its key opened."""

from typing import NamedTuple

from django.conf import settings

from apps.repositories.git.address import Address, address_parse
from apps.repositories.git.command import GitCredential
from apps.repositories.models import Repository
from apps.repositories.selectors import credential_open


class Remote(NamedTuple):
    """Where a repository is fetched from, and as whom. Never stored or logged."""

    address: Address
    credential: GitCredential | None


def remote_of(repository: Repository) -> Remote:
    """How a repository is reached.

    Raises:
        AddressRefused: we do not connect to its address any more.
    """
    local = settings.PLUMBLINE_ALLOW_LOCAL_REPOSITORIES
    address = address_parse(repository.url, allow_local=local)
    opened = credential_open(repository)
    return Remote(address, GitCredential(*opened) if opened else None)
