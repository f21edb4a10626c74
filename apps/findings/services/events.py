"""The log of what happened to findings: kept for ever, except with its repository."""

from django.db import connection


def events_release(*, repository_id: int) -> None:
    """Let the trigger that guards events give up those of one repository, until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('plumbline.removed_repository', %s, true)", [str(repository_id)]
        )
