"""From rule outcomes to a score and a standing: pure arithmetic, every weight in one table."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

import msgspec

from plumbline.report import Finding, Report, Standing, State
from plumbline.rule import Basis, Level, Rule

WEIGHTS: dict[tuple[Level, Basis], int] = {
    (Level.MUST, Basis.KEYWORD): 10,
    (Level.MUST, Basis.MARKED): 10,
    (Level.MUST, Basis.DERIVED): 10,
    (Level.SHOULD, Basis.KEYWORD): 3,
    (Level.SHOULD, Basis.MARKED): 3,
    (Level.SHOULD, Basis.DERIVED): 3,
    (Level.MAY, Basis.KEYWORD): 0,
    (Level.MAY, Basis.EXAMPLE): 1,
}
"""What a rule weighs. Sample code never weighs more than 1: it illustrates, it does not demand."""


class Outcome(Protocol):
    """A rule's result as the arithmetic needs it, wherever it is kept."""

    @property
    def code(self) -> str: ...  # noqa: D102
    @property
    def level(self) -> str: ...  # noqa: D102
    @property
    def preview(self) -> bool: ...  # noqa: D102
    @property
    def state(self) -> str: ...  # noqa: D102
    @property
    def subjects(self) -> int: ...  # noqa: D102
    @property
    def violations(self) -> int: ...  # noqa: D102
    @property
    def suppressed(self) -> int: ...  # noqa: D102
    @property
    def waived(self) -> int: ...  # noqa: D102
    @property
    def weight(self) -> int: ...  # noqa: D102


class Score(msgspec.Struct, frozen=True):
    """A score with its denominator. ``value`` is 0 to 100, None when no rule with a weight was evaluated."""

    value: float | None
    evaluated: int
    applicable: int


def weight(rule: Rule) -> int:
    """The weight of a rule; a preview rule never weighs anything."""
    return 0 if rule.preview else WEIGHTS.get((rule.level, rule.basis), 0)


def share(outcome: Outcome) -> float:
    """The share of a rule's subjects that are in order, 0 to 1; suppressed and waived ones count neither way."""
    counted = outcome.subjects - outcome.suppressed - outcome.waived
    return 1.0 if counted <= 0 else max(0.0, 1.0 - outcome.violations / counted)


def strict_share(outcome: Outcome) -> float:
    """The share in order if nothing were suppressed or waived."""
    if outcome.subjects <= 0:
        return 1.0
    violations = outcome.violations + outcome.suppressed + outcome.waived
    return max(0.0, 1.0 - violations / outcome.subjects)


def score(outcomes: Iterable[Outcome], share: Callable[[Outcome], float] = share) -> Score:
    """The weighted mean share in order over all rules that apply and were evaluated."""
    total = earned = 0.0
    evaluated = applicable = 0
    for outcome in outcomes:
        if outcome.preview or outcome.state in ("not_applicable", "not_evaluated"):
            continue
        applicable += 1
        if outcome.state == "error":
            continue
        evaluated += 1
        total += outcome.weight
        earned += outcome.weight * share(outcome)
    return Score(round(100 * earned / total, 1) if total else None, evaluated, applicable)


def score_without_waivers(outcomes: Iterable[Outcome]) -> Score:
    """The score if nothing were waived, nor suppressed in the code, which is a waiver of whoever wrote it."""
    return score(outcomes, strict_share)


def waive(*, violations: int, suppressed: int, waived: int, state: State) -> tuple[State, int, int]:
    """The state of a rule, its violations that count and its waived ones, once this many violations are waived.

    ``violations`` are all that are not suppressed. More than those cannot be waived, and a rule that did not fail
    has none.
    """
    if state not in ("fail", "waived"):
        return state, violations, 0
    waived = min(waived, violations)
    left = violations - waived
    if left:
        return "fail", left, waived
    return ("waived" if waived or suppressed else "pass"), left, waived


class SectionScore(msgspec.Struct, frozen=True):
    """How far a section of the guide is followed: its part of the score, 0 to 100, over ``rules`` evaluated."""

    value: float
    rules: int
    failing: int


def sections(
    outcomes: Iterable[Outcome], section_of: Callable[[str], str]
) -> dict[str, SectionScore]:
    """Section to its score, by the same arithmetic as the whole; sections without an evaluated rule are left out."""
    groups: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        if not outcome.preview:
            groups.setdefault(section_of(outcome.code), []).append(outcome)
    found: dict[str, SectionScore] = {}
    for section, group in groups.items():
        result = score(group)
        if result.value is not None:
            failing = sum(outcome.state == "fail" for outcome in group)
            found[section] = SectionScore(result.value, result.evaluated, failing)
    return found


def standing(outcomes: Iterable[Outcome], new_must: int | None = None) -> Standing:
    """``plumb`` without an open MUST violation, ``leaning`` with none new since the baseline, else ``off``.

    ``new_must`` is the number of open MUST violations that the baseline lacked, None where there is no baseline.
    """
    if not must_violations(outcomes):
        return "plumb"
    return "leaning" if new_must == 0 else "off"


def must_violations(outcomes: Iterable[Outcome]) -> int:
    """How many MUST violations of stable rules are open."""
    return sum(
        outcome.violations
        for outcome in outcomes
        if outcome.level == Level.MUST and not outcome.preview
    )


def open_must(report: Report) -> list[Finding]:
    """The unsuppressed findings of stable MUST rules."""
    strict = {
        outcome.code
        for outcome in report.rules
        if outcome.level == Level.MUST and not outcome.preview
    }
    return [
        finding
        for finding in report.findings
        if finding.code in strict and finding.suppressed is None
    ]
