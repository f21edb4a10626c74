"""Registers the app with Django."""

from django.apps import AppConfig


class FindingsConfig(AppConfig):
    """What is wrong, over time."""

    name = "apps.findings"

    def ready(self) -> None:
        """Listen to other apps."""
        from apps.findings import receivers  # noqa: F401
