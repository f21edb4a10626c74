"""Registers the app with Django."""

from django.apps import AppConfig


class RulebookConfig(AppConfig):
    """The guide and its rules, straight from the engine's registry."""

    name = "apps.rulebook"
