"""Adding up rule results: pure arithmetic."""

from collections.abc import Sequence

from apps.rulebook.choices import Level, RuleState
from apps.rulebook.selectors import rule_section
from plumbline import scoring


def is_task(result: scoring.Outcome) -> bool:
    """Whether a rule's result is something to do before the repository is plumb."""
    return result.state == RuleState.FAIL and result.level == Level.MUST and not result.preview


def section_figures(results: Sequence[scoring.Outcome]) -> dict[str, list[float]]:
    """Guide section to [score from 0 to 100, rules evaluated, rules failing]."""
    sections = scoring.sections(results, lambda code: rule_section(code) or "Former rules")
    return {
        name: [section.value, section.rules, section.failing] for name, section in sections.items()
    }
