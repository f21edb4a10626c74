"""Figures for pages and API, read from snapshots and rule results."""

from apps.scorecards.selectors.fleet import (
    FleetOverview,
    FleetPoint,
    FleetRow,
    ScoreBin,
    fleet_overview,
    fleet_rows,
    fleet_trend,
    overview_of,
    rows_with_history,
)
from apps.scorecards.selectors.repository import (
    Scorecard,
    SectionShare,
    Task,
    badge_repository,
    repository_scorecard,
    repository_trend,
    scorecard_of,
    snapshot_latest,
)
from apps.scorecards.selectors.rules import (
    RuleOverview,
    RuleStanding,
    rule_overview,
    rule_standings,
)

__all__ = [
    "FleetOverview",
    "FleetPoint",
    "FleetRow",
    "RuleOverview",
    "RuleStanding",
    "ScoreBin",
    "Scorecard",
    "SectionShare",
    "Task",
    "badge_repository",
    "fleet_overview",
    "fleet_rows",
    "fleet_trend",
    "overview_of",
    "repository_scorecard",
    "repository_trend",
    "rows_with_history",
    "rule_overview",
    "rule_standings",
    "scorecard_of",
    "snapshot_latest",
]
