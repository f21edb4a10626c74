"""Registers the app with Django."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Who: people, their API tokens, and the record of what they did."""

    name = "apps.accounts"

    def ready(self) -> None:
        """Teach the API's schema about our tokens."""
        from apps.accounts import openapi  # noqa: F401
