"""The text of an API token: ``plb_<prefix>_<secret>_<checksum>``."""

import hashlib
import secrets
import string
import zlib
from typing import NamedTuple

MARK = "plb"
PREFIX_LENGTH = 8
SECRET_LENGTH = 32
_BASE62 = string.digits + string.ascii_letters
_CHECKSUM_LENGTH = 6


class TokenText(NamedTuple):
    """The parts of a token that are told apart when it is looked up."""

    prefix: str
    secret: str

    @property
    def digest(self) -> str:
        """What the database keeps of the secret: its SHA-256 in hex."""
        return hashlib.sha256(self.secret.encode()).hexdigest()

    def __str__(self) -> str:
        return f"{MARK}_{self.prefix}_{self.secret}_{_checksum(self.prefix, self.secret)}"


def token_text_new() -> TokenText:
    """Make a token that nobody can guess: 190 random bits."""
    return TokenText(_random(PREFIX_LENGTH), _random(SECRET_LENGTH))


def token_text_parse(text: str) -> TokenText | None:
    """Take a token apart; nothing if it was mistyped, cut or is something else."""
    match text.split("_"):
        case [mark, prefix, secret, checksum]:
            fits = (
                mark == MARK
                and len(prefix) == PREFIX_LENGTH
                and len(secret) == SECRET_LENGTH
                and text.isascii()
                and checksum == _checksum(prefix, secret)
            )
            return TokenText(prefix, secret) if fits else None
        case _:
            return None


def _random(length: int) -> str:
    return "".join(secrets.choice(_BASE62) for _ in range(length))


def _checksum(prefix: str, secret: str) -> str:
    number = zlib.crc32(f"{prefix}{secret}".encode())
    digits = ""
    for _ in range(_CHECKSUM_LENGTH):
        number, digit = divmod(number, len(_BASE62))
        digits = _BASE62[digit] + digits
    return digits
