"""Properties of the score that hold for whatever the rules found."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from plumbline import scoring
from plumbline.report import RuleOutcome
from plumbline.rule import Basis, Level, Rule

STATES = ("pass", "fail", "not_applicable", "waived", "error", "not_evaluated")


@st.composite
def outcomes(draw, preview=None):
    """One rule's result, consistent in itself."""
    subjects = draw(st.integers(0, 500))
    violations = draw(st.integers(0, subjects))
    suppressed = draw(st.integers(0, subjects - violations))
    is_preview = draw(st.booleans()) if preview is None else preview
    level, basis = draw(st.sampled_from(sorted(scoring.WEIGHTS)))
    state = draw(st.sampled_from(("not_applicable", "error", "not_evaluated", "judged")))
    if state == "judged":
        state = "fail" if violations else "waived" if suppressed else "pass"
    else:
        subjects = violations = suppressed = 0
    return RuleOutcome(
        "TST01", "TST-01", level.value, is_preview, state, subjects, violations, "", suppressed,
        0 if is_preview else scoring.WEIGHTS[level, basis],
    )  # fmt: skip


REPORTS = st.lists(outcomes(), max_size=30)


def value(report):
    return scoring.score(report).value


@given(REPORTS)
def test_a_score_lies_between_0_and_100_and_shows_its_denominator(report):
    found = scoring.score(report)
    assert found.value is None or 0 <= found.value <= 100
    assert 0 <= found.evaluated <= found.applicable <= len(report)


@given(REPORTS)
def test_there_is_a_score_exactly_when_something_that_weighs_was_evaluated(report):
    weighing = [
        item
        for item in report
        if item.weight and not item.preview and item.state in ("pass", "fail", "waived")
    ]
    assert (value(report) is None) == (not weighing)


@given(REPORTS)
def test_without_violations_the_score_is_full(report):
    clean = [msgspec.structs.replace(item, violations=0) for item in report]
    assert value(clean) in (None, 100.0)
    assert scoring.standing(clean) == "plumb"


@given(REPORTS, st.data())
def test_one_violation_more_never_raises_the_score(report, data):
    judged = [
        n for n, item in enumerate(report) if item.subjects - item.suppressed > item.violations
    ]
    if not judged:
        return
    place = data.draw(st.sampled_from(judged))
    worse = list(report)
    worse[place] = msgspec.structs.replace(
        report[place], violations=report[place].violations + 1, state="fail"
    )
    before, after = value(report), value(worse)
    assert (before is None and after is None) or after <= before


@given(REPORTS, st.data())
def test_a_subject_in_order_more_never_lowers_the_score(report, data):
    judged = [n for n, item in enumerate(report) if item.subjects]
    if not judged:
        return
    place = data.draw(st.sampled_from(judged))
    better = list(report)
    better[place] = msgspec.structs.replace(report[place], subjects=report[place].subjects + 1)
    before, after = value(report), value(better)
    assert (before is None and after is None) or after >= before


@given(REPORTS, outcomes(preview=True))
def test_a_preview_rule_never_touches_score_or_standing(report, preview):
    assert scoring.score([*report, preview]) == scoring.score(report)
    assert scoring.standing([*report, preview]) == scoring.standing(report)


@given(REPORTS, st.sampled_from(("not_applicable", "not_evaluated")))
def test_what_does_not_apply_or_was_not_evaluated_leaves_no_trace(report, state):
    absent = RuleOutcome("TST02", "TST-02", "MUST", False, state, 0, 0, "", 0, 10)
    assert scoring.score([*report, absent]) == scoring.score(report)


@given(REPORTS)
def test_an_error_widens_the_denominator_and_nothing_else(report):
    failed = RuleOutcome("TST02", "TST-02", "MUST", False, "error", 0, 0, "", 0, 10)
    before, after = scoring.score(report), scoring.score([*report, failed])
    assert (after.value, after.evaluated) == (before.value, before.evaluated)
    assert after.applicable == before.applicable + 1


