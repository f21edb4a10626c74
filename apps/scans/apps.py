"""Registers the app with Django."""

from django.apps import AppConfig


class ScansConfig(AppConfig):
    """The pipeline: from a hint that something changed to recorded results."""

    name = "apps.scans"

    def ready(self) -> None:
        """Listen to other apps."""
        from apps.scans import receivers  # noqa: F401
