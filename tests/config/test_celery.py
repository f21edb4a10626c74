"""What the Celery application does around its worker processes."""

import gc

from celery.signals import worker_before_create_process

import config.celery  # noqa: F401  (connects)


def test_a_pool_process_starts_with_everything_imported_out_of_the_collector():
    before = gc.get_freeze_count()
    try:
        worker_before_create_process.send(sender=None)
        assert gc.get_freeze_count() > before
    finally:
        gc.unfreeze()
