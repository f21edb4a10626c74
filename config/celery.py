"""The Celery application; `celery -A config` finds it through `config.celery_app`."""

import os

from celery import Celery
from celery.signals import setup_logging, worker_process_init

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


@worker_process_init.connect(dispatch_uid="config.celery.trace_worker_process")
def trace_worker_process(**_kwargs: object) -> None:
    """Start tracing in each pool process: exporter threads do not survive the fork."""
    from config.telemetry import configure

    configure()
