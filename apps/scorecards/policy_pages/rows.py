"""The rules of a draft as lines of a form."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import msgspec

from django.utils import timezone

from apps.scorecards.policy_pages.draft_form import FIELDS, rule_values
from plumbline.policy import Mode, Policy, RulePolicy, Terms, due, merged, terms_for
from plumbline.rule import Level, Rule

MODES = {
    Mode.OFF: "Off",
    Mode.PREVIEW: "Preview",
    Mode.ON: "On",
    Mode.ENFORCED: "Enforced",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """An option; the blank one leaves a rule as it is without this layer."""

    value: str
    label: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class RuleLine:
    """A rule with what a draft says of it.

    ``below`` is what holds without the layer and ``source`` which layer says so, for each field; ``weight`` is what the
    rule weighs if the draft names no weight.
    """

    rule: Rule
    below: Terms
    source: Mapping[str, str]
    weight: int
    is_changed: bool
    is_unsaved: bool
    values: Mapping[str, str]
    wrong: frozenset[str]

    @property
    def levels(self) -> list[Choice]:
        """The levels to choose from."""
        return self._choices("level", str(self.below.level), {level: str(level) for level in Level})

    @property
    def modes(self) -> list[Choice]:
        """The modes to choose from."""
        return self._choices("mode", MODES[self.below.mode], MODES)

    def _choices(self, name: str, below: str, labels: Mapping[Any, str]) -> list[Choice]:
        chosen = self.values[name]
        return [
            Choice("", f"{below} · {self.source[name]}", not chosen),
            *(Choice(str(value), label, chosen == value) for value, label in labels.items()),
        ]


@dataclass(frozen=True, slots=True)
class RuleBlock:
    """The rules of one section of the guide that are on this page."""

    section: str
    lines: list[RuleLine]


@dataclass(frozen=True, slots=True)
class Lines:
    """Makes the lines of rules of one draft."""

    saved: Policy
    drafted: Policy
    below: Policy
    source: str
    typed: Mapping[str, str]
    wrong: frozenset[str]

    def blocks(self, rules: Iterable[Rule]) -> list[RuleBlock]:
        """The lines of some rules, by section."""
        return [
            RuleBlock(section, [self._line(rule) for rule in some])
            for section, some in groupby(rules, key=lambda rule: rule.section)
        ]

    def pending(self, shown: Sequence[Rule]) -> list[tuple[str, str]]:
        """The fields of what was changed, is not saved and is not on this page, so that it is not lost."""
        codes = {
            code
            for code in self.saved.rules.keys() | self.drafted.rules.keys()
            if self._is_unsaved(code)
        } - {rule.code for rule in shown}
        return [
            (f"{name}-{code}", value)
            for code in sorted(codes)
            for name, value in rule_values(self._said(code)).items()
        ]

    def _line(self, rule: Rule) -> RuleLine:
        said = self._said(rule.code)
        values = rule_values(said)
        wrong = {name for name in FIELDS if f"{name}-{rule.code}" in self.wrong}
        values |= {name: self.typed[f"{name}-{rule.code}"][:20] for name in wrong}
        usual = msgspec.structs.replace(said, weight=None)
        own = due(Policy(self.drafted.weights, {rule.code: usual}), timezone.localdate())
        below = self.below.rules.get(rule.code, RulePolicy())
        return RuleLine(
            rule=rule,
            below=terms_for(self.below, rule),
            source={
                "level": self.source if below.level or below.mode is Mode.ENFORCED else "guide",
                "mode": self.source if below.mode else "guide",
            },
            weight=terms_for(merged([self.below, own]), rule).weight,
            is_changed=said != RulePolicy(),
            is_unsaved=self._is_unsaved(rule.code) or bool(wrong),
            values=values,
            wrong=frozenset(wrong),
        )

    def _said(self, code: str) -> RulePolicy:
        return self.drafted.rules.get(code, RulePolicy())

    def _is_unsaved(self, code: str) -> bool:
        return self.saved.rules.get(code) != self.drafted.rules.get(code)
