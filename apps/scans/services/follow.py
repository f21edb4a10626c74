"""Following a repository from the command line: known or new, it is scanned now."""

from django.db import transaction

from apps.accounts.models import User
from apps.repositories.selectors import repository_by_url
from apps.repositories.services import address_normalised, repository_register
from apps.scans.models import Scan, Trigger
from apps.scans.services.request import scan_request


@transaction.atomic
def repository_follow(*, url: str, actor: User | None = None, branch: str = "") -> Scan:
    """Register an address unless it is followed already, and ask for a scan of it.

    Paths on this machine are accepted: who may run commands here may read them anyway.

    Raises:
        Invalid: The address cannot be used.
        RepositoryDisabled: It is known, and scans of it are switched off.
    """
    address = address_normalised(url, allow_local=True)
    repository = repository_by_url(url=address, branch=branch)
    if repository is None:
        repository = repository_register(url=address, branch=branch, actor=actor, allow_local=True)
    return scan_request(repository=repository, trigger=Trigger.UP, requested_by=actor)
