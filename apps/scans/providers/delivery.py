"""What any host's delivery comes down to, and what hosts have in common."""

import enum
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import parse_qs

from core.exceptions import Invalid

HEADS = "refs/heads/"
_FORM = "application/x-www-form-urlencoded"
_ID_LIMIT = 200
_EVENT_LIMIT = 64


class Occasion(enum.Enum):
    """Why a host calls."""

    PING = "ping"
    PUSH = "push"
    OTHER = "other"


class Malformed(Invalid):
    """The signature is right, but the body is not what the host's documentation promises."""

    code = "malformed_delivery"
    text = "The delivery cannot be read."
    remedy = "Set the webhook's content type to application/json."


@dataclass(frozen=True, slots=True)
class Delivery:
    """One call of a host. What it says of the code is a hint: the remote is asked again.

    ``branches`` are those that were pushed to and still exist.
    """

    delivery_id: str
    event: str
    occasion: Occasion
    branches: tuple[str, ...] = ()
    default_branch: str = ""


class Provider(Protocol):
    """What a module about a host offers."""

    def signature_fits(self, headers: Mapping[str, str], body: bytes, secret: str) -> bool:
        """Whether the host signed exactly this body with this secret, compared in constant time."""

    def delivery_parse(self, headers: Mapping[str, str], body: bytes) -> Delivery:
        """Read a delivery whose signature fits; raises Malformed."""


def hmac_fits(given: str, body: bytes, secret: str) -> bool:
    """Whether this is the hex HMAC-SHA256 of the body; an empty secret fits nothing."""
    if not secret or not given or not given.isascii():
        return False
    expected = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(given, expected)


def identity_of(headers: Mapping[str, str], event_name: str, *id_names: str) -> tuple[str, str]:
    """The delivery's id, from the first of these headers that is there, and its event.

    Raises:
        Malformed: One of them is missing.
    """
    event = headers.get(event_name, "")[:_EVENT_LIMIT]
    delivery_id = next((headers[name] for name in id_names if headers.get(name)), "")[:_ID_LIMIT]
    if not event or not delivery_id:
        raise Malformed
    return delivery_id, event


def payload_of(headers: Mapping[str, str], body: bytes) -> bytes:
    """The JSON of a body, which may be a form with one field.

    Raises:
        Malformed: It is a form without that field.
    """
    if not headers.get("Content-Type", "").startswith(_FORM):
        return body
    try:
        return parse_qs(body.decode("ascii"), strict_parsing=True)["payload"][0].encode()
    except (KeyError, ValueError) as error:
        raise Malformed from error


def object_parse(body: bytes) -> dict[str, Any]:
    """Read a JSON object.

    Raises:
        Malformed: It is none, or nested too deeply.
    """
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Malformed from error
    if not isinstance(parsed, dict):
        raise Malformed
    return parsed


def text_at(document: object, *path: str) -> str:
    """The text at a path of keys; blank where there is nothing.

    Raises:
        Malformed: There is something else.
    """
    for key in path:
        if document is None:
            return ""
        if not isinstance(document, dict):
            raise Malformed
        document = document.get(key)
    if document is None:
        return ""
    if not isinstance(document, str):
        raise Malformed
    return document


def push_parse(delivery_id: str, event: str, push: dict[str, Any], *owner: str) -> Delivery:
    """Read a push as most hosts spell it: ``ref``, ``after``, and the owner's default branch.

    Raises:
        Malformed: It is spelt otherwise.
    """
    ref, after = text_at(push, "ref"), text_at(push, "after")
    if not ref:
        raise Malformed
    if not ref.startswith(HEADS):
        return Delivery(delivery_id, event, Occasion.OTHER)  # A tag.
    deleted = push.get("deleted") is True or (after != "" and not after.strip("0"))
    return Delivery(
        delivery_id,
        event,
        Occasion.PUSH,
        branches=() if deleted else (ref.removeprefix(HEADS),),
        default_branch=text_at(push, *owner, "default_branch"),
    )
