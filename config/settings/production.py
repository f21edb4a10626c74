"""Settings for production: behind TLS, and refusing to start with anything left at a default."""

from django.core.exceptions import ImproperlyConfigured

from config.environment import strong_key
from config.settings.base import *  # noqa: F403
from config.settings.base import (
    JWT_SIGNING_KEY,
    SECRET_KEY,
    env,
)

if env.bool("DEBUG", default=False):
    message = "DEBUG is on. Unset it: production shows no tracebacks and no settings to visitors."
    raise ImproperlyConfigured(message)
DEBUG = False

strong_key("SECRET_KEY", SECRET_KEY)
strong_key("JWT_SIGNING_KEY", JWT_SIGNING_KEY)
if JWT_SIGNING_KEY == SECRET_KEY:
    message = "JWT_SIGNING_KEY equals SECRET_KEY. Set them to different random values."
    raise ImproperlyConfigured(message)

env.required("ALLOWED_HOSTS", "Set it to the host names of the service, separated by commas.")
env.required(
    "CSRF_TRUSTED_ORIGINS", "Set it to the origins of the pages, for instance https://example.org."
)
env.required(
    "EMAIL_URL",
    "Set it to smtp+tls://user:password@host:587, or consolemail:// to print mail to the log.",
)
env.required(
    "SITE_URL", "Set it to the address that people type, for instance https://example.org."
)

SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
# The container's own health check and Prometheus speak plain HTTP to the process.
SECURE_REDIRECT_EXEMPT = [r"^health/$", r"^metrics$"]
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
if env.bool("BEHIND_TLS_PROXY", default=False):
    # Only for a proxy that always sets this header itself; otherwise visitors could forge it.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

SESSION_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-session"
CSRF_COOKIE_SECURE = True
CSRF_COOKIE_NAME = "__Host-csrf"
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https"
