"""Gitea and its fork Forgejo: alike but for the name in the headers."""

from collections.abc import Mapping

from apps.scans.providers.delivery import (
    Delivery,
    Malformed,
    Occasion,
    hmac_fits,
    identity_of,
    object_parse,
    payload_of,
    push_parse,
)


class GiteaFamily:
    """A host that signs the JSON, also when it sends it in a form."""

    def __init__(self, name: str) -> None:
        """Take the name that its headers carry."""
        self._name = name

    def signature_fits(self, headers: Mapping[str, str], body: bytes, secret: str) -> bool:
        """Whether the host signed this body."""
        try:
            payload = payload_of(headers, body)
        except Malformed:
            return False
        return hmac_fits(headers.get(f"X-{self._name}-Signature", ""), payload, secret)

    def delivery_parse(self, headers: Mapping[str, str], body: bytes) -> Delivery:
        """Read a delivery.

        Raises:
            Malformed: It has no id or event, or its body is not what the host documents.
        """
        delivery_id, event = identity_of(
            headers, f"X-{self._name}-Event", f"X-{self._name}-Delivery"
        )
        if event != "push":
            return Delivery(delivery_id, event, Occasion.OTHER)
        push = object_parse(payload_of(headers, body))
        return push_parse(delivery_id, event, push, "repository")
