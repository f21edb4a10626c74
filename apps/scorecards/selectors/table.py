"""The repositories with everything that their table shows, sorts and filters by."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models.fields.json import KeyTransform

from apps.accounts.models import Team
from apps.accounts.selectors import Person, team_list
from apps.repositories.selectors import repository_visible
from apps.scorecards.models import Headline
from apps.scorecards.selectors.fleet import FleetRow, fleet_rows
from core.bulk import is_any_of


@dataclass(frozen=True, slots=True)
class TableRow:
    """A repository's figures with what it is grouped by."""

    figures: FleetRow
    team: Team | None

    @property
    def tags(self) -> list[str]:
        """What it is tagged with."""
        return self.figures.tags

    @property
    def trouble(self) -> str:
        """What keeps its figures from being new: disabled, failed, stale, empty, waiting; blank if nothing."""
        row = self.figures
        if not row.enabled:
            return "disabled"
        if row.scan_state in {"failed", "dead"}:
            return "failed"
        if row.score is None:
            return "empty" if row.scan_state == "done" else "waiting"
        return "stale" if row.attention else ""


@dataclass(frozen=True, slots=True)
class RepositoryTable:
    """All repositories that somebody may see, and the groups that they fall into."""

    rows: list[TableRow]
    teams: list[Team]

    def tags(self) -> list[tuple[str, int]]:
        """Tags in use with their number of repositories, by name."""
        counts = Counter(tag for row in self.rows for tag in row.tags)
        return sorted(counts.items())


def repository_table(*, user: Person, team_slug: str = "") -> RepositoryTable:
    """Every repository that the user may see, by name: three queries, however many there are.

    Args:
        user: Who asks.
        team_slug: Only those of this team and of the teams in it; there may be no such team.
    """
    teams = {team.pk: team for team in team_list(user=user)}
    repositories = repository_visible(user=user)
    if team_slug:
        inside = [
            pk
            for pk, team in teams.items()
            if team_slug in (team.slug, team.parent.slug if team.parent else "")
        ]
        repositories = repositories.filter(team__in=inside)
    rows = [
        TableRow(row, teams.get(row.team_id or 0))
        for row in fleet_rows(user=user, repositories=repositories)
    ]
    return RepositoryTable(rows, list(teams.values()))


def section_scores(
    *, user: Person, repository_ids: Iterable[int] | None = None, section: str = ""
) -> dict[int, dict[str, Sequence[float]]]:
    """Repository to section of the guide to [score from 0 to 100, rules evaluated, rules failing].

    Args:
        user: Who asks.
        repository_ids: Of these; of all that the user may see if none are given.
        section: Only this one: a thousand repositories have thirty times as much to say.
    """
    rows = Headline.objects.filter(repository__in=repository_visible(user=user))
    if repository_ids is not None:
        rows = rows.filter(is_any_of("repository", repository_ids))
    if not section:
        return dict(rows.order_by().values_list("repository_id", "sections"))
    one = rows.order_by().values_list("repository_id", KeyTransform(section, "sections"))
    return {pk: {section: figures} for pk, figures in one if figures is not None}
