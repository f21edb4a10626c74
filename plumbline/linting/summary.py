"""From what is known of each file to what is said of the repository: pure arithmetic."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from plumbline.linting.blobs import BlobLint
from plumbline.linting.places import part_of
from plumbline.linting.profile import FAMILIES, family_of, is_asked
from plumbline.linting.results import CodeCount, FamilyResult, FileCount, Lint, NotLinted

WORST = 10
NAMED = 100


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
