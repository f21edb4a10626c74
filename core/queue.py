"""Telling the workers to look. A hint only: what is to be done stands in the database."""

from celery import current_app

from django.db import transaction


def enqueue_on_commit(task: str, *args: int, queue: str) -> None:
    """Send a task by name once the transaction is committed.

    A broker that is down is logged and forgiven; the reconciler sends the hint again.
    """
    transaction.on_commit(
        lambda: current_app.send_task(task, args=args, queue=queue, ignore_result=True),
        robust=True,
    )
