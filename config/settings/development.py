"""Settings for one developer's machine: plain HTTP, readable logs."""

from config.log import logging_config
from config.settings.base import *  # noqa: F403
from config.settings.base import ALLOWED_HOSTS, STORAGES, env

DEBUG = env.bool("DEBUG", default=True)

ALLOWED_HOSTS = ALLOWED_HOSTS or ["localhost", "127.0.0.1", "[::1]"]

if DEBUG:
    STORAGES = STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
    WHITENOISE_USE_FINDERS = True
    WHITENOISE_AUTOREFRESH = True
else:
    # Hashed names as in production, without the minutes that compression takes.
    STORAGES = STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"}
    }

LOGGING = logging_config(level=env.str("LOG_LEVEL", default="INFO"), as_json=False)
