"""Letting people without an account read a scorecard, and ending that."""

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.services import audit_record
from apps.repositories.models import Repository
from apps.repositories.selectors import repository_may_change
from apps.scorecards.models import SharedLink
from core.exceptions import Forbidden


@transaction.atomic
def scorecard_share(*, repository: Repository, actor: User) -> SharedLink:
    """Give a repository's scorecard a link that needs no account; the one that it has, if it has one.

    Raises:
        Forbidden: The installation shares nothing, or the actor may not change the repository.
    """
    _demand(repository, actor)
    if not settings.PLUMBLINE_PUBLIC_SCORECARDS:
        raise Forbidden(
            "Scorecards are not shared by this installation.",
            remedy="Whoever runs it can set PLUMBLINE_PUBLIC_SCORECARDS.",
        )
    try:
        with transaction.atomic():
            link = SharedLink.objects.create(repository=repository, created_by=actor)
    except IntegrityError:
        return SharedLink.objects.get(repository=repository, ended_at=None)
    audit_record(action="scorecard.share", target=f"repository:{repository.slug}", actor=actor)
    return link


@transaction.atomic
def scorecard_unshare(*, repository: Repository, actor: User) -> None:
    """End the link of a repository's scorecard; nobody can open it any more, and a new one is another.

    Raises:
        Forbidden: The actor may not change the repository.
    """
    _demand(repository, actor)
    ended = SharedLink.objects.filter(repository=repository, ended_at=None).update(
        ended_at=timezone.now()
    )
    if ended:
        audit_record(
            action="scorecard.unshare", target=f"repository:{repository.slug}", actor=actor
        )


def _demand(repository: Repository, actor: User) -> None:
    if not repository_may_change(user=actor, repository=repository):
        raise Forbidden(
            "Only an administrator, a lead of its team or whoever registered it shares a scorecard."
        )
