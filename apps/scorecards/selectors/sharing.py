"""Reading shared links."""

from uuid import UUID

from django.conf import settings

from apps.repositories.models import Repository
from apps.scorecards.models import SharedLink
from apps.scorecards.selectors.repository import Scorecard, scorecard_of
from apps.scorecards.sharing import shared_key_fits
from core.exceptions import NotFound


def shared_link_of(repository: Repository) -> SharedLink | None:
    """The link under which a repository's scorecard is shared now; None if it is not, or if sharing is off."""
    if not settings.PLUMBLINE_PUBLIC_SCORECARDS:
        return None
    return (
        SharedLink.objects.filter(repository=repository, ended_at=None)
        .select_related("created_by")
        .first()
    )


def shared_scorecard(*, public_id: UUID, key: str) -> Scorecard:
    """The scorecard that a link leads to.

    Raises:
        NotFound: There is no such link, it was ended, or sharing is off: nobody can tell which.
    """
    link = None
    if settings.PLUMBLINE_PUBLIC_SCORECARDS:
        link = (
            SharedLink.objects.filter(public_id=public_id, ended_at=None)
            .select_related("repository__team")
            .first()
        )
    if link is None or not shared_key_fits(link, key):
        raise NotFound("There is no such page.")
    return scorecard_of(link.repository)
