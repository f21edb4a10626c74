"""Registers the app with Django."""

from django.apps import AppConfig


class ScorecardsConfig(AppConfig):
    """What it adds up to: snapshots, trends, and the figures that pages show."""

    name = "apps.scorecards"

    def ready(self) -> None:
        """Listen to other apps."""
        from apps.scorecards import receivers  # noqa: F401
