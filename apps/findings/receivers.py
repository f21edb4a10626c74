"""What findings do when something else goes."""

from django.db.models.signals import pre_delete
from django.dispatch import receiver

from apps.findings.services import events_release
from apps.repositories.models import Repository


@receiver(pre_delete, sender=Repository, dispatch_uid="findings.events_release")
def events_on_repository_delete(instance: Repository, **_kwargs: object) -> None:
    """Let the events of a repository go with it."""
    events_release(repository_id=instance.pk)
