"""What any host's delivery comes down to."""

import enum
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from core.exceptions import Invalid


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
    """One call of a host. What it says of the code is a hint: the remote is asked again."""

    delivery_id: str
    event: str
    occasion: Occasion
    branch: str = ""
    default_branch: str = ""
    deleted: bool = False


class Provider(Protocol):
    """What a module about a host offers."""

    def signature_fits(self, headers: Mapping[str, str], body: bytes, secret: str) -> bool:
        """Whether the host signed exactly this body with this secret, compared in constant time."""

    def delivery_parse(self, headers: Mapping[str, str], body: bytes) -> Delivery:
        """Read a delivery whose signature fits; raises Malformed."""


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
