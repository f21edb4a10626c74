"""From what is known of each file to what is said of the repository: pure arithmetic."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

import msgspec

from plumbline.linting.blobs import BlobLint
from plumbline.linting.places import part_of
from plumbline.linting.profile import FAMILIES, family_of, is_asked

WORST = 10
NAMED = 100


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
    def title(self) -> str:
        """What the family is called."""
        return FAMILIES.get(self.family, self.family)

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


def summarise(results: Iterable[tuple[str, str, BlobLint]], *, ruff: str) -> Lint:
    """Join the results of files, given as (path, role, result), into those of families; ``ruff`` is its version."""
    parts: Counter[str] = Counter()
    counts: dict[str, Counter[str]] = {family: Counter() for family in FAMILIES}
    files: dict[str, Counter[str]] = {family: Counter() for family in FAMILIES}
    paths: dict[str, Counter[str]] = {family: Counter() for family in FAMILIES}
    totals: Counter[str] = Counter()
    unlinted: list[NotLinted] = []
    for path, role, result in results:
        if result.reason:
            unlinted.append(NotLinted(path, result.reason))
            continue
        parts[part_of(role)] += 1
        for code, count in result.counts.items():
            family = family_of(code)
            if family is None:
                continue
            counts[family][code] += count
            files[family][code] += 1
            paths[family][path] += count
            totals[path] += count
    return Lint(
        ruff=ruff,
        files=parts.total(),
        families=[
            _family(family, parts, counts[family], files[family], paths[family])
            for family in FAMILIES
        ],
        worst=_worst(totals),
        unlinted=len(unlinted),
        not_linted=sorted(unlinted, key=lambda file: file.path)[:NAMED],
    )


def _family(
    family: str,
    parts: Mapping[str, int],
    counts: Counter[str],
    files: Counter[str],
    paths: Counter[str],
) -> FamilyResult:
    asked = sum(number for part, number in parts.items() if is_asked(family, part))
    return FamilyResult(
        family=family,
        files=asked,
        clean=asked - len(paths),
        count=counts.total(),
        codes=[
            CodeCount(code, count, files[code])
            for code, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        ],
        worst=_worst(paths),
    )


def _worst(paths: Counter[str]) -> list[FileCount]:
    ordered = sorted(paths.items(), key=lambda item: (-item[1], item[0]))
    return [FileCount(path, count) for path, count in ordered[:WORST]]
