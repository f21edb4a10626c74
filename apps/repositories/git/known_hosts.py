"""The hosts that may be reached over SSH: those whose keys an administrator has written down."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

PORT = 22
_KINDS = frozenset(
    (
        "ssh-ed25519",
        "ssh-rsa",
        "ecdsa-sha2-nistp256",
        "ecdsa-sha2-nistp384",
        "ecdsa-sha2-nistp521",
        "sk-ssh-ed25519@openssh.com",
        "sk-ecdsa-sha2-nistp256@openssh.com",
    )
)


@dataclass(frozen=True, slots=True)
class KnownHosts:
    """Lines of a known_hosts file: names, plain or hashed, and the public keys that go with them."""

    lines: tuple[tuple[str, str], ...] = ()
    """Names as they are written, and kind and key."""

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read lines as ``ssh-keyscan`` prints them.

        Raises:
            ValueError: a line is none, or has a mark or a pattern, which are not understood.
        """
        return cls(tuple(_read(line) for line in text.splitlines() if _says_something(line)))

    def keys(self, host: str, port: int = PORT) -> tuple[str, ...]:
        """Kinds and keys of a host, none if it may not be reached."""
        host = host.strip("[]")
        name = host if port == PORT else f"[{host}]:{port}"
        return tuple(key for names, key in self.lines if _covers(names.split(","), name))


def _says_something(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _read(line: str) -> tuple[str, str]:
    names, kind, key, *_ = [*line.split(), "", "", ""]
    if kind not in _KINDS or not set("*?!").isdisjoint(names):
        raise ValueError(f"not a line of known hosts: {line[:100]}")
    try:
        content = base64.b64decode(key, validate=True)
    except binascii.Error as error:
        raise ValueError(f"not the key of a host: {line[:100]}") from error
    size = int.from_bytes(content[:4])
    if content[4 : 4 + size] != kind.encode():
        raise ValueError(f"not a key of the kind that its line names: {line[:100]}")
    return (names if names.startswith("|") else names.lower()), f"{kind} {key}"


def _covers(names: Iterable[str], wanted: str) -> bool:
    return any(
        _is_hash_of(name, wanted) if name.startswith("|1|") else name == wanted for name in names
    )


def _is_hash_of(name: str, wanted: str) -> bool:
    _, _, salt, digest = (name.split("|") + [""] * 4)[:4]
    try:
        made = hmac.digest(base64.b64decode(salt), wanted.encode(), hashlib.sha1)
        return hmac.compare_digest(made, base64.b64decode(digest))
    except binascii.Error:
        return False
