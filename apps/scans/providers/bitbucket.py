"""Bitbucket Cloud: SHA-256 in the header that elsewhere holds SHA-1, several branches per push."""

from collections.abc import Mapping
from typing import Any

from apps.scans.providers.delivery import (
    Delivery,
    Malformed,
    Occasion,
    hmac_fits,
    identity_of,
    object_parse,
    text_at,
)

_SCHEME = "sha256="


def signature_fits(headers: Mapping[str, str], body: bytes, secret: str) -> bool:
    """Whether Bitbucket signed this body."""
    scheme, mark, given = headers.get("X-Hub-Signature", "").partition("=")
    return f"{scheme}{mark}" == _SCHEME and hmac_fits(given, body, secret)


def delivery_parse(headers: Mapping[str, str], body: bytes) -> Delivery:
    """Read a delivery.

    Raises:
        Malformed: It has no id or event, or its body is not what Bitbucket documents.
    """
    delivery_id, event = identity_of(headers, "X-Event-Key", "X-Request-UUID")
    if event == "diagnostics:ping":
        return Delivery(delivery_id, event, Occasion.PING)
    if event != "repo:push":
        return Delivery(delivery_id, event, Occasion.OTHER)
    document = object_parse(body)
    push = document.get("push")
    changes = push.get("changes") if isinstance(push, dict) else None
    if not isinstance(changes, list):
        raise Malformed
    return Delivery(
        delivery_id,
        event,
        Occasion.PUSH,
        branches=tuple(name for change in changes if (name := _branch(change))),
        default_branch=text_at(document, "repository", "mainbranch", "name"),
    )


def _branch(change: Any) -> str:  # noqa: ANN401 - whatever was sent
    """The branch that a change made or moved; blank for a tag and for one that is gone."""
    return text_at(change, "new", "name") if text_at(change, "new", "type") == "branch" else ""
