"""From a plan to what scans of it would have recorded, in the order of time."""

from __future__ import annotations

import functools
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from apps.scorecards.models import Sheet
from apps.scorecards.sheets import Changes, changes_encode, sheet_encode
from benchmarks.seeding.plan import FleetPlan, RepositoryPlan
from plumbline import scoring
from plumbline.policy import Result

_PATCHED = 0.4
"""The part of violations for which a fix is ready, of rules that have fixes."""
_NOTHING = (0.0, 0.0, 0, 0, 0, 0, 0, 0.0, 0)


@dataclass
class Step:
    """What was recorded of a repository at one time."""

    repository_id: int
    scan_id: int
    has_scan: bool
    occasion: str
    at: datetime
    ruleset: str
    engine: str
    files: int
    score: float
    unwaived: float
    waived: int
    standing: str
    evaluated: int
    applicable: int
    must_open: int
    should_open: int
    new_must: int
    tasks: int
    patches: int
    causes: dict[str, float]
    sections: str
    changes: bytes
    whole: bool
    flows: dict[str, list[int]]


class _Repository:
    """A repository as it stands while time goes by; sums are kept up to date rule by rule."""

    def __init__(self, plan: RepositoryPlan, repository_id: int, fleet: FleetPlan) -> None:
        self.plan, self.pk, self.fleet = plan, repository_id, fleet
        self.subjects, self.violations = dict(plan.subjects), dict(plan.violations)
        self.fresh = dict.fromkeys(plan.subjects, 0)
        self.waived = dict.fromkeys(plan.subjects, 0)
        self.month = ""
        self.score: float | None = None
        self.scan_id = 0
        self.engine = 0
        self._base = {code: scoring.weight(fleet.rules[code]) for code in plan.subjects}
        self._level = {code: str(fleet.rules[code].level) for code in plan.subjects}
        self._section = {code: fleet.rules[code].section for code in plan.subjects}
        self._rules = Counter(self._section.values())
        self._told: dict[str, str] = {}
        self.weigh({})

    def weigh(self, weights: Mapping[str, int]) -> None:
        """Another policy holds: all sums are made anew."""
        self._weights = {
            **self._base,
            **{code: weights[code] for code in weights if code in self._base},
        }
        self._parts = dict.fromkeys(self.subjects, _NOTHING)
        self._sum = list(_NOTHING)
        self._sections: dict[str, list[float]] = {name: [0.0, 0.0, 0] for name in self._rules}
        for code in self.subjects:
            self._sections[self._section[code]][0] += self._base[code]
        self.touch(self.subjects)

    def touch(self, codes: Iterable[str]) -> None:
        """Count rules anew of which something changed."""
        sections = set()
        for code in codes:
            violations, subjects = self.violations[code], self.subjects[code]
            counted = subjects - self.waived[code]
            share = 1 - violations / counted if counted > 0 else 1.0
            strict = 1 - (violations + self.waived[code]) / subjects
            weight, is_must = self._weights[code], self._level[code] == "MUST"
            ready = int(violations * _PATCHED) if number_of(code) % 3 == 0 else 0
            part = (
                *(weight * share, weight * strict, violations if is_must else 0),
                violations if self._level[code] == "SHOULD" else 0,
                min(self.fresh[code], violations) if is_must else 0,
                *(int(bool(violations)) if is_must else 0, ready if is_must else 0),
                *(self._base[code] * share, int(bool(violations))),
            )
            was = self._parts[code]
            self._parts[code] = part
            for place in range(7):
                self._sum[place] += part[place] - was[place]
            row = self._sections[self._section[code]]
            row[1] += part[7] - was[7]
            row[2] += part[8] - was[8]
            sections.add(self._section[code])
        for name in sections:
            total, earned, failing = self._sections[name]
            if total:
                said = [round(100 * earned / total, 1), self._rules[name], int(failing)]
                self._told[name] = f"{json.dumps(name)}:{json.dumps(said)}"

    def figures(self) -> tuple[float, float, int, int, int, int, int]:
        """Score, score without waivers, MUST and SHOULD violations, new ones, tasks, patches."""
        total = sum(self._weights.values())
        earned, strict, *counts = self._sum[:7]
        must, should, new, tasks, patches = (int(count) for count in counts)
        return (
            *(_percent(earned, total), _percent(strict, total), must, should, new, tasks, patches),
        )

    def sections(self) -> str:
        """Sections as JSON."""
        return "{" + ",".join(self._told.values()) + "}"

    def results(self, codes: Iterable[str]) -> list[Result]:
        """Results of rules as they are stored."""
        return [
            Result(
                *(code, self._level[code], self._base[code], False, self._state(code)),
                *(self.subjects[code], self.violations[code], 0, self.waived[code]),
            )
            for code in codes
        ]

    def _state(self, code: str) -> str:
        if self.violations[code]:
            return "fail"
        return "waived" if self.waived[code] else "pass"


def _percent(earned: float, total: float) -> float:
    return min(max(round(100 * earned / total, 1), 0.0), 100.0)


@functools.cache
def number_of(code: str) -> int:
    """A number of a rule that is the same each time."""
    return sum(code.encode())


