"""Reading the rules, straight from the engine's registry."""

from collections.abc import Mapping, Sequence

from core.exceptions import NotFound
from plumbline.guide import Statement, statements
from plumbline.registry import all_rules
from plumbline.rule import Rule

# What one violation of each kind of rule costs to put right, in minutes, to order tasks by.
_MINUTES = {"minutes": 5, "about an hour": 60, "days": 960}


def rule_list() -> list[Rule]:
    """Every rule, in the order of the guide."""
    return list(all_rules().values())


def statement_list() -> Sequence[Statement]:
    """Every statement of the guide, in its order."""
    return statements()


def rule_get(code: str) -> Rule:
    """One rule by its code, in any case.

    Raises:
        NotFound: There is no such rule.
    """
    rule = all_rules().get(code.upper())
    if rule is None:
        raise NotFound("There is no such rule.", remedy="See /rules/ for all of them.")
    return rule


def rules_by_code() -> Mapping[str, Rule]:
    """Code to rule."""
    return all_rules()


def rule_section(code: str) -> str:
    """The guide section of a rule; blank for one that is no more."""
    rule = all_rules().get(code)
    return rule.section if rule else ""


def rule_mentions(rule: Rule, text: str) -> bool:
    """Whether the code, name, title or section of a rule holds a text, in any case."""
    return text.casefold() in f"{rule.code} {rule.slug} {rule.title} {rule.section}".casefold()


def rule_minutes(code: str) -> int:
    """Roughly how many minutes one violation of a rule costs to put right."""
    rule = all_rules().get(code)
    return _MINUTES.get(str(rule.effort), 60) if rule else 60


def section_list() -> list[str]:
    """The guide's sections that have rules, in its order."""
    return list(dict.fromkeys(rule.section for rule in all_rules().values()))
