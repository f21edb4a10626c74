"""Giving many repositories to a team, or a tag to each of them."""

from collections.abc import Collection

from django.db import transaction
from django.db.models import QuerySet

from apps.accounts.models import Team, User
from apps.repositories.models import Repository
from apps.repositories.services import repository_update, tags_normalised

REGROUPED_AT_ONCE = 500


@transaction.atomic
def repositories_regroup(
    *,
    repositories: QuerySet[Repository],
    team: Team | str | None = "",
    add_tags: Collection[str] = (),
    actor: User | None = None,
) -> int:
    """Put repositories into a team, and add tags to those that they have.

    Args:
        repositories: Those that the actor may change; at most `REGROUPED_AT_ONCE` of them, by name.
        team: Whose they are from now on; None takes them away from their teams, blank leaves them.
        add_tags: Tags that each shall have.
        actor: Who does it.

    Returns:
        How many it was done to.

    Raises:
        Invalid: A tag cannot be used, or a repository would have too many.
    """
    wanted = tags_normalised(add_tags)
    held = (
        repositories.order_by("name", "id")
        .select_related("team")
        .select_for_update(of=["self"])[:REGROUPED_AT_ONCE]
    )
    done = 0
    for repository in held:
        tags = [*repository.tags, *wanted] if wanted else None
        repository_update(repository=repository, team=team, tags=tags, actor=actor)
        done += 1
    return done
