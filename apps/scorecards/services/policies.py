"""Bringing figures in line with the policies in force, from results that are stored already."""

from collections.abc import Collection
from itertools import batched
from typing import Any

import msgspec

from django.db import transaction

from apps.rulebook.policies import Group, PolicyBook, group_of
from apps.rulebook.selectors import policy_book
from apps.scorecards.models import Occasion, Sheet, Snapshot
from apps.scorecards.services.snapshots import snapshot_take_again
from core.queue import enqueue_on_commit

# A fraction of a second of a worker.
APPLIED_AT_ONCE = 20


def policy_apply(*, repository_id: int, book: PolicyBook | None = None) -> Snapshot | None:
    """Bring a repository's figures in line with the policy that holds for it now, from its stored results.

    Returns:
        The snapshot of the new figures; None if there is nothing to bring in line.
    """
    book = book or policy_book()
    with transaction.atomic():
        sheet = (
            Sheet.objects.select_for_update(of=["self"])
            .select_related("scan", "repository__team")
            .filter(repository_id=repository_id)
            .first()
        )
        if sheet is None:
            return None
        policy = book.policy(group_of(sheet.repository))
        if msgspec.to_builtins(policy) == sheet.policy:
            return None
        return snapshot_take_again(scan=sheet.scan, occasion=Occasion.POLICY)


def policies_apply() -> int:
    """Ask for every repository's figures to be brought in line with the policy that holds for it now.

    That is done by workers, some repositories at a time, so that nobody's scan stands behind a whole fleet.

    Returns:
        How many repositories are out of line.
    """
    book = policy_book()
    rows = Sheet.objects.order_by("repository_id").values_list(
        *("repository_id", "policy", "repository__team_id", "repository__team__parent_id"),
        "repository__tags",
    )
    told: dict[Group, dict[str, Any]] = {}
    stale = []
    for repository_id, policy, team_id, parent_id, tags in rows.iterator(chunk_size=1000):
        group = Group(team_id, parent_id, tuple(tags))
        if group not in told:
            told[group] = msgspec.to_builtins(book.policy(group))
        if policy != told[group]:
            stale.append(repository_id)
    for some in batched(stale, APPLIED_AT_ONCE, strict=False):
        enqueue_on_commit("scorecards.apply_policy", *some, queue="quick")
    return len(stale)


def policies_apply_to(*, repository_ids: Collection[int]) -> int:
    """Bring some repositories' figures in line, each in a transaction of its own; how many changed."""
    book = policy_book()
    return sum(
        policy_apply(repository_id=repository_id, book=book) is not None
        for repository_id in repository_ids
    )
