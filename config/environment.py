"""Reads settings from the environment, and says what is missing in words that help."""

import base64
import binascii
import math
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import environ
from psycopg.conninfo import conninfo_to_dict

from django.core.exceptions import ImproperlyConfigured

MINIMUM_KEY_LENGTH = 50
MINIMUM_DISTINCT_CHARACTERS = 10
FERNET_KEY_BYTES = 32
PLACEHOLDERS = ("django-insecure-", "change-me", "changeme", "secret", "insecure")


class Environment(environ.FileAwareEnv):  # type: ignore[misc]  # django-environ has no types
    """The process environment; `NAME_FILE` may point at a file that holds `NAME`."""

    def required(self, name: str, remedy: str) -> str:
        """Give a variable that has no sensible default.

        Raises:
            ImproperlyConfigured: It is unset or blank; the message names it and ends in `remedy`.
        """
        # Not self(name): django-environ would follow a key that happens to begin with "$".
        value = str(self.ENVIRON.get(name) or "").strip()
        if not value:
            message = f"The environment variable {name} is not set. {remedy}"
            raise ImproperlyConfigured(message)
        return value

    def seconds(self, name: str, *, default: float, least: float, most: float) -> float:
        """Give a time in seconds.

        Raises:
            ImproperlyConfigured: It is not a number, or outside of its bounds.
        """
        try:
            value: float = self.float(name, default=default)
        except ValueError:
            value = math.nan
        if not least <= value <= most:
            message = f"{name} is not a time. Set it to {least:g} to {most:g} seconds."
            raise ImproperlyConfigured(message)
        return value


def database_from_url(url: str) -> dict[str, Any]:
    """Turn a libpq URL (TCP or Unix socket) into NAME, USER, PASSWORD, HOST, PORT and OPTIONS."""
    try:
        parameters = dict(conninfo_to_dict(url))
    except Exception as error:
        message = (
            "DATABASE_URL is not a PostgreSQL address. Set it to something like "
            "postgresql://user:password@host:5432/plumbline."
        )
        raise ImproperlyConfigured(message) from error
    return {
        "NAME": parameters.pop("dbname", "plumbline"),
        "USER": parameters.pop("user", ""),
        "PASSWORD": parameters.pop("password", ""),
        "HOST": parameters.pop("host", ""),
        "PORT": str(parameters.pop("port", "") or ""),
        "OPTIONS": parameters,
    }


def redis_database(url: str, number: int) -> str:
    """Give the address of another database of the same server."""
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return f"unix://{parts.netloc}{parts.path}?db={number}"
    return urlunsplit((parts.scheme, parts.netloc, f"/{number}", parts.query, ""))


def broker_from_redis(url: str) -> str:
    """Spell a redis-py address as Celery does: only Unix sockets are written differently."""
    parts = urlsplit(url)
    if parts.scheme != "unix":
        return url
    number = parts.query.partition("db=")[2] or "0"
    return f"redis+socket://{parts.netloc}{parts.path}?virtual_host={number}"


def mailer_from_url(parsed: Mapping[str, Any]) -> dict[str, Any]:
    """Turn what `env.email_url` gives into one entry of MAILERS."""
    backend = parsed["EMAIL_BACKEND"]
    if not backend.endswith("smtp.EmailBackend"):
        folder = parsed.get("EMAIL_FILE_PATH")
        options = {"file_path": folder} if folder and "filebased" in backend else {}
        return {"BACKEND": backend, "OPTIONS": options}
    return {
        "BACKEND": backend,
        "OPTIONS": {
            "host": parsed["EMAIL_HOST"],
            "port": parsed["EMAIL_PORT"] or 25,
            "username": parsed.get("EMAIL_HOST_USER") or "",
            "password": parsed.get("EMAIL_HOST_PASSWORD") or "",
            "use_tls": bool(parsed.get("EMAIL_USE_TLS")),
            "use_ssl": bool(parsed.get("EMAIL_USE_SSL")),
            "timeout": 10,
        },
    }


def encryption_keys(keys: list[str]) -> list[str]:
    """Check that each key is a Fernet key: 32 bytes in URL-safe base64."""
    for position, key in enumerate(keys, start=1):
        try:
            length = len(base64.urlsafe_b64decode(key))
        except (binascii.Error, ValueError):
            length = 0
        if length != FERNET_KEY_BYTES:
            message = (
                f"Key {position} of FIELD_ENCRYPTION_KEYS is not a Fernet key. Make one with "
                "`openssl rand -base64 32 | tr '+/' '-_'`."
            )
            raise ImproperlyConfigured(message)
    return keys


def strong_key(name: str, value: str) -> str:
    """Refuse a key that was left at a default or is too short to sign with.

    Raises:
        ImproperlyConfigured: The key is a placeholder, or has fewer than 50 characters.
    """
    weak = (
        len(value) < MINIMUM_KEY_LENGTH
        or len(set(value)) < MINIMUM_DISTINCT_CHARACTERS
        or value.lower().startswith(PLACEHOLDERS)
    )
    if weak:
        message = (
            f"{name} is a default or too short for production. Set it to at least "
            f"{MINIMUM_KEY_LENGTH} random characters, for instance from `openssl rand -base64 48`."
        )
        raise ImproperlyConfigured(message)
    return value
