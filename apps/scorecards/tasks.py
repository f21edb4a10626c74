"""Work on scorecards that no request waits for."""

from celery import shared_task

from apps.scorecards.services import policies_apply, policy_apply


@shared_task(name="scorecards.apply_policy")
def apply_policy(repository_id: int) -> None:
    """Bring one repository's figures in line with the policy that holds for it."""
    policy_apply(repository_id=repository_id)


@shared_task(name="scorecards.apply_policies")
def apply_policies() -> None:
    """Bring everybody's figures in line with the policies in force; those that are already cost a look."""
    policies_apply()
