"""What a change of policy says, in sentences."""

from plumbline.policy import Mode, Policy, RulePolicy
from plumbline.rule import Level

GUIDE = "as the guide has it"


def differences(before: Policy, after: Policy) -> list[str]:
    """One sentence a thing: ``MOD08: level as the guide has it → SHOULD``."""
    found = [
        f"weight of {level}: {_told(before.weights.get(level))} → {_told(after.weights.get(level))}"
        for level in Level
        if before.weights.get(level) != after.weights.get(level)
    ]
    for code in sorted(before.rules.keys() | after.rules.keys()):
        old, new = before.rules.get(code, RulePolicy()), after.rules.get(code, RulePolicy())
        found += [
            f"{code}: {name} {was} → {now}"
            for name, was, now in (
                ("level", _told(old.level), _told(new.level)),
                ("weight", _told(old.weight), _told(new.weight)),
                ("mode", _mode(old), _mode(new)),
            )
            if was != now
        ]
    if before.waiver_days != after.waiver_days:
        found.append(f"longest waiver: {_days(before.waiver_days)} → {_days(after.waiver_days)}")
    return found


def _told(value: object) -> str:
    return GUIDE if value is None else str(value)


def _mode(said: RulePolicy) -> str:
    if said.mode is Mode.ENFORCED and said.enforced_from is not None:
        return f"enforced from {said.enforced_from.isoformat()}"
    return _told(said.mode)


def _days(days: int | None) -> str:
    if days is None:
        return "as the installation has it"
    return f"{days} day{'' if days == 1 else 's'}"


def rebased(base: Policy, mine: Policy, theirs: Policy) -> Policy:
    """What two people made of one policy: mine where I changed something, theirs everywhere else."""
    rules = dict(theirs.rules)
    for code in base.rules.keys() | mine.rules.keys():
        if base.rules.get(code) != mine.rules.get(code):
            rules.pop(code, None)
            if code in mine.rules:
                rules[code] = mine.rules[code]
    weights = dict(theirs.weights)
    for level in Level:
        if base.weights.get(level) != mine.weights.get(level):
            weights.pop(level, None)
            if level in mine.weights:
                weights[level] = mine.weights[level]
    is_same = base.waiver_days == mine.waiver_days
    return Policy(weights, rules, theirs.waiver_days if is_same else mine.waiver_days)
