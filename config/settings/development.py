"""Settings for one developer's machine: plain HTTP, readable logs."""

from config.log import logging_config
from config.settings.base import *  # noqa: F403
from config.settings.base import ALLOWED_HOSTS, STORAGES, env

DEBUG = env.bool("DEBUG", default=True)

ALLOWED_HOSTS = ALLOWED_HOSTS or ["localhost", "127.0.0.1", "[::1]"]

# Straight from the source folders: no collectstatic, no hashed names.
STORAGES = STORAGES | {
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
}
STATIC_ROOT = None
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG

PLUMBLINE_STYLEGUIDE = True

LOGGING = logging_config(level=env.str("LOG_LEVEL", default="INFO"), as_json=False)
