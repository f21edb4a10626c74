"""What ruff says of a repository: the shapes that the command prints and the pipeline stores."""

from __future__ import annotations

import msgspec


class CodeCount(msgspec.Struct, frozen=True):
    """How often a rule is violated, and in how many files."""

    code: str
    count: int
    files: int


class FileCount(msgspec.Struct, frozen=True):
    """How many violations there are in a file."""

    path: str
    count: int


class NotLinted(msgspec.Struct, frozen=True):
    """A file about which ruff says nothing, and why."""

    path: str
    reason: str


class FamilyResult(msgspec.Struct, frozen=True):
    """A family of rules: of how many files it was asked, how many are clean, what the others violate."""

    family: str
    files: int
    clean: int
    count: int
    codes: list[CodeCount]
    worst: list[FileCount]

    @property
    def share(self) -> float | None:
        """The part of the files that is clean, 0 to 1."""
        return self.clean / self.files if self.files else None


class Lint(msgspec.Struct, frozen=True):
    """What ruff says of a repository. ``not_linted`` names at most a hundred of the ``unlinted`` files."""

    ruff: str
    files: int
    families: list[FamilyResult]
    worst: list[FileCount]
    unlinted: int
    not_linted: list[NotLinted]
