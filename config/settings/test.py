"""Settings for the tests: the run's own servers, throw-away secrets, nothing from the machine."""

import os
import tempfile

from core.runtime.addresses import Addresses

# One folder for the whole run; pytest-xdist's workers inherit the name from the process that
# started them, so all of them reach the same servers.
_run_folder = os.environ.setdefault(
    "PLUMBLINE_TEST_RUN", f"{tempfile.gettempdir()}/plumbline-test-{os.getuid()}-{os.getpid()}"
)
_addresses = Addresses.under(_run_folder)
_worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
_number = int(_worker.removeprefix("gw") or 0)

os.environ.update(
    {
        "SECRET_KEY": "test-only-key-0123456789-abcdefghijklmnopqrstuvwxyz-0123456789",
        "JWT_SIGNING_KEY": "test-only-jwt-0123456789-abcdefghijklmnopqrstuvwxyz-0123456789",
        "FIELD_ENCRYPTION_KEYS": "dGVzdC1vbmx5LWZpZWxkLWVuY3J5cHRpb24ta2V5LTE=",
        "DATABASE_URL": _addresses.database_url(f"plumbline_{_worker}"),
        # A pool would keep connections that the tests must be able to close.
        "DATABASE_POOL_SIZE": "0",
        "REDIS_URL": _addresses.redis_url(2 * _number),
        "CACHE_URL": _addresses.redis_url(2 * _number + 1),
        "ALLOWED_HOSTS": "localhost,127.0.0.1,testserver",
        "CSRF_TRUSTED_ORIGINS": "",
        "EMAIL_URL": "memorymail://",
        "PLUMBLINE_BACKFILL_MONTHS": "0",
        "PLUMBLINE_VAR": f"{_run_folder}/var-{_worker}",
        "PLUMBLINE_ALLOW_LOCAL_REPOSITORIES": os.environ.get(
            "PLUMBLINE_ALLOW_LOCAL_REPOSITORIES", "0"
        ),
    }
)
os.environ.pop("SENTRY_DSN", None)

from config.settings.base import *  # noqa: E402, F403
from config.settings.base import DATABASES, STORAGES  # noqa: E402

# The name is final: tests/conftest.py makes it from a migrated template.
DATABASES["default"]["TEST"] = {"NAME": DATABASES["default"]["NAME"]}
STORAGES = STORAGES | {
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
}
PLUMBLINE_STYLEGUIDE = True
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
