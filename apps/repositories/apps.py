"""Registers the app with Django."""

from django.apps import AppConfig


class RepositoriesConfig(AppConfig):
    """What we watch and how we get it."""

    name = "apps.repositories"

    def ready(self) -> None:
        """Check the settings."""
        from apps.repositories import checks  # noqa: F401
