"""GitHub: HMAC-SHA256 over the raw body, the event and the delivery's id in headers."""

from collections.abc import Mapping

from apps.scans.providers.delivery import (
    Delivery,
    Occasion,
    hmac_fits,
    identity_of,
    object_parse,
    payload_of,
    push_parse,
)

_SCHEME = "sha256="


def signature_fits(headers: Mapping[str, str], body: bytes, secret: str) -> bool:
    """Whether GitHub signed this body; its older SHA-1 signature is not looked at."""
    scheme, mark, given = headers.get("X-Hub-Signature-256", "").partition("=")
    return f"{scheme}{mark}" == _SCHEME and hmac_fits(given, body, secret)


def delivery_parse(headers: Mapping[str, str], body: bytes) -> Delivery:
    """Read a delivery.

    Raises:
        Malformed: It has no id or event, or its body is not what GitHub documents.
    """
    delivery_id, event = identity_of(headers, "X-GitHub-Event", "X-GitHub-Delivery")
    if event == "ping":
        return Delivery(delivery_id, event, Occasion.PING)
    if event != "push":
        return Delivery(delivery_id, event, Occasion.OTHER)
    push = object_parse(payload_of(headers, body))
    return push_parse(delivery_id, event, push, "repository")
