"""The statement list and the registry say the same."""

import pytest

from plumbline.guide import Coverage, coverage_counts, statements
from plumbline.registry import all_rules
from plumbline.rule import Basis, Level

BY_CODE = {statement.code: statement for statement in statements()}
STRENGTHS = {
    "MUST": (Level.MUST, Basis.KEYWORD),
    "MUST/BAD": (Level.MUST, Basis.MARKED),
    "MUST/GOOD": (Level.MUST, Basis.MARKED),
    "SHOULD": (Level.SHOULD, Basis.KEYWORD),
    "GOOD": (Level.SHOULD, Basis.MARKED),
    "BAD": (Level.SHOULD, Basis.MARKED),
    "derived": (Level.SHOULD, Basis.DERIVED),
    "EX": (Level.MAY, Basis.EXAMPLE),
    "NOTE": (Level.MAY, Basis.EXAMPLE),
    "MAY": (Level.MAY, Basis.KEYWORD),
}


def test_every_rule_checks_a_statement_of_its_section():
    for rule in all_rules().values():
        if not rule.comes_last:
            assert rule.code in BY_CODE, f"{rule.code} checks no statement"
            assert BY_CODE[rule.code].section == rule.section
            assert BY_CODE[rule.code].key == rule.statement


def test_no_statement_is_missing():
    assert len(BY_CODE) == 263
    gaps = [item.key for item in statements() if item.coverage is Coverage.GAP]
    assert not gaps, f"neither a rule nor a reason: {', '.join(gaps)}"


@pytest.mark.parametrize("statement", statements(), ids=lambda item: item.key)
def test_a_statement_that_can_be_told_for_certain_has_a_stable_rule(statement):
    if statement.rule is not None:
        expected = STRENGTHS.get(statement.level)
        assert expected is None or (statement.rule.level, statement.rule.basis) == expected
    if statement.confidence == 3:
        assert statement.coverage is not Coverage.COVERED, "evidence and advice never score"
    if statement.coverage in (Coverage.NOT_OBSERVABLE, Coverage.POLICY):
        assert statement.reason.endswith(".")
        assert statement.confidence > 1


def test_a_statement_has_a_rule_or_one_reason():
    for statement in statements():
        assert (statement.rule is None) == bool(statement.reason), statement.key


def test_coverage_is_what_the_project_promises():
    first = [item for item in statements() if item.confidence == 1]
    second = [item for item in statements() if item.confidence == 2]
    observed = (Coverage.COVERED, Coverage.PREVIEW)
    assert sum(item.coverage is Coverage.COVERED for item in first) >= 125
    assert sum(item.coverage in observed for item in second) >= 70
    assert sum(coverage_counts(statements()).values()) == 263
