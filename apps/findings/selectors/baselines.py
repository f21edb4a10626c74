"""Reading baselines: from when on what comes with the code is new."""

from datetime import datetime

from apps.accounts.selectors import Person, team_may_change
from apps.findings.models import Judgement
from apps.findings.selectors.waivers import DECIDE
from apps.repositories.models import Repository
from apps.repositories.selectors import repository_get
from core.exceptions import Forbidden


def baseline_of(repository: Repository) -> datetime | None:
    """The baseline of a repository; None stands for its first judgement."""
    rows = Judgement.objects.filter(repository=repository)
    return rows.values_list("baseline_at", flat=True).first()


def baseline_may_move(*, user: Person, repository: Repository) -> bool:
    """Whether the user may move a baseline: who may decide waivers, since both forgive."""
    if not user.is_active:
        return False
    if user.is_staff or user.has_perm(DECIDE):
        return True
    return repository.team is not None and team_may_change(user=user, team=repository.team)


def repository_get_for_baseline(*, user: Person, slug: str) -> Repository:
    """One repository whose baseline the user may move.

    Raises:
        NotFound: There is none, or the user may not see it.
        Forbidden: The user may not move its baseline.
    """
    repository = repository_get(user=user, slug=slug)
    if not baseline_may_move(user=user, repository=repository):
        raise Forbidden("Only an administrator or a lead of its team may move a baseline.")
    return repository
