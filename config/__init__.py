"""Configuration of the service: settings, URLs, entry points."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
