"""GitHub: HMAC-SHA256 over the raw body, the event and the delivery's id in headers."""

import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import parse_qs

from apps.scans.providers.delivery import Delivery, Malformed, Occasion, object_parse

_SCHEME = "sha256="
_HEADS = "refs/heads/"
_FORM = "application/x-www-form-urlencoded"
_ID_LIMIT = 200
_EVENT_LIMIT = 64


def signature_fits(headers: Mapping[str, str], body: bytes, secret: str) -> bool:
    """Whether GitHub signed this body; an empty secret or signature never fits."""
    given = headers.get("X-Hub-Signature-256", "")
    if not secret or not given.startswith(_SCHEME) or not given.isascii():
        return False
    expected = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(given.removeprefix(_SCHEME), expected)


def delivery_parse(headers: Mapping[str, str], body: bytes) -> Delivery:
    """Read a delivery.

    Raises:
        Malformed: It has no id, or its body is not a JSON object with text in the usual places.
    """
    event = headers.get("X-GitHub-Event", "")[:_EVENT_LIMIT]
    delivery_id = headers.get("X-GitHub-Delivery", "")[:_ID_LIMIT]
    if not delivery_id or not event:
        raise Malformed
    if event == "ping":
        return Delivery(delivery_id, event, Occasion.PING)
    if event != "push":
        return Delivery(delivery_id, event, Occasion.OTHER)
    push = object_parse(_payload(headers, body))
    ref, after = push.get("ref"), push.get("after", "")
    repository = push.get("repository")
    default = repository.get("default_branch", "") if isinstance(repository, dict) else ""
    if not isinstance(ref, str) or not isinstance(after, str) or not isinstance(default, str):
        raise Malformed
    if not ref.startswith(_HEADS):
        return Delivery(delivery_id, event, Occasion.OTHER)  # A tag.
    return Delivery(
        delivery_id,
        event,
        Occasion.PUSH,
        branch=ref.removeprefix(_HEADS),
        default_branch=default,
        deleted=push.get("deleted") is True or (after != "" and not after.strip("0")),
    )


def _payload(headers: Mapping[str, str], body: bytes) -> bytes:
    if not headers.get("Content-Type", "").startswith(_FORM):
        return body
    try:
        return parse_qs(body.decode("ascii"), strict_parsing=True)["payload"][0].encode()
    except (KeyError, ValueError) as error:
        raise Malformed from error
