"""From what is known of each file to what is said of the repository: pure arithmetic."""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from plumbline.linting.blobs import BlobLint
from plumbline.linting.places import part_of
from plumbline.linting.profile import FAMILIES, family_of, is_asked
from plumbline.linting.results import CodeCount, FamilyResult, FileCount, Lint, NotLinted

WORST = 10
NAMED = 100


def summarise(results: Iterable[tuple[str, str, BlobLint]], *, ruff: str) -> Lint:
    """Join the results of files, given as (path, role, result), into those of families; ``ruff`` is its version."""
    roles: Counter[str] = Counter()
    counts: dict[str, int] = defaultdict(int)
    files: dict[str, int] = defaultdict(int)
    paths: dict[str, dict[str, int]] = {family: defaultdict(int) for family in FAMILIES}
    totals: dict[str, int] = defaultdict(int)
    unlinted: list[NotLinted] = []
    for path, role, result in results:
        if result.reason:
            unlinted.append(NotLinted(path, result.reason))
            continue
        roles[role] += 1
        for code, count in result.counts.items():
            family = family_of(code)
            if family is None:
                continue
            counts[code] += count
            files[code] += 1
            paths[family][path] += count
            totals[path] += count
    parts: Counter[str] = Counter()
    for role, number in roles.items():
        parts[part_of(role)] += number
    codes = [
        CodeCount(code, count, files[code])
        for code, count in sorted(counts.items(), key=_most_first)
    ]
    return Lint(
        ruff=ruff,
        files=roles.total(),
        families=[_family(family, parts, codes, paths[family]) for family in FAMILIES],
        worst=_worst(totals),
        unlinted=len(unlinted),
        not_linted=sorted(unlinted, key=lambda file: file.path)[:NAMED],
    )


def _family(
    family: str, parts: Mapping[str, int], codes: list[CodeCount], paths: Mapping[str, int]
) -> FamilyResult:
    asked = sum(number for part, number in parts.items() if is_asked(family, part))
    own = [code for code in codes if family_of(code.code) == family]
    return FamilyResult(
        family=family,
        files=asked,
        clean=asked - len(paths),
        count=sum(code.count for code in own),
        codes=own,
        worst=_worst(paths),
    )


def _worst(paths: Mapping[str, int]) -> list[FileCount]:
    # Few are sorted with their names, of thousands.
    least = min(heapq.nlargest(WORST, paths.values()), default=0)
    ordered = sorted((item for item in paths.items() if item[1] >= least), key=_most_first)
    return [FileCount(path, count) for path, count in ordered[:WORST]]


def _most_first(item: tuple[str, int]) -> tuple[int, str]:
    return -item[1], item[0]
