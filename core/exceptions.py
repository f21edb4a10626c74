"""Domain exceptions: every failure that a person may meet has a code, a text and a remedy."""

from __future__ import annotations

from http import HTTPStatus
from typing import ClassVar


class DomainError(Exception):
    """A refusal or failure in the product's own words.

    Attributes:
        code: A stable word for programs.
        text: What happened, one sentence for people.
        remedy: What to do about it.
        status: The HTTP status under which an edge reports it.
    """

    code: str = "error"
    text: str = "Something could not be done."
    remedy: str = ""
    status: ClassVar[HTTPStatus] = HTTPStatus.BAD_REQUEST

    def __init__(self, text: str = "", *, remedy: str = "", code: str = "") -> None:
        """Take the class's words where none are given."""
        self.text = text or self.text
        self.remedy = remedy or self.remedy
        self.code = code or self.code
        super().__init__(self.text)

    @property
    def advice(self) -> str:
        """What happened and what to do about it, as one text for people."""
        return f"{self.text} {self.remedy}".strip()


class Invalid(DomainError):
    """What was given cannot be used."""

    code = "invalid"
    text = "The request cannot be used as it is."


class NotFound(DomainError):
    """It does not exist, or not for this person."""

    code = "not_found"
    text = "There is no such thing here."
    status = HTTPStatus.NOT_FOUND


class Forbidden(DomainError):
    """This person may see it but not do this."""

    code = "permission_denied"
    text = "You may not do this."
    remedy = "Ask an administrator."
    status = HTTPStatus.FORBIDDEN


class Conflict(DomainError):
    """It clashes with what is there already."""

    code = "conflict"
    text = "This clashes with what is there already."
    status = HTTPStatus.CONFLICT


class Unauthenticated(DomainError):
    """Nobody we know asks."""

    code = "not_authenticated"
    text = "The credentials are missing or no longer valid."
    status = HTTPStatus.UNAUTHORIZED
