"""What is kept of the SQL of a repository's migrations: counts, and the findings of Squawk up to a number."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from apps.findings.migration_sql import MigrationSql, SqlFinding

KEPT = 500
"""How many findings are kept."""
_WORST = 10
_REASONS = 50
_NOT_LINTED = 50
_MESSAGE = 600


class RuleCount(msgspec.Struct, frozen=True):
    """How often Squawk names a rule, and in how many migrations."""

    rule: str
    count: int
    migrations: int


class FileCount(msgspec.Struct, frozen=True):
    """How many findings there are in a migration."""

    path: str
    count: int


class ReasonCount(msgspec.Struct, frozen=True):
    """Why operations are opaque, how many, and the kinds of operation that they are."""

    reason: str
    count: int
    kinds: list[str]


class Unlinted(msgspec.Struct, frozen=True):
    """A migration about which Squawk says nothing, and why."""

    path: str
    reason: str


class MigrationFinding(msgspec.Struct, frozen=True):
    """A finding at the operation that its SQL comes from."""

    path: str
    line: int
    operation: str
    rule: str
    message: str


class MigrationSummary(msgspec.Struct, frozen=True):
    """What the SQL of migrations shows. ``findings`` are at most 500 of ``found``, the newest of each rule first."""

    squawk: str
    migrations: int
    linted: int
    """Migrations that change tables which may hold rows: all but the first of each app and squashed ones."""
    rebuilt: int
    opaque: int
    statements: int
    found: int
    reasons: list[ReasonCount]
    rules: list[RuleCount]
    findings: list[MigrationFinding]
    worst: list[FileCount]
    unlinted: int
    not_linted: list[Unlinted]


def summarise(
    migrations: Sequence[MigrationSql],
    found: Sequence[SqlFinding],
    not_linted: Mapping[str, str],
    *,
    squawk: str,
) -> MigrationSummary:
    """The summary of all that was made and found; ``not_linted`` are paths with the reason."""
    order = {item.script.path: number for number, item in enumerate(migrations)}
    opaque = [item for migration in migrations for item in migration.opaque]
    reasons = Counter(item.reason for item in opaque)
    kinds: dict[str, Counter[str]] = defaultdict(Counter)
    for item in opaque:
        kinds[item.reason][item.kind] += 1
    rules = Counter(finding.rule for finding in found)
    touched = {rule: set[str]() for rule in rules}
    for finding in found:
        touched[finding.rule].add(finding.path)
    files = Counter(finding.path for finding in found)
    return MigrationSummary(
        squawk=squawk,
        migrations=len(migrations),
        linted=sum(bool(item.statements) and not item.script.is_first for item in migrations)
        - len(not_linted),
        rebuilt=sum(item.rebuilt for item in migrations),
        opaque=len(opaque),
        statements=sum(len(item.statements) for item in migrations),
        found=len(found),
        reasons=[
            ReasonCount(_cut(reason), count, [kind for kind, _ in kinds[reason].most_common(3)])
            for reason, count in _most(reasons, _REASONS)
        ],
        rules=[
            RuleCount(rule, count, len(touched[rule])) for rule, count in _most(rules, len(rules))
        ],
        findings=[
            MigrationFinding(item.path, item.line, item.kind, item.rule, _cut(item.message))
            for item in _chosen(found, order)
        ],
        worst=[FileCount(path, count) for path, count in _most(files, _WORST)],
        unlinted=len(not_linted),
        not_linted=[
            Unlinted(path, _cut(reason)) for path, reason in list(not_linted.items())[:_NOT_LINTED]
        ],
    )


def _chosen(found: Sequence[SqlFinding], order: Mapping[str, int]) -> list[SqlFinding]:
    """As many findings as are kept: in turn one of each rule, so that rare ones are there, the newest first."""
    newest = sorted(found, key=lambda item: (-order.get(item.path, 0), item.path, item.line))
    by_rule: dict[str, list[SqlFinding]] = defaultdict(list)
    for finding in newest:
        by_rule[finding.rule].append(finding)
    kept: Counter[str] = Counter()
    for finding, _ in zip(_in_turn(by_rule), range(KEPT), strict=False):
        kept[finding.rule] += 1
    return [item for rule in sorted(by_rule) for item in by_rule[rule][: kept[rule]]]


def _in_turn(by_rule: Mapping[str, list[SqlFinding]]) -> Iterator[SqlFinding]:
    for turn in zip_longest(*by_rule.values()):
        yield from (finding for finding in turn if finding is not None)


def _most(counts: Counter[str], number: int) -> list[tuple[str, int]]:
    """The most frequent, those of the same frequency by name."""
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:number]


def _cut(text: str) -> str:
    return text if len(text) <= _MESSAGE else f"{text[: _MESSAGE - 1]}…"
