"""The guide as a list of statements, each with what Plumbline does about it."""

from __future__ import annotations

import enum
import functools
import tomllib
from collections import Counter
from collections.abc import Iterable
from importlib import resources

import msgspec

from plumbline.registry import all_rules
from plumbline.rule import Rule


class Coverage(enum.StrEnum):
    """What is done about a statement."""

    COVERED = "covered"
    """A stable rule checks it."""
    PREVIEW = "preview"
    """A heuristic rule reports on it and never scores."""
    NOT_OBSERVABLE = "not observable"
    """No static look can know."""
    POLICY = "policy"
    """It decides something and detects nothing."""
    GAP = "gap"
    """Nothing is done about it."""


class _Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    section: str
    level: str
    confidence: int
    statement: str
    not_observable: str = ""
    policy: str = ""


class Statement(msgspec.Struct, frozen=True):
    """One statement of the guide.

    ``level`` is the guide's own word for how strongly it asks, ``confidence`` 1 (can be told for certain) to 3
    (evidence at most). ``reason`` says why there is no rule, where there is none.
    """

    key: str
    section: str
    level: str
    confidence: int
    text: str
    coverage: Coverage
    rule: Rule | None
    reason: str

    @property
    def code(self) -> str:
        """The code that its rule has, or would have."""
        return self.key.replace("-", "")


@functools.cache
def statements() -> tuple[Statement, ...]:
    """Every statement, in the order of the guide."""
    text = resources.files("plumbline").joinpath("statements.toml").read_text("utf-8")
    entries = msgspec.convert(tomllib.loads(text), dict[str, _Entry])
    rules = all_rules()
    return tuple(
        _statement(key, entry, rules.get(key.replace("-", ""))) for key, entry in entries.items()
    )


def _statement(key: str, entry: _Entry, rule: Rule | None) -> Statement:
    if rule is not None:
        coverage, reason = Coverage.PREVIEW if rule.preview else Coverage.COVERED, ""
    elif entry.not_observable:
        coverage, reason = Coverage.NOT_OBSERVABLE, entry.not_observable
    elif entry.policy:
        coverage, reason = Coverage.POLICY, entry.policy
    else:
        coverage, reason = Coverage.GAP, "No rule checks it yet."
    return Statement(
        key, entry.section, entry.level, entry.confidence, entry.statement, coverage, rule, reason
    )


def coverage_counts(found: Iterable[Statement]) -> dict[Coverage, int]:
    """How many statements are in each state; a gap is left out where there is none."""
    counts = Counter(statement.coverage for statement in found)
    return {kind: counts[kind] for kind in Coverage if counts[kind] or kind is not Coverage.GAP}