class History:
    """The steps of a whole fleet, and what is left of them for other tables."""

    def __init__(
        self, plan: FleetPlan, ids: list[int], policies: list[tuple[int, dict[str, int]]]
    ) -> None:
        self.plan, self.policies = plan, policies
        self.repositories = [
            _Repository(one, pk, plan) for one, pk in zip(plan.repositories, ids, strict=True)
        ]
        self.scans = self.snapshots = 0
        self.came: list[tuple[int, str, datetime, int, int, bool]] = []
        self.went: list[tuple[int, str, datetime, int, int]] = []
        self.waivers: list[tuple[int, str, datetime, int]] = []

    def steps(self) -> Iterator[Step]:
        """Everything that was recorded, in the order of time."""
        for at, _number, day, kind, repository in self._calendar():
            yield self._step(repository, day, at, kind)

    def _calendar(self) -> list[tuple[datetime, int, int, str, _Repository]]:
        found = []
        for repository in self.repositories:
            plan = repository.plan
            own = [(day, "scan") for day in self.plan.days_of(plan)]
            own += [(day, "waiver") for day in set(plan.waived.values())]
            own += [(day, "policy") for day, _weights in self.policies if day > plan.began]
            order = {"scan": 0, "waiver": 1, "policy": 2}
            for day, kind in own:
                at = self.plan.time_of(plan, day)
                found.append((at, plan.number * 3 + order[kind], day, kind, repository))
        return sorted(found, key=lambda item: (item[0], item[1]))

    def _step(self, one: _Repository, day: int, at: datetime, kind: str) -> Step:
        plan = one.plan
        first = one.scan_id == 0
        if kind == "policy" or first:
            one.weigh(next((said for since, said in reversed(self.policies) if since <= day), {}))
        engine = sum(since <= day for since in self.plan.ruleset_days)
        flows: dict[str, list[int]] = {}
        touched: set[str] = set()
        if kind == "scan":
            self.scans += 1
            one.scan_id = self.scans
            if first:
                for code, count in plan.violations.items():
                    if count:
                        self.came.append((one.pk, code, at, one.scan_id, count, True))
            for code, more, come, go in plan.moves.get(day, ()) if not first else ():
                one.subjects[code] += more
                one.violations[code] += come - go
                one.fresh[code] += come
                touched.add(code)
                if come or go:
                    flows[code] = [come, go, 0]
                if come:
                    self.came.append((one.pk, code, at, one.scan_id, come, False))
                if go:
                    self.went.append((one.pk, code, at, one.scan_id, go))
            if engine != one.engine and not first:
                for code in list(plan.subjects)[engine::9]:
                    one.subjects[code] += 2
                    touched.add(code)
        elif kind == "waiver":
            for code, since in plan.waived.items():
                if since == day and one.violations[code]:
                    one.waived[code], one.violations[code] = one.violations[code], 0
                    self.waivers.append((one.pk, code, at, one.waived[code]))
                    touched.add(code)
        cause = {"waiver": "waiver", "policy": "policy"}.get(kind, "code")
        if engine != one.engine and kind == "scan":
            cause, one.engine = "ruleset", engine
        whole = first or one.month != at.strftime("%Y-%m")
        one.month = at.strftime("%Y-%m") if whole else one.month
        codes = list(plan.subjects) if whole else sorted(touched)
        one.touch(touched)
        score, unwaived, must, should, new, tasks, patches = one.figures()
        moved = round(score - one.score, 2) if one.score is not None else 0
        one.score = score
        self.snapshots += 1
        return Step(
            *(one.pk, one.scan_id, kind == "scan", kind, at),
            *(f"sha256:made-up-{engine}", f"1.{engine}", 20 + int(200 * plan.size)),
            *(score, unwaived, sum(one.waived.values())),
            "plumb" if not must else "off" if new else "leaning",
            *(len(plan.subjects), len(plan.subjects), must, should, new, tasks, patches),
            {cause: moved} if moved else {},
            one.sections(),
            changes_encode(Changes(one.results(codes))),
            whole,
            flows,
        )

    def result_rows(self) -> Iterator[tuple[object, ...]]:
        """The rule results of each repository's newest scan, and what does not apply."""
        at = self.plan.midnight
        for one in self.repositories:
            known = {result.code: result for result in one.results(one.subjects)}
            for code, rule in self.plan.rules.items():
                result = known.get(code)
                yield (
                    *(at, one.scan_id, code, rule.level, False),
                    *(
                        (result.state, result.subjects, result.violations, 0, result.waived, "")
                        if result
                        else ("not_applicable", 0, 0, 0, 0, "nothing of that kind is there")
                    ),
                    *(scoring.weight(rule), "made-up"),
                )

    def sheets(self) -> Iterator[Sheet]:
        """The sheet of each repository."""
        for one in self.repositories:
            results = [
                Result(
                    item.code, item.level, item.weight, False, item.state, item.subjects, item.violations, 0,
                    item.waived, int(item.violations * _PATCHED) if number_of(item.code) % 3 == 0 else 0, "made-up",
                    min(one.fresh[item.code], item.violations),
                )
                for item in one.results(one.subjects)
            ]  # fmt: skip
            yield Sheet(
                repository_id=one.pk,
                scan_id=one.scan_id,
                commit=f"{one.scan_id:040x}",
                data=sheet_encode(results),
                policy={
                    "rules": {
                        code: {"weight": weight} for code, weight in self.policies[-1][1].items()
                    }
                },
                kept_on=self.plan.midnight.date(),
            )
