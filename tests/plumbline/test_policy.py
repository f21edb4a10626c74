"""Policies: layers, terms, tallies."""

import datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plumbline import scoring
from plumbline.policy import (
    Mode,
    Policy,
    Result,
    RulePolicy,
    Terms,
    differing,
    due,
    merged,
    tallies,
    tally,
    terms_of,
)
from plumbline.policy_changes import differences
from plumbline.registry import all_rules
from plumbline.report import RuleOutcome
from plumbline.rule import Level

RULES = all_rules()
STABLE = [code for code, rule in RULES.items() if not rule.preview]
MUST = next(code for code in STABLE if scoring.weight(RULES[code]) == 10)
EXAMPLE = next(code for code in STABLE if RULES[code].basis == "example")
PREVIEW = next(code for code, rule in RULES.items() if rule.preview and rule.level == "SHOULD")


def result(code=MUST, **values):
    rule = RULES[code]
    given = {
        "level": rule.level.value,
        "weight": scoring.weight(rule),
        "preview": rule.preview,
        "state": "fail",
        "subjects": 10,
        "violations": 2,
    }
    return Result(code, **given | values)


def test_an_empty_policy_leaves_every_rule_as_it_was_recorded():
    assert terms_of(Policy(), RULES) == {}


def test_a_policy_that_says_nothing_new_changes_nothing():
    policy = Policy(rules={code: RulePolicy(level=rule.level) for code, rule in RULES.items()})
    terms = terms_of(policy, RULES)
    for code in (MUST, PREVIEW):
        assert terms[code].level == RULES[code].level
        assert terms[code].weight == scoring.weight(RULES[code])
        assert terms[code].mode == (Mode.PREVIEW if RULES[code].preview else Mode.ON)


def test_a_level_brings_its_weight_along_and_a_weight_of_its_own_wins():
    policy = Policy(rules={MUST: RulePolicy(level=Level.SHOULD)})
    assert terms_of(policy, RULES)[MUST] == Terms("SHOULD", 3, Mode.ON)
    policy = Policy({Level.SHOULD: 5}, {MUST: RulePolicy(level=Level.SHOULD)})
    assert terms_of(policy, RULES)[MUST].weight == 5
    policy = Policy({Level.MUST: 5}, {MUST: RulePolicy(weight=7)})
    assert terms_of(policy, RULES)[MUST].weight == 7


def test_sample_code_weighs_no_more_than_one_unless_the_rule_is_raised():
    policy = Policy(weights=dict.fromkeys(Level, 50))
    assert terms_of(policy, RULES)[EXAMPLE].weight == 1
    policy = Policy(policy.weights, {EXAMPLE: RulePolicy(level=Level.MUST)})
    assert terms_of(policy, RULES)[EXAMPLE].weight == 50


def test_a_preview_rule_that_is_switched_on_counts():
    assert tally([result(PREVIEW)], terms_of(Policy(), RULES)).applicable == 0
    policy = Policy(rules={PREVIEW: RulePolicy(mode=Mode.ON)})
    counted = tally([result(PREVIEW)], terms_of(policy, RULES))
    assert (counted.score, counted.should_open) == (pytest.approx(80), 2)


@pytest.mark.parametrize("mode", [Mode.OFF, Mode.PREVIEW])
def test_a_rule_that_is_off_or_in_preview_counts_for_nothing(mode):
    policy = Policy(rules={MUST: RulePolicy(mode=mode)})
    counted = tally([result()], terms_of(policy, RULES))
    assert (counted.score, counted.evaluated, counted.must_open) == (None, 0, 0)
    assert counted.standing == "plumb"


def test_enforcement_makes_a_must_of_a_rule_on_its_day_and_says_nothing_before():
    day = datetime.date(2026, 12, 1)
    policy = Policy(rules={PREVIEW: RulePolicy(mode=Mode.ENFORCED, enforced_from=day)})
    assert due(policy, day - datetime.timedelta(days=1)) == Policy()
    then = due(policy, day)
    assert then == Policy(rules={PREVIEW: RulePolicy(mode=Mode.ENFORCED)})
    assert terms_of(then, RULES)[PREVIEW] == Terms("MUST", 10, Mode.ENFORCED)
    assert due(then, day) is then
    fleet = Policy(rules={PREVIEW: RulePolicy(mode=Mode.OFF)})
    assert merged([fleet, due(policy, datetime.date.min)]) == fleet


