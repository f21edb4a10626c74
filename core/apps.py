"""Django's registration of what the apps share."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    """Base models, template tags and the `up` command."""

    name = "core"
