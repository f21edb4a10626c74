"""GitLab: the secret itself in a header, so the connection has to be https."""

import hmac
from collections.abc import Mapping

from apps.scans.providers.delivery import (
    Delivery,
    Occasion,
    identity_of,
    object_parse,
    push_parse,
)

_PUSHES = {"Push Hook", "System Hook"}


def signature_fits(headers: Mapping[str, str], body: bytes, secret: str) -> bool:
    """Whether GitLab knows the secret; the body is not signed."""
    given = headers.get("X-Gitlab-Token", "")
    return bool(secret) and hmac.compare_digest(given.encode(), secret.encode())


def delivery_parse(headers: Mapping[str, str], body: bytes) -> Delivery:
    """Read a delivery.

    Raises:
        Malformed: It has no id or event, or its body is not what GitLab documents.
    """
    delivery_id, event = identity_of(
        headers, "X-Gitlab-Event", "Idempotency-Key", "Webhook-Id", "X-Gitlab-Event-UUID"
    )
    if event not in _PUSHES:
        return Delivery(delivery_id, event, Occasion.OTHER)
    push = object_parse(body)
    if push.get("object_kind", "push") != "push":
        return Delivery(delivery_id, event, Occasion.OTHER)
    return push_parse(delivery_id, event, push, "project")
