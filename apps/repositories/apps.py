"""Registers the app with Django."""

from django.apps import AppConfig


class RepositoriesConfig(AppConfig):
    """What we watch and how we get it."""

    name = "apps.repositories"
