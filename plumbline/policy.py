"""What an organisation makes of the guide: levels, weights and modes of rules, applied to results already there.

A policy never judges code. It says what a result counts for, so that changing it is arithmetic over stored results.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable, Mapping
from copy import copy
from datetime import date

import msgspec

from plumbline.report import Standing
from plumbline.rule import Basis, Level, Rule
from plumbline.scoring import WEIGHTS

LARGEST_WEIGHT = 100
_UNCOUNTED = frozenset({"not_applicable", "not_evaluated"})


class Mode(enum.StrEnum):
    """What becomes of a rule's verdict."""

    OFF = "off"
    """It is not looked at."""
    PREVIEW = "preview"
    """It is reported and counts for nothing."""
    ON = "on"
    """It counts."""
    ENFORCED = "enforced"
    """It counts as a MUST whatever its level; if a day is named, from that day on, and until then as without this."""


_SILENT = frozenset({Mode.OFF, Mode.PREVIEW})


class RulePolicy(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What a policy says of one rule; None leaves it as the guide and the layers below have it."""

    level: Level | None = None
    weight: int | None = None
    mode: Mode | None = None
    enforced_from: date | None = None


class Policy(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Weights by level, what differs for single rules, and how many days a waiver may last; empty changes nothing."""

    weights: dict[Level, int] = {}
    rules: dict[str, RulePolicy] = {}
    waiver_days: int | None = None


class Terms(msgspec.Struct, frozen=True):
    """What a result of a rule counts for under a policy."""

    level: str
    weight: int
    mode: Mode


class Result(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A rule's result as arithmetic needs it: of its violations, ``waived`` are excused and ``patches`` have a fix.

    ``violations`` counts neither suppressed nor waived ones. ``version`` identifies what the rule was. ``new`` are the
    violations that came with the code since the baseline, None where that is not known.
    """

    code: str
    level: str
    weight: int
    preview: bool
    state: str
    subjects: int
    violations: int
    suppressed: int = 0
    waived: int = 0
    patches: int = 0
    version: str = ""
    new: int | None = None


class Tally(msgspec.Struct, frozen=True):
    """What the results of a repository add up to under a policy.

    ``score`` and ``unwaived`` (the score if nothing were waived, nor suppressed in the code) are 0 to 100, unrounded,
    None where nothing counts. ``tasks`` are rules with an open MUST violation, ``patches`` the fixes ready for those.
    ``new_must`` are the open MUST violations that came since the baseline, None where that is not known.
    """

    score: float | None
    unwaived: float | None
    evaluated: int
    applicable: int
    must_open: int
    should_open: int
    tasks: int
    patches: int
    new_must: int | None = None

    @property
    def standing(self) -> Standing:
        """``plumb`` without an open MUST violation, ``leaning`` with none new since the baseline, else ``off``."""
        if not self.must_open:
            return "plumb"
        return "leaning" if self.new_must == 0 else "off"


def merged(layers: Iterable[Policy]) -> Policy:
    """One policy of several, the later ones winning wherever they say something."""
    weights: dict[Level, int] = {}
    rules: dict[str, RulePolicy] = {}
    days: int | None = None
    for layer in layers:
        weights |= layer.weights
        days = days if layer.waiver_days is None else layer.waiver_days
        for code, said in layer.rules.items():
            below = rules.get(code)
            rules[code] = said if below is None else _over(below, said)
    return Policy(weights, rules, days)


def due(policy: Policy, today: date) -> Policy:
    """A policy as it holds on a day: what is enforced from a later one is not said yet, and no other day is left."""
    if all(said.enforced_from is None for said in policy.rules.values()):
        return policy
    rules = {}
    for code, said in policy.rules.items():
        day = said.enforced_from
        if day is not None:
            mode = None if day > today else said.mode
            said = msgspec.structs.replace(said, mode=mode, enforced_from=None)
        if said != RulePolicy():
            rules[code] = said
    return msgspec.structs.replace(policy, rules=rules)


def terms_of(policy: Policy, rules: Mapping[str, Rule]) -> dict[str, Terms]:
    """Code to what it counts for, of each rule that the policy says something of; the others count as recorded."""
    return {
        code: _terms(policy, code, rule.level, rule.basis, is_preview=rule.preview)
        for code, rule in rules.items()
        if code in policy.rules or rule.level in policy.weights
    }


class _Sums:
    """What results add up to so far."""

    __slots__ = (
        "applicable",
        "earned",
        "evaluated",
        "must",
        "new",
        "patches",
        "should",
        "tasks",
        "total",
        "unwaived",
    )

    def __init__(self) -> None:
        self.total = self.earned = self.unwaived = 0.0
        self.evaluated = self.applicable = self.must = self.should = self.tasks = self.patches = 0
        self.new: int | None = 0

    def add(self, results: Iterable[Result], terms: Mapping[str, Terms]) -> None:
        """Count results; it runs a hundred thousand times for one look at a fleet."""
        total = earned = unwaived = 0.0
        evaluated = applicable = 0
        for result in results:
            state = result.state
            if state in _UNCOUNTED:
                continue
            known = terms.get(result.code)
            if known is None:
                if result.preview:
                    continue
                level, weight = result.level, result.weight
            else:
                if known.mode in _SILENT:
                    continue
                level, weight = known.level, known.weight
            applicable += 1
            if state == "error":
                continue
            evaluated += 1
            violations, excused = result.violations, result.waived + result.suppressed
            total += weight
            if not violations and not excused:
                earned += weight
                unwaived += weight
                continue
            # What is excused leaves the score: it counts neither as a subject nor as a violation.
            counted = result.subjects - excused
            earned += weight * max(0.0, 1.0 - violations / counted) if counted > 0 else weight
            if result.subjects > 0:
                unwaived += weight * max(0.0, 1.0 - (violations + excused) / result.subjects)
            if not violations:
                continue
            if level == Level.MUST:
                self.must += violations
                self.tasks += 1
                self.patches += result.patches
                if self.new is not None:
                    fresh = result.new
                    self.new = None if fresh is None else self.new + min(fresh, violations)
            elif level == Level.SHOULD:
                self.should += violations
        self.total += total
        self.earned += earned
        self.unwaived += unwaived
        self.evaluated += evaluated
        self.applicable += applicable

    def tally(self) -> Tally:
        """What it is in the end."""
        return Tally(
            100 * self.earned / self.total if self.total else None,
            100 * self.unwaived / self.total if self.total else None,
            self.evaluated,
            self.applicable,
            self.must,
            self.should,
            self.tasks,
            self.patches,
            self.new,
        )


def tally(results: Iterable[Result], terms: Mapping[str, Terms]) -> Tally:
    """Add results up. A result of which the policy says nothing counts as it was recorded."""
    sums = _Sums()
    sums.add(results, terms)
    return sums.tally()


def differing(before: Mapping[str, Terms], after: Mapping[str, Terms]) -> frozenset[str]:
    """The codes of which two policies do not say the same."""
    codes = before.keys() | after.keys()
    return frozenset(code for code in codes if before.get(code) != after.get(code))


def tallies(
    results: Iterable[Result],
    before: Mapping[str, Terms],
    after: Mapping[str, Terms],
    differs: Collection[str],
) -> tuple[Tally, Tally]:
    """Add results up under two policies that differ in what they say of some codes; the others are counted once."""
    moved: list[Result] = []
    rest: list[Result] = []
    for result in results:
        (moved if result.code in differs else rest).append(result)
    old = _Sums()
    old.add(rest, before)
    new = copy(old)
    old.add(moved, before)
    new.add(moved, after)
    return old.tally(), new.tally()


def applied(results: Iterable[Result], terms: Mapping[str, Terms]) -> list[Result]:
    """The results as they read under a policy: with its levels and weights, and without what it switches off."""
    found = []
    for result in results:
        known = terms.get(result.code)
        if known is None:
            found.append(result)
        elif known.mode is Mode.OFF:
            found.append(msgspec.structs.replace(result, state="not_evaluated", weight=0))
        else:
            is_preview = known.mode is Mode.PREVIEW
            found.append(
                msgspec.structs.replace(
                    result, level=known.level, weight=known.weight, preview=is_preview
                )
            )
    return found


def terms_for(policy: Policy, rule: Rule) -> Terms:
    """What a result of a rule counts for under a policy, also if it says nothing of the rule."""
    return _terms(policy, rule.code, rule.level, rule.basis, is_preview=rule.preview)


def _over(below: RulePolicy, said: RulePolicy) -> RulePolicy:
    """A rule's settings with those of a later layer over them; a mode brings its own day along."""
    return RulePolicy(
        below.level if said.level is None else said.level,
        below.weight if said.weight is None else said.weight,
        below.mode if said.mode is None else said.mode,
        below.enforced_from if said.mode is None else said.enforced_from,
    )


def _terms(policy: Policy, code: str, level: Level, basis: Basis, *, is_preview: bool) -> Terms:
    said = policy.rules.get(code, RulePolicy())
    mode = said.mode or (Mode.PREVIEW if is_preview else Mode.ON)
    wanted = Level.MUST if mode is Mode.ENFORCED else said.level
    asked = wanted or level
    if mode in _SILENT:
        return Terms(asked, 0, mode)
    weight = said.weight
    if weight is None:
        weight = policy.weights.get(
            asked, WEIGHTS.get((asked, basis), WEIGHTS[asked, Basis.KEYWORD])
        )
        if basis is Basis.EXAMPLE and wanted is None:
            weight = min(
                weight, 1
            )  # sample code illustrates; an organisation that wants more says so of the rule
    return Terms(asked, weight, mode)
