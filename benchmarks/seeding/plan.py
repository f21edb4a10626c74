"""What happens in a made-up fleet, day by day, in plain numbers."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from plumbline.registry import all_rules

_WORK_HOURS = (7, 20)
_TAGS = ("legacy", "public-api", "internal", "payments", "pii", "monolith", "service", "library")
_TEAMS = (
    "Payments", "Checkout", "Catalogue", "Search", "Identity", "Billing", "Logistics", "Pricing", "Messaging", "Mobile",
    "Data Platform", "Developer Platform", "Growth", "Support Tools", "Compliance", "Partners", "Inventory", "Returns",
    "Recommendations", "Fraud", "Subscriptions", "Content", "Localisation", "Observability", "Finance Systems",
)  # fmt: skip


@dataclass(frozen=True)
class FleetSize:
    """How large a fleet shall be; ``findings`` are the open ones, ``days`` its history.

    ``activity`` is 1 where a repository changes on a quarter of all days.
    """

    repositories: int
    teams: int
    findings: int
    days: int
    seed: int
    activity: float = 1.0


@dataclass
class RepositoryPlan:
    """A repository: how large, how busy, which way it goes, and how each rule stands in it at first."""

    number: int
    name: str
    team: int | None
    tags: list[str]
    began: int
    size: float
    activity: float
    drift: float
    subjects: dict[str, int] = field(default_factory=dict)
    violations: dict[str, int] = field(default_factory=dict)
    moves: dict[int, list[tuple[str, int, int, int]]] = field(default_factory=dict)
    """Day → (rule, subjects more or less, violations that come, violations that go)."""
    waived: dict[str, int] = field(default_factory=dict)
    """Rule → the day from which all its violations are waived; nothing moves there any more."""


class FleetPlan:
    """A whole fleet, the same for the same size and seed."""

    def __init__(self, size: FleetSize, now: datetime) -> None:
        self.size = size
        self.midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        self._chance = random.Random(size.seed)  # noqa: S311 - made up, and the same each time
        rules = [rule for rule in all_rules().values() if not rule.preview]
        self.rules = {rule.code: rule for rule in rules}
        # Few rules look at much, many at little.
        self._reach = {code: self._chance.lognormvariate(1.2, 1.3) for code in self.rules}
        # A few rules are followed by nearly nobody, most by most.
        self._ease = {code: self._chance.betavariate(2.2, 0.9) for code in self.rules}
        self.ruleset_days = sorted({size.days // 4, size.days * 3 // 5, size.days - 40})
        self.policy_days = sorted({size.days // 3, size.days * 2 // 3, size.days - 20})
        self.repositories = [self._repository(number) for number in range(size.repositories)]
        self._fill()

    def team_names(self) -> list[str]:
        """Names of teams; every fifth holds the four after it."""
        count = self.size.teams
        return [
            name if number < len(_TEAMS) else f"{name} {number // len(_TEAMS) + 1}"
            for number in range(count)
            for name in [_TEAMS[number % len(_TEAMS)]]
        ]

    def time_of(self, repository: RepositoryPlan, day: int) -> datetime:
        """When a repository was judged on a day."""
        chance = random.Random(repository.number * 10_007 + day)  # noqa: S311
        hours = chance.uniform(*_WORK_HOURS)
        if day == self.size.days:  # today: before now
            hours = chance.uniform(0, 0.2)
        return self.midnight - timedelta(days=self.size.days - day) + timedelta(hours=hours)

    def _repository(self, number: int) -> RepositoryPlan:
        chance = self._chance
        began = 0 if chance.random() < 0.6 else chance.randrange(max(self.size.days - 20, 1))
        plan = RepositoryPlan(
            number=number,
            name=f"{chance.choice(_NOUNS)}-{chance.choice(_KINDS)}-{number:04d}",
            team=None if chance.random() < 0.03 else chance.randrange(max(self.size.teams, 1)),
            tags=sorted(chance.sample(_TAGS, chance.randrange(4))),
            began=began,
            size=chance.lognormvariate(0, 1.1),
            activity=chance.betavariate(0.9, 2.4) * self.size.activity,
            drift=chance.gauss(-0.04, 0.22),
        )
        if self.size.teams == 0:
            plan.team = None
        care = chance.betavariate(1.6, 1.6)
        for code in self.rules:
            if chance.random() < 0.35:
                continue
            subjects = 1 + int(self._reach[code] * plan.size * chance.lognormvariate(1.0, 0.6))
            plan.subjects[code] = subjects
            followed = 1 - (1 - self._ease[code]) * (1.4 - care) * chance.random()
            fails = chance.random() < 0.75 - 0.6 * care * self._ease[code]
            plan.violations[code] = max(int(subjects * (1 - followed)), 1) if fails else 0
        return plan

    def _fill(self) -> None:
        """Let time go by, then raise what was there at first until as many findings are open as asked for."""
        held = [self._live(plan) for plan in self.repositories]
        lacking = self.size.findings - sum(held)
        if lacking < 0:  # a small fleet: fewer of everything
            self._thin(self.size.findings / max(sum(held), 1))
            held = [self._live(plan) for plan in self.repositories]
            lacking = max(self.size.findings - sum(held), 0)
        weights = [plan.size for plan in self.repositories]
        share = lacking / sum(weights)
        left = lacking
        for plan in self.repositories:
            failing = [code for code, count in plan.violations.items() if count] or list(
                plan.subjects
            )
            failing = [code for code in failing if code not in plan.waived]
            part = left if plan is self.repositories[-1] else min(int(share * plan.size), left)
            left -= part
            reach = [self._reach[code] for code in failing]
            for code, weight in zip(failing, reach, strict=True):
                more = int(part * weight / sum(reach))
                plan.violations[code] += more
                plan.subjects[code] += int(more * 1.3)
            rest = part - sum(int(part * weight / sum(reach)) for weight in reach)
            plan.violations[failing[0]] += rest
            plan.subjects[failing[0]] += rest

    def _thin(self, part: float) -> None:
        for plan in self.repositories:
            plan.violations = {
                code: int(count * part * 0.9) for code, count in plan.violations.items()
            }

    def _live(self, plan: RepositoryPlan) -> int:
        """Decide what happens to a repository; how many findings are open in the end."""
        chance = random.Random(self.size.seed * 1_000_003 + plan.number)  # noqa: S311
        plan.moves, plan.waived = {}, {}
        codes = list(plan.subjects)
        weights = [self._reach[code] for code in codes]
        now = dict(plan.violations)
        for code in chance.sample(codes, min(len(codes), chance.choice((0, 0, 1, 2)))):
            if plan.violations[code]:
                plan.waived[code] = max(self.size.days - chance.randrange(1, 150), plan.began + 1)
        for day in range(plan.began + 1, self.size.days + 1):
            is_weekend = (self.midnight - timedelta(days=self.size.days - day)).weekday() > 4
            if chance.random() > plan.activity * (0.15 if is_weekend else 1.25):
                continue
            moves = []
            for code in dict.fromkeys(
                chance.choices(codes, weights, k=chance.choice((1, 2, 3, 5)))
            ):
                if code in plan.waived:
                    continue
                come = go = 0
                if chance.random() < 0.35:
                    size = 1 + int(chance.expovariate(0.9))
                    if chance.random() < 0.5 + plan.drift / 2:
                        come = size
                    else:
                        go = min(size, now[code])
                now[code] += come - go
                more = come + chance.choice((0, 0, 1, 1, 2, 3))
                moves.append((code, more, come, go))
            plan.moves[day] = moves
        return sum(count for code, count in now.items() if code not in plan.waived)

    def days_of(self, plan: RepositoryPlan) -> Iterator[int]:
        """The days on which a repository is judged with another result than before."""
        extra = {day for day in self.ruleset_days if day > plan.began}
        yield from sorted({plan.began} | plan.moves.keys() | extra)


_NOUNS = (
    "orders", "ledger", "invoices", "basket", "stock", "users", "mail", "search", "catalog", "shipping", "labels",
    "pricing", "coupons", "reviews", "tickets", "reports", "exports", "imports", "sessions", "profiles", "media",
)  # fmt: skip
_KINDS = (
    "api",
    "service",
    "web",
    "admin",
    "worker",
    "portal",
    "gateway",
    "core",
    "backoffice",
    "sync",
)