@given(REPORTS, st.data())
def test_a_suppressed_violation_leaves_the_score(report, data):
    """Suppressing it is worth exactly as much as never having had the subject."""
    open_ones = [n for n, item in enumerate(report) if item.violations and item.subjects > 1]
    if not open_ones:
        return
    place = data.draw(st.sampled_from(open_ones))
    item = report[place]
    suppressed, gone = list(report), list(report)
    left = item.violations - 1
    state = "fail" if left else "waived"
    suppressed[place] = msgspec.structs.replace(
        item, violations=left, suppressed=item.suppressed + 1, state=state
    )
    gone[place] = msgspec.structs.replace(
        item, violations=left, subjects=item.subjects - 1, state="fail" if left else "pass"
    )
    assert value(suppressed) == value(gone)


@given(REPORTS, st.data())
def test_a_waived_violation_leaves_the_score_and_comes_back_whole(report, data):
    place = data.draw(st.integers(0, len(report) - 1)) if report else None
    if place is None:
        return
    item = report[place]
    wanted = data.draw(st.integers(0, 12))
    state, left, waived = scoring.waive(
        violations=item.violations, suppressed=item.suppressed, waived=wanted, state=item.state
    )
    assert left + waived == item.violations
    assert waived == (min(wanted, item.violations) if item.state in ("fail", "waived") else 0)
    after = list(report)
    after[place] = msgspec.structs.replace(item, state=state, violations=left, waived=waived)
    before_value, after_value = value(report), value(after)
    if before_value is not None and after_value is not None:
        assert after_value >= before_value
    assert scoring.score_without_waivers(after) == scoring.score_without_waivers(report)
    back = scoring.waive(
        violations=left + waived, suppressed=item.suppressed, waived=0, state=state
    )
    assert back == (item.state, item.violations, 0)


@given(REPORTS)
def test_the_score_without_waivers_is_never_higher_than_the_score(report):
    strict = scoring.score_without_waivers(report)
    assert (strict.evaluated, strict.applicable) == (
        scoring.score(report).evaluated,
        scoring.score(report).applicable,
    )
    if strict.value is not None:
        assert strict.value <= value(report)
    if not any(item.suppressed for item in report):
        assert strict == scoring.score(report)


def test_a_rule_whose_violations_are_all_waived_is_waived_and_one_that_failed_to_judge_stays_so():
    wave = {"suppressed": 0, "waived": 5}
    assert scoring.waive(violations=3, state="fail", **wave) == ("waived", 0, 3)
    assert scoring.waive(violations=7, state="fail", **wave) == ("fail", 2, 5)
    assert scoring.waive(violations=0, state="error", **wave) == ("error", 0, 0)
    assert scoring.waive(violations=0, state="pass", **wave) == ("pass", 0, 0)


@given(REPORTS)
def test_the_order_of_rules_does_not_matter(report):
    assert scoring.score(list(reversed(report))) == scoring.score(report)


@given(REPORTS, st.integers(1, 9))
def test_shares_count_and_not_numbers(report, factor):
    """A repository with everything many times over has the same score."""
    grown = [
        msgspec.structs.replace(
            item,
            subjects=item.subjects * factor,
            violations=item.violations * factor,
            suppressed=item.suppressed * factor,
        )
        for item in report
    ]
    before, after = value(report), value(grown)
    assert before == after or abs(before - after) <= 0.1  # both are rounded


@given(REPORTS, st.integers(0, 3))
def test_the_standing_is_plumb_leaning_or_off_by_must_alone(report, new_must):
    count = scoring.must_violations(report)
    expected = "plumb" if not count else "leaning" if new_must == 0 else "off"
    assert scoring.standing(report, new_must) == expected
    assert scoring.standing(report) == ("plumb" if not count else "off")
    assert count == sum(
        item.violations for item in report if item.level == "MUST" and not item.preview
    )


def test_sample_code_never_weighs_more_than_1_and_must_weighs_most():
    assert all(w <= 1 for (_, basis), w in scoring.WEIGHTS.items() if basis == Basis.EXAMPLE)
    must = {w for (level, _), w in scoring.WEIGHTS.items() if level == Level.MUST}
    should = {w for (level, _), w in scoring.WEIGHTS.items() if level == Level.SHOULD}
    assert min(must) > max(should) > 1


def test_a_preview_rule_weighs_nothing():
    class Stable(Rule):
        level = Level.MUST

    class Preview(Stable):
        preview = True

    assert scoring.weight(Stable()) == 10
    assert scoring.weight(Preview()) == 0
