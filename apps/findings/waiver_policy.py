"""How long a waiver may hold: the one place to ask."""

from datetime import date, timedelta

from django.conf import settings

from apps.repositories.models import Repository
from apps.rulebook.policies import group_of
from apps.rulebook.selectors import waiver_days


def waiver_last_day(*, repository: Repository, today: date) -> date:
    """The last day to which a waiver that is approved today may hold in a repository."""
    days: int = waiver_days(group=group_of(repository)) or settings.PLUMBLINE_WAIVER_DAYS
    return today + timedelta(days=days)
