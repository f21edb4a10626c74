"""Telling the workers to look. A hint only: what is to be done stands in the database."""

import functools
import logging
import os
import threading
from concurrent.futures import ThreadPoolExecutor

from celery import current_app

from django.db import transaction

logger = logging.getLogger(__name__)

_PENDING = 1000
_room = threading.BoundedSemaphore(_PENDING)


def enqueue_on_commit(task: str, *args: int, queue: str) -> None:
    """Send a task by name once the transaction is committed.

    The caller does not wait for the broker. One that is down is logged and forgiven; the
    reconciler sends the hint again.
    """
    transaction.on_commit(lambda: announce(task, args, queue), robust=True)


def announce(task: str, args: tuple[int, ...], queue: str) -> None:
    """Send a task from a thread that waits for the broker in our place."""
    if not _room.acquire(blocking=False):
        logger.warning("too many hints wait for the broker", extra={"task": task})
        return
    _sender(os.getpid()).submit(_send, task, args, queue)


@functools.cache
def _sender(_process: int) -> ThreadPoolExecutor:
    """The thread that sends; one for each process, since a fork leaves threads behind."""
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="announce")


def _send(task: str, args: tuple[int, ...], queue: str) -> None:
    try:
        current_app.send_task(task, args=args, queue=queue, ignore_result=True)
    except Exception as error:
        # Whatever the broker's client raises, the database still knows.
        logger.warning("a hint was not sent", extra={"task": task, "error": type(error).__name__})
    finally:
        _room.release()
