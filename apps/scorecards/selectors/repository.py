"""One repository: does it comply, and if not, what first."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from apps.accounts.selectors import Person
from apps.repositories.models import Repository
from apps.repositories.selectors import repository_get
from apps.rulebook.choices import RuleState
from apps.rulebook.policies import group_of
from apps.rulebook.selectors import policy_book, rule_minutes, rules_by_code, section_list
from apps.scans.models import Scan
from apps.scans.selectors import result_list, unreadable_list
from apps.scorecards.badge import badge_key_fits
from apps.scorecards.figures import is_task
from apps.scorecards.models import Snapshot
from apps.scorecards.selectors.latest import base_of
from apps.scorecards.sheets import sheet_of
from core.exceptions import NotFound
from plumbline.policy import Result, applied

TREND_POINTS = 500


@dataclass(frozen=True, slots=True)
class Task:
    """A rule to bring in order before the repository is plumb; ``minutes`` for all of it."""

    code: str
    title: str
    level: str
    section: str
    effort: str
    violations: int
    minutes: int


@dataclass(frozen=True, slots=True)
class SectionShare:
    """How far a section of the guide is followed: its score from 0 to 100, over the rules evaluated."""

    name: str
    score: float
    rules: int
    failing: int

    @property
    def share(self) -> float:
        """The score as a part of 1."""
        return self.score / 100


@dataclass(frozen=True, slots=True)
class Scorecard:
    """What a repository's page says first; without a finished scan only the repository is known."""

    repository: Repository
    scan: Scan | None
    score: float | None
    score_without_waivers: float | None
    standing: str
    delta: float | None
    evaluated: int
    applicable: int
    must_open: int
    should_open: int
    suppressed: int
    waived: int
    unreadable: int
    tasks: list[Task]
    sections: list[SectionShare]
    states: dict[str, int]
    taken_at: datetime | None


def repository_scorecard(*, user: Person, slug: str) -> Scorecard:
    """The scorecard of a repository.

    Raises:
        NotFound: There is none, or the user may not see it.
    """
    return scorecard_of(repository_get(user=user, slug=slug))


def scorecard_of(repository: Repository) -> Scorecard:
    """The scorecard of a repository that the caller may see."""
    snapshot = snapshot_latest(repository)
    if snapshot is None:
        return Scorecard(
            repository,
            scan=None,
            score=None,
            score_without_waivers=None,
            standing="",
            delta=None,
            evaluated=0,
            applicable=0,
            must_open=0,
            should_open=0,
            suppressed=0,
            waived=0,
            unreadable=0,
            tasks=[],
            sections=[],
            states=_states([]),
            taken_at=None,
        )
    scan = snapshot.scan
    terms = policy_book().terms(group_of(repository))
    results = applied(sheet_of(result_list(scan), {}), terms)
    score = None if snapshot.score is None else float(snapshot.score)
    return Scorecard(
        repository=repository,
        scan=scan,
        score=score,
        score_without_waivers=(
            None
            if snapshot.score_without_waivers is None
            else float(snapshot.score_without_waivers)
        ),
        standing=snapshot.standing,
        delta=_delta(repository, score),
        evaluated=snapshot.evaluated,
        applicable=snapshot.applicable,
        must_open=snapshot.must_open,
        should_open=snapshot.should_open,
        suppressed=snapshot.suppressed,
        waived=snapshot.waived,
        unreadable=unreadable_list(scan).count(),
        tasks=_tasks(results),
        sections=_sections(snapshot),
        states=_states(results),
        taken_at=snapshot.taken_at,
    )


def badge_repository(*, slug: str, key: str) -> Repository:
    """The repository whose badge somebody may see because they know its key.

    Raises:
        NotFound: There is none, or the key is wrong.
    """
    repository = Repository.objects.filter(slug=slug).first()
    if repository is None or not badge_key_fits(repository, key):
        raise NotFound("There is no such badge.")
    return repository


def snapshot_latest(repository: Repository) -> Snapshot | None:
    """The newest snapshot of a repository, with its scan."""
    return (
        Snapshot.objects.filter(repository=repository, replayed=False)
        .select_related("scan")
        .order_by("-taken_at", "-id")
        .first()
    )


def repository_trend(repository: Repository) -> list[Snapshot]:
    """The newest snapshots of a repository with their scans, oldest first."""
    newest = (
        Snapshot.objects.filter(repository=repository)
        .select_related("scan")
        .defer("sections", "changes", "flows")
        .order_by("-taken_at", "-id")[:TREND_POINTS]
    )
    return list(reversed(newest))


def _delta(repository: Repository, score: float | None) -> float | None:
    if score is None:
        return None
    base = base_of(repository)
    if base is None or base.then is None or base.previous is None:
        return None
    return round(score - base.then, 2)


def _tasks(results: list[Result]) -> list[Task]:
    """What stands between the repository and plumb, cheapest first."""
    rules = rules_by_code()
    tasks = []
    for result in results:
        if not is_task(result):
            continue
        rule = rules.get(result.code)
        tasks.append(
            Task(
                code=result.code,
                title=rule.title if rule else result.code,
                level=result.level,
                section=rule.section if rule else "",
                effort=str(rule.effort) if rule else "",
                violations=result.violations,
                minutes=rule_minutes(result.code) * result.violations,
            )
        )
    return sorted(tasks, key=lambda task: (task.minutes, task.violations, task.code))


def _sections(snapshot: Snapshot) -> list[SectionShare]:
    order = {name: number for number, name in enumerate(section_list())}
    sections = [SectionShare(name, *figures) for name, figures in snapshot.sections.items()]
    return sorted(sections, key=lambda section: order.get(section.name, len(order)))


def _states(results: list[Result]) -> dict[str, int]:
    """How many rules are in each of the six states, all six always there."""
    counts = Counter(result.state for result in results)
    return {state: counts.get(state, 0) for state in RuleState.values}