def test_later_layers_win_where_they_say_something():
    fleet = Policy(
        {Level.MAY: 1}, {MUST: RulePolicy(level=Level.SHOULD, mode=Mode.ENFORCED)}, waiver_days=90
    )
    team = Policy({Level.MAY: 2}, {MUST: RulePolicy(mode=Mode.ON)})
    assert merged([fleet, team]) == Policy(
        {Level.MAY: 2}, {MUST: RulePolicy(level=Level.SHOULD, mode=Mode.ON)}, 90
    )


def test_what_is_waived_leaves_the_score_and_stands_in_the_one_without_waivers():
    counted = tally([result(violations=0, waived=2, state="waived")], terms_of(Policy(), RULES))
    assert (counted.score, counted.unwaived, counted.standing) == (100, 80, "plumb")
    counted = tally([result(violations=1, waived=5)], terms_of(Policy(), RULES))
    assert (counted.score, counted.unwaived) == (pytest.approx(80), pytest.approx(40))


def test_a_difference_is_told_in_words():
    before = Policy(waiver_days=90)
    after = Policy({Level.MUST: 8}, {"MOD08": RulePolicy(level=Level.SHOULD)}, 30)
    assert differences(before, after) == [
        "weight of MUST: as the guide has it → 8",
        "MOD08: level as the guide has it → SHOULD",
        "longest waiver: 90 days → 30 days",
    ]
    later = RulePolicy(mode=Mode.ENFORCED, enforced_from=datetime.date(2026, 12, 1))
    assert differences(
        Policy(rules={"MOD08": RulePolicy(mode=Mode.OFF)}), Policy(rules={"MOD08": later})
    ) == ["MOD08: mode off → enforced from 2026-12-01"]
    assert differences(after, after) == []


results = st.lists(
    st.builds(
        lambda code, state, subjects, violations, suppressed: result(
            code,
            state=state,
            subjects=subjects + violations + suppressed,
            violations=violations if state == "fail" else 0,
            suppressed=suppressed,
        ),
        st.sampled_from(list(RULES)),
        st.sampled_from(["pass", "fail", "not_applicable", "error", "not_evaluated"]),
        st.integers(0, 50),
        st.integers(1, 50),
        st.integers(0, 5),
    ),
    unique_by=lambda item: item.code,
)


@given(results)
def test_without_a_policy_the_tally_is_the_score_of_the_engine(found):
    outcomes = [
        RuleOutcome(
            item.code, "", item.level, item.preview, item.state, item.subjects, item.violations, "",
            suppressed=item.suppressed, weight=item.weight,
        )
        for item in found
    ]  # fmt: skip
    counted = tally(found, terms_of(Policy(), RULES))
    score = scoring.score(outcomes)
    value = None if counted.score is None else round(counted.score, 1)
    assert (value, counted.evaluated, counted.applicable) == (
        score.value,
        score.evaluated,
        score.applicable,
    )
    assert counted.must_open == scoring.must_violations(outcomes)


@given(results, st.dictionaries(st.sampled_from(list(RULES)), st.sampled_from(list(Mode))))
def test_two_tallies_at_once_are_the_two_tallies(found, modes):
    now = terms_of(Policy({Level.SHOULD: 4}), RULES)
    then = terms_of(
        Policy({Level.SHOULD: 4}, {code: RulePolicy(mode=mode) for code, mode in modes.items()}),
        RULES,
    )
    for both, alone in zip(
        tallies(found, now, then, differing(now, then)),
        (tally(found, now), tally(found, then)),
        strict=True,
    ):
        assert both.score == (None if alone.score is None else pytest.approx(alone.score))
        assert both.unwaived == (None if alone.unwaived is None else pytest.approx(alone.unwaived))
        assert msgspec.structs.replace(both, score=0, unwaived=0) == msgspec.structs.replace(
            alone, score=0, unwaived=0
        )
