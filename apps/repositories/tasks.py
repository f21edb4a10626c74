"""What workers do with repositories."""

from celery import shared_task

from apps.repositories.services import mirror_forget as copy_forget
from apps.repositories.services import mirrors_tidy as copies_tidy


@shared_task(name="repositories.mirror_forget")
def mirror_forget(repository_id: int) -> None:
    """Delete this machine's copy of a repository that is followed no more."""
    copy_forget(repository_id=repository_id)


@shared_task(name="repositories.mirrors_tidy")
def mirrors_tidy() -> None:
    """Keep this machine's copies in order; each scan does so too, on its own machine."""
    copies_tidy()
