"""ASGI entry point."""

import os

from django.core.asgi import get_asgi_application

from config.memory import views_keep
from config.telemetry import configure

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")
configure()

application = get_asgi_application()
views_keep()
