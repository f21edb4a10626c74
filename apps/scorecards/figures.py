"""Adding up rule results: pure arithmetic."""

from apps.rulebook.choices import Level, RuleState
from apps.rulebook.selectors import rule_section
from apps.scans.models import RuleResult

_JUDGED = {RuleState.PASS, RuleState.FAIL}


def is_task(result: RuleResult) -> bool:
    """Whether a rule's result is something to do before the repository is plumb."""
    return result.state == RuleState.FAIL and result.level == Level.MUST and not result.preview


def sections_sum(results: list[RuleResult]) -> dict[str, list[int]]:
    """Guide section to [subjects in order, subjects, rules], over rules that judged and score."""
    sections: dict[str, list[int]] = {}
    for result in results:
        if result.preview or result.state not in _JUDGED:
            continue
        total = sections.setdefault(rule_section(result.code) or "Former rules", [0, 0, 0])
        counted = max(result.subjects - result.suppressed, 0)
        total[0] += max(counted - result.violations, 0)
        total[1] += counted
        total[2] += 1
    return sections
