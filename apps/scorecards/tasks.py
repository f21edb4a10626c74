"""Work on scorecards that no request waits for."""

from celery import shared_task

from apps.scorecards.services import (
    days_review,
    days_settle,
    policies_apply,
    policies_apply_to,
)
from apps.scorecards.services.campaigns import campaigns_count
from apps.scorecards.services.digests import digest_send, digests_begin


@shared_task(name="scorecards.apply_policy")
def apply_policy(*repository_ids: int) -> None:
    """Bring some repositories' figures in line with the policies that hold for them."""
    policies_apply_to(repository_ids=repository_ids)


@shared_task(name="scorecards.apply_policies")
def apply_policies() -> None:
    """Look whose figures are not in line with the policies in force, and have them brought in line."""
    policies_apply()


@shared_task(name="scorecards.campaigns_count")
def campaigns_count_task(repository_id: int | None = None) -> None:
    """Count the running campaigns anew: in one repository when it was judged, in all by the clock."""
    campaigns_count(repository_id=repository_id)


@shared_task(name="scorecards.settle_days")
def settle_days() -> None:
    """Add up the days that are due."""
    days_settle()


@shared_task(name="scorecards.review_days")
def review_days() -> None:
    """Find what changed its team without saying so, and add up again what is due for it."""
    days_review()
    days_settle()


@shared_task(name="scorecards.digests_begin")
def digests_begin_task() -> None:
    """Put the digests of the last week together, and have those sent that wait."""
    digests_begin()


@shared_task(name="scorecards.digest_send")
def digest_send_task(digest_id: int) -> None:
    """Send a team's digest to those who want it and did not get it yet."""
    digest_send(digest_id=digest_id)
