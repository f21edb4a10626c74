"""How many findings of a repository there are, by everything that its page filters them by."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import Count

from apps.accounts.selectors import Person
from apps.findings.selectors import finding_list
from apps.repositories.models import Repository


@dataclass(frozen=True, slots=True)
class TallyRow:
    """So many findings of one rule, level and state."""

    state: str
    level: str
    code: str
    count: int


@dataclass(frozen=True, slots=True)
class FindingTally:
    """The counts of one repository, from one query."""

    rows: list[TallyRow]

    def by_state(self) -> Mapping[str, int]:
        """State to count, whatever else is chosen."""
        return _sum((row.state, row.count) for row in self.rows)

    def by_level(self, *, state: str) -> Mapping[str, int]:
        """Level to count among the findings in a state."""
        return _sum((row.level, row.count) for row in self.rows if row.state == state)

    def by_code(self, *, state: str, level: str | None = None) -> Mapping[str, int]:
        """Rule to count among the findings in a state, and of a level if one is chosen."""
        return _sum(
            (row.code, row.count)
            for row in self.rows
            if row.state == state and level in {None, row.level}
        )


def finding_tally(*, user: Person, repository: Repository) -> FindingTally:
    """Count a repository's findings."""
    rows = (
        finding_list(user=user, repository=repository, state=None)
        .order_by()
        .values("state", "level", "code")
        .annotate(findings=Count("pk"))
        .values_list("state", "level", "code", "findings")
    )
    return FindingTally([TallyRow(*row) for row in rows])


def _sum(pairs: Iterable[tuple[str, int]]) -> Mapping[str, int]:
    counts: Counter[str] = Counter()
    for name, count in pairs:
        counts[name] += count
    return counts
