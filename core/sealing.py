"""Secrets at rest: encrypted with keys from the environment and bound to their owner."""

import json

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from django.conf import settings

from core.exceptions import DomainError


class SealBroken(DomainError):
    """A stored secret cannot be opened: its key is gone, or it was copied from another row."""

    code = "secret_unreadable"
    text = "A stored secret cannot be decrypted."
    remedy = "Enter the secret again, or put the old key back into FIELD_ENCRYPTION_KEYS."


def _fernet() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.FIELD_ENCRYPTION_KEYS])


def seal(secret: str, *, owner: str) -> str:
    """Encrypt a secret for one owner, named like ``credential:17``."""
    return _fernet().encrypt(json.dumps([owner, secret]).encode()).decode()


def unseal(sealed: str, *, owner: str) -> str:
    """Decrypt what was sealed for this owner.

    Raises:
        SealBroken: No key fits, or it was sealed for somebody else.
    """
    try:
        sealed_for, secret = json.loads(_fernet().decrypt(sealed.encode()))
    except (InvalidToken, ValueError) as error:
        raise SealBroken from error
    if sealed_for != owner:
        raise SealBroken
    return str(secret)
