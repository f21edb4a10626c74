"""Why a score moved: the difference of two tallies, split by cause so that the parts add up to it exactly."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from operator import attrgetter

import msgspec

from plumbline.policy import Policy, Result, Terms, tally, terms_of
from plumbline.rule import Rule


class Cause(enum.StrEnum):
    """What made a score move."""

    POLICY = "policy"
    WAIVER = "waiver"
    RULESET = "ruleset"
    ENGINE = "engine"
    APPLICABILITY = "applicability"
    CODE = "code"


class Judgement(msgspec.Struct, frozen=True):
    """What a repository was judged by and with what results, at one time."""

    results: Sequence[Result]
    policy: Policy = Policy()
    commit: str = ""


def attribute(before: Judgement, after: Judgement, rules: Mapping[str, Rule]) -> dict[Cause, float]:
    """Cause to the points that it moved the score by; those that moved nothing are left out.

    The old results are turned into the new ones one cause after the other, and each cause gets the step of the score
    that it makes, in the order of ``Cause``: so the parts add up to the whole. Nothing where there was no score before
    or is none after. Where a rule itself is another than before, all that it says now is due to that, even if the code
    changed in the same moment. Where the code is the same, nothing is due to it.
    """
    old, new = terms_of(before.policy, rules), terms_of(after.policy, rules)
    start, end = _score(before.results, old), _score(after.results, new)
    if start is None or end is None:
        return {}
    state = {result.code: result for result in before.results}
    target = {result.code: result for result in after.results}
    same_code = bool(before.commit) and before.commit == after.commit
    steps: dict[Cause, dict[str, Result | None]] = {cause: {} for cause in Cause}
    waived: dict[str, Result | None] = {}
    for code in state.keys() | target.keys():
        was, now = state.get(code), target.get(code)
        if was == now:
            continue
        cause = _cause(was, now, same_code=same_code)
        steps[cause][code] = now
        if cause is not Cause.WAIVER and was is not None and now is not None:
            excused = _with_waivers(was, now.waived)
            if excused != was:
                waived[code] = excused
    steps[Cause.WAIVER] |= waived
    found: dict[Cause, float] = {}
    at, terms = start, old
    for cause in Cause:
        if cause is Cause.POLICY:
            terms = new
        elif not steps[cause]:
            continue
        for code, result in steps[cause].items():
            if result is None:
                state.pop(code, None)
            else:
                state[code] = result
        reached = _score(state.values(), terms)
        if reached is None:
            continue  # nothing counts half way; the next cause gets the whole step
        if reached != at:
            found[cause] = reached - at
            at = reached
    return found


def in_hundredths(parts: Mapping[Cause, float], whole: Decimal) -> dict[Cause, Decimal]:
    """The parts of a move in hundredths of a point, which add up to the move as it is shown.

    What rounding leaves over goes to the largest part. Nothing is left where there is no part to take it.
    """
    unit = Decimal("0.01")
    found = {cause: Decimal(str(points)).quantize(unit) for cause, points in parts.items()}
    if found:
        largest = max(found, key=lambda cause: (abs(parts[cause]), cause))
        found[largest] += whole - sum(found.values())
    return {cause: points for cause, points in found.items() if points}


def _cause(was: Result | None, now: Result | None, *, same_code: bool) -> Cause:
    if was is None or now is None or was.version != now.version:
        return Cause.RULESET
    if _without_waivers(was) == _without_waivers(now):
        return Cause.WAIVER
    if same_code:
        return Cause.ENGINE
    if (was.state == "not_applicable") != (now.state == "not_applicable"):
        return Cause.APPLICABILITY
    return Cause.CODE


def _without_waivers(result: Result) -> tuple[object, ...]:
    """What a result says when no violation is excused."""
    open_now = result.violations + result.waived
    state = "fail" if result.state == "waived" else result.state
    return (state, result.subjects, open_now, result.suppressed, result.level, result.weight)


def _with_waivers(result: Result, waived: int) -> Result:
    """A result of which so many violations are excused, as far as it has them."""
    all_of_them = result.violations + result.waived
    excused = min(waived, all_of_them)
    state = result.state
    if state in ("fail", "waived"):
        state = "fail" if all_of_them > excused else "waived"
    return msgspec.structs.replace(
        result, violations=all_of_them - excused, waived=excused, state=state
    )


def _score(results: Iterable[Result], terms: Mapping[str, Terms]) -> float | None:
    # In one order, so that the same results give the same score to the last digit.
    return tally(sorted(results, key=attrgetter("code")), terms).score
