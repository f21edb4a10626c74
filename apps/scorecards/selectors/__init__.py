"""Figures for pages and API, read from snapshots and rule results."""

from apps.scorecards.selectors.fleet import (
    FleetOverview,
    FleetRow,
    ScoreBin,
    fleet_overview,
    fleet_rows,
    overview_of,
)
from apps.scorecards.selectors.marks import Mark
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
from apps.scorecards.selectors.series import Point, Series, series, step_fitting
from apps.scorecards.selectors.sharing import shared_link_of, shared_scorecard

__all__ = [
    "FleetOverview",
    "FleetRow",
    "Mark",
    "Point",
    "RuleOverview",
    "RuleStanding",
    "ScoreBin",
    "Scorecard",
    "SectionShare",
    "Series",
    "Task",
    "badge_repository",
    "fleet_overview",
    "fleet_rows",
    "overview_of",
    "repository_scorecard",
    "repository_trend",
    "rule_overview",
    "rule_standings",
    "scorecard_of",
    "series",
    "shared_link_of",
    "shared_scorecard",
    "snapshot_latest",
    "step_fitting",
]
