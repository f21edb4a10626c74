"""The Celery application; `celery -A config` finds it through `config.celery_app`."""

import logging
import os
import time

from celery import Celery
from celery.signals import (
    heartbeat_sent,
    setup_logging,
    worker_before_create_process,
    worker_process_init,
    worker_process_shutdown,
    worker_ready,
)

from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.development")

app = Celery("plumbline")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect(dispatch_uid="config.celery.keep_django_logging")
def keep_django_logging(**_kwargs: object) -> None:
    """Let worker and beat log through the LOGGING setting, with its masking of secrets."""
    from logging.config import dictConfig

    dictConfig(settings.LOGGING)


CHECK_SECONDS = 3600.0
_checked = float("-inf")


@worker_ready.connect(dispatch_uid="config.celery.check_the_machine_at_the_start")
@heartbeat_sent.connect(dispatch_uid="config.celery.check_the_machine_again")
def check_the_machine(**_kwargs: object) -> None:
    """Try the sandbox of this machine when the worker starts and then every hour; no failure stops the worker."""
    global _checked
    now = time.monotonic()
    if now < _checked + CHECK_SECONDS:
        return
    _checked = now

    from django.db import Error, connection

    from apps.scans.services import worker_check_note

    try:
        worker_check_note()
    except Error:
        logging.getLogger(__name__).exception("what this worker found was not written down")
    finally:
        connection.close()


@worker_before_create_process.connect(dispatch_uid="config.celery.leave_the_code_alone")
def leave_the_code_alone(**_kwargs: object) -> None:
    """Keep what is imported out of the collector of the pool processes, which inherit that."""
    from config.memory import imports_keep

    imports_keep()


@worker_process_init.connect(dispatch_uid="config.celery.trace_worker_process")
def trace_worker_process(**_kwargs: object) -> None:
    """Start tracing in each pool process: exporter threads do not survive the fork."""
    from config.telemetry import configure

    configure()


@worker_process_shutdown.connect(dispatch_uid="config.celery.end_sandboxes")
def end_sandboxes(**_kwargs: object) -> None:
    """End the processes of sandboxes that wait for the next scan: a pool process leaves without saying goodbye."""
    from plumbline.sandbox.shelf import nurseries_close

    nurseries_close()
