"""What workers do with repositories."""

from celery import shared_task

from apps.repositories.mirrors import mirror_of


@shared_task(name="repositories.mirror_forget")
def mirror_forget(repository_id: int) -> None:
    """Delete this machine's copy of a repository that is followed no more."""
    mirror_of(repository_id).clear()
