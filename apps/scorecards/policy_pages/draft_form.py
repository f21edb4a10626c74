"""A draft as a form gives it: some rules of a policy, the others as they were."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import msgspec

from apps.rulebook.services import PolicyInvalid, policy_checked
from core.addresses import whole_number
from core.cleaning import clean_text
from plumbline.policy import Mode, Policy, RulePolicy
from plumbline.registry import all_rules
from plumbline.rule import Level

FIELDS = ("level", "weight", "mode", "from")
DEFAULT = "default"
WAIVER_DAYS = "waiver_days"
BASE_LIMIT = 200_000


@dataclass(slots=True)
class DraftForm:
    """What somebody typed, and the policy that it makes of the one that was on the page.

    ``base`` is what the page showed as saved, so that what was changed on it can be told from what others changed.
    """

    typed: Mapping[str, str]
    base: Policy
    policy: Policy
    problem: PolicyInvalid | None = None
    wrong: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, typed: Mapping[str, str], *, saved: Policy) -> "DraftForm":
        """Read a form; what cannot be used is left as it was, and said so."""
        base = _base(typed.get("base", ""), saved)
        form = cls(typed, base, base)
        form.policy = Policy(form._weights(), form._rules(), form._waiver_days())
        if form.problem is None:
            try:
                policy_checked(msgspec.to_builtins(form.policy))
            except PolicyInvalid as problem:
                form.problem = problem
        return form

    def _rules(self) -> dict[str, RulePolicy]:
        rules = dict(self.base.rules)
        for code in all_rules():
            if f"level-{code}" not in self.typed:
                continue
            said = self._said(code)
            rules.pop(code, None)
            if said != RulePolicy():
                rules[code] = said
        return rules

    def _said(self, code: str) -> RulePolicy:
        level, mode = self._text(f"level-{code}"), self._text(f"mode-{code}")
        chosen = Mode(mode) if mode in set(Mode) else None
        return RulePolicy(
            level=Level(level) if level in set(Level) else None,
            weight=self._whole(f"weight-{code}", f"The weight of {code}"),
            mode=chosen,
            enforced_from=self._day(f"from-{code}", code) if chosen is Mode.ENFORCED else None,
        )

    def _weights(self) -> dict[Level, int]:
        weights = dict(self.base.weights)
        for level in Level:
            name = f"{DEFAULT}-{level}"
            if name in self.typed:
                weights.pop(level, None)
                number = self._whole(name, f"The weight of {level}")
                if number is not None:
                    weights[level] = number
        return weights

    def _waiver_days(self) -> int | None:
        if WAIVER_DAYS not in self.typed:
            return self.base.waiver_days
        return self._whole(WAIVER_DAYS, "The longest waiver")

    def _whole(self, name: str, what: str) -> int | None:
        text = self._text(name)
        if not text:
            return None
        number = whole_number(text, digits=6)
        if number is None:
            self._refuse(name, f"{what} is not a whole number.", "Give digits alone.")
        return number

    def _day(self, name: str, code: str) -> date | None:
        text = self._text(name)
        if not text:
            return None
        try:
            return date.fromisoformat(text)
        except ValueError:
            text = f"The day from which {code} is enforced is none."
            self._refuse(name, text, "Write it as 2027-03-01.")
            return None

    def _refuse(self, name: str, text: str, remedy: str) -> None:
        self.wrong.add(name)
        self.problem = self.problem or PolicyInvalid(text, remedy=remedy)

    def _text(self, name: str) -> str:
        return clean_text(self.typed.get(name, "").strip(), limit=20)


def rule_values(said: RulePolicy) -> dict[str, str]:
    """The fields of a form that say what a policy says of a rule."""
    return {
        "level": str(said.level or ""),
        "weight": "" if said.weight is None else str(said.weight),
        "mode": str(said.mode or ""),
        "from": said.enforced_from.isoformat() if said.enforced_from else "",
    }


def base_text(policy: Policy) -> str:
    """A policy as a hidden field carries it."""
    return msgspec.json.encode(policy).decode()


def _base(text: str, saved: Policy) -> Policy:
    if not text or len(text) > BASE_LIMIT:
        return saved
    try:
        return msgspec.json.decode(text, type=Policy)
    except (msgspec.DecodeError, UnicodeError):
        return saved
