"""Counting requests of one kind in a window of time."""

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest


def pace_exceeded(key: str, *, limit: int, seconds: int) -> bool:
    """Count one more under a key; True beyond the limit. Without a cache nothing is refused."""
    name = f"pace:{key}"
    if cache.add(name, 1, timeout=seconds):
        return False
    try:
        count = cache.incr(name)
    except ValueError:  # It expired in between.
        return False
    return bool(count) and count > limit


def pace_spent(key: str, *, limit: int) -> bool:
    """Whether so many were counted under a key already, without counting one more."""
    count = cache.get(f"pace:{key}")
    return bool(count) and count >= limit


def client_address(request: HttpRequest) -> str:
    """The address of the client, as far as the trusted proxies in front of us vouch for it."""
    proxies: int = settings.TRUSTED_PROXY_COUNT
    forwarded = request.headers.get("X-Forwarded-For", "").split(",")
    if proxies and len(forwarded) >= proxies and forwarded[-proxies].strip():
        return forwarded[-proxies].strip()
    return str(request.META.get("REMOTE_ADDR", ""))
