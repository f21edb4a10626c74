"""Causes of a move add up to it, and each gets what is its own."""

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plumbline.attribution import Cause, Judgement, attribute, in_hundredths
from plumbline.policy import Mode, Policy, Result, RulePolicy, tally, terms_of
from plumbline.registry import all_rules
from plumbline.rule import Level

RULES = all_rules()
CODES = [code for code, rule in RULES.items() if not rule.preview and rule.level == "MUST"][:4]
FIRST, SECOND, *_ = CODES


def result(code, violations=0, *, state="", subjects=10, waived=0, version="1"):
    found = state or ("fail" if violations else ("waived" if waived else "pass"))
    return Result(code, "MUST", 10, False, found, subjects, violations, 0, waived, 0, version)


def moved(before, after):
    return {
        cause: pytest.approx(points) for cause, points in attribute(before, after, RULES).items()
    }


BASE = Judgement([result(FIRST, 4), result(SECOND)], commit="a")


def test_a_violation_that_is_put_right_is_due_to_the_code():
    after = Judgement([result(FIRST, 2), result(SECOND)], commit="b")
    assert moved(BASE, after) == {Cause.CODE: 10}


def test_the_same_code_judged_otherwise_by_the_same_rule_is_due_to_the_engine():
    after = Judgement([result(FIRST, 2), result(SECOND)], commit="a")
    assert moved(BASE, after) == {Cause.ENGINE: 10}


def test_a_rule_that_changed_takes_the_blame_whatever_the_code_did():
    after = Judgement([result(FIRST, 2, version="2"), result(SECOND)], commit="b")
    assert moved(BASE, after) == {Cause.RULESET: 10}


def test_a_rule_that_came_is_due_to_the_ruleset():
    after = Judgement([*BASE.results, result(CODES[2], 10)], commit="b")
    assert moved(BASE, after) == {Cause.RULESET: pytest.approx(-80 / 3)}


def test_a_waiver_is_told_from_what_the_code_did_in_the_same_scan():
    after = Judgement([result(FIRST, 1, waived=1), result(SECOND)], commit="b")
    found = moved(BASE, after)
    assert set(found) == {Cause.WAIVER, Cause.CODE}
    assert found[Cause.WAIVER] == pytest.approx(50 * (6 / 9 - 6 / 10))


def test_a_rule_that_no_longer_applies_is_not_something_put_right():
    after = Judgement(
        [result(FIRST, state="not_applicable", subjects=0), result(SECOND)], commit="b"
    )
    assert moved(BASE, after) == {Cause.APPLICABILITY: 20}


def test_a_policy_moves_the_score_of_the_same_results():
    policy = Policy(rules={FIRST: RulePolicy(mode=Mode.OFF)})
    assert moved(BASE, msgspec.structs.replace(BASE, policy=policy)) == {Cause.POLICY: 20}


def test_nothing_is_said_where_there_was_no_score():
    assert attribute(Judgement([]), BASE, RULES) == {}


single = st.builds(
    lambda code, violations, more, waived, state, version: (
        result(code, state=state, subjects=0, version=version)
        if state
        else result(
            code, violations, waived=waived, subjects=violations + waived + more, version=version
        )
    ),
    st.sampled_from(CODES),
    st.integers(0, 5),
    st.integers(1, 5),
    st.integers(0, 3),
    st.sampled_from(["", "", "", "not_applicable", "error"]),
    st.sampled_from(["1", "2"]),
)
policies = st.builds(
    lambda rules, weight: Policy({Level.MUST: weight}, rules),
    st.dictionaries(
        st.sampled_from(CODES),
        st.builds(
            RulePolicy,
            level=st.sampled_from([None, Level.SHOULD]),
            weight=st.sampled_from([None, 1, 30]),
            mode=st.sampled_from([None, Mode.OFF, Mode.PREVIEW, Mode.ON]),
        ),
    ),
    st.integers(1, 20),
)
judgements = st.builds(
    Judgement,
    st.lists(single, unique_by=lambda item: item.code),
    policies,
    st.sampled_from(["", "a", "b"]),
)


@given(judgements, judgements)
def test_the_parts_add_up_to_the_whole(before, after):
    parts = attribute(before, after, RULES)
    start = tally(before.results, terms_of(before.policy, RULES)).score
    end = tally(after.results, terms_of(after.policy, RULES)).score
    if start is None or end is None:
        assert parts == {}
    else:
        assert sum(parts.values()) == pytest.approx(end - start, abs=1e-9)
        shown = Decimal(str(round(end, 1))) - Decimal(str(round(start, 1)))
        if parts:
            assert sum(in_hundredths(parts, shown).values()) == shown
    if before.commit and before.commit == after.commit:
        assert Cause.CODE not in parts
        assert Cause.APPLICABILITY not in parts
