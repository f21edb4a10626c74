"""A rule tried out in the fleet's policy, on its own page: nothing is saved."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from apps.accounts.selectors import Person
from apps.rulebook.selectors import layer_find, layer_with, policy_may_publish
from apps.scorecards.policy_pages.effects import EffectsView
from apps.scorecards.policy_pages.query import Around
from apps.scorecards.policy_pages.rows import MODES
from plumbline.policy import Mode, RulePolicy, Terms, terms_for
from plumbline.rule import Level, Rule

TRIED = {Mode.OFF: MODES[Mode.OFF], Mode.PREVIEW: MODES[Mode.PREVIEW], Mode.ON: MODES[Mode.ON]}


@dataclass(frozen=True, slots=True)
class RuleTrial:
    """What a rule counts for in the fleet today, what somebody asks about it, and what that would do."""

    now: Terms
    says_something: bool
    level: str
    mode: str
    effects: EffectsView | None
    around: Around | None
    may_publish: bool

    @classmethod
    def of(cls, *, user: Person, rule: Rule, address: Mapping[str, str]) -> "RuleTrial":
        """Read what an address asks; what makes no sense asks nothing."""
        layer = layer_find(user=user, key="fleet")
        level, mode = address.get("level", ""), address.get("mode", "")
        level, mode = level if level in set(Level) else "", mode if mode in set(TRIED) else ""
        asked = RulePolicy(level=Level(level) if level else None, mode=Mode(mode) if mode else None)
        policy = layer.policy
        effects = None
        if asked != RulePolicy():
            rules = policy.rules | {rule.code: asked}
            draft = layer_with(layer=layer, policy=msgspec.structs.replace(policy, rules=rules))
            effects = EffectsView.of(user=user, draft=draft, page=address.get("movers"))
        return cls(
            now=terms_for(policy, rule),
            says_something=rule.code in policy.rules,
            level=level,
            mode=mode,
            effects=effects,
            around=_around(effects, level, mode) if effects else None,
            may_publish=policy_may_publish(user=user),
        )

    @property
    def levels(self) -> list[str]:
        """The levels to try."""
        return [str(level) for level in Level]

    @property
    def modes(self) -> dict[Mode, str]:
        """The modes to try, with what people call them."""
        return TRIED

    @property
    def now_mode(self) -> str:
        """What people call the mode that holds now."""
        return MODES[self.now.mode]


def _around(effects: EffectsView, level: str, mode: str) -> Around:
    page = effects.movers

    def at(number: int) -> str:
        return f"?level={level}&mode={mode}&movers={number}"

    return Around(
        at(page.number - 1) if page.has_previous() else "",
        at(page.number + 1) if page.has_next() else "",
    )
