"""From rule outcomes to a score and a standing: pure arithmetic, every weight in one table."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from plumbline.report import RuleOutcome, Standing
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


class Score(msgspec.Struct, frozen=True):
    """A score with its denominator. ``value`` is 0 to 100, None when no rule with a weight was evaluated."""

    value: float | None
    evaluated: int
    applicable: int


def weight(rule: Rule) -> int:
    """The weight of a rule; a preview rule never weighs anything."""
    return 0 if rule.preview else WEIGHTS.get((rule.level, rule.basis), 0)


def share(outcome: RuleOutcome) -> float:
    """The share of a rule's subjects that are in order, 0 to 1; suppressed ones count neither way."""
    counted = outcome.subjects - outcome.suppressed
    return 1.0 if counted <= 0 else max(0.0, 1.0 - outcome.violations / counted)


def score(outcomes: Iterable[RuleOutcome]) -> Score:
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


def standing(outcomes: Iterable[RuleOutcome], new_must: int | None = None) -> Standing:
    """``plumb`` without an open MUST violation, ``leaning`` with none new since the baseline, else ``off``.

    ``new_must`` is the number of open MUST violations that the baseline lacked, None where there is no baseline.
    """
    if not must_violations(outcomes):
        return "plumb"
    return "leaning" if new_must == 0 else "off"


def must_violations(outcomes: Iterable[RuleOutcome]) -> int:
    """How many MUST violations of stable rules are open."""
    return sum(
        outcome.violations
        for outcome in outcomes
        if outcome.level == Level.MUST and not outcome.preview
    )
