"""What each tab of a repository's scorecard shows."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from apps.accounts.requests import SignedInRequest
from apps.repositories.selectors import (
    code_owners_of,
    repository_may_change,
    team_suggestions,
)
from apps.rulebook.choices import Level, RuleState
from apps.scans.models import Phase, RuleResult, Scan
from apps.scans.selectors import lint_of, migrations_of, result_list, scan_list, unreadable_list
from apps.scorecards import charts
from apps.scorecards.badge import badge_path
from apps.scorecards.finding_tab import ORDERS, findings_tab, rule_head
from apps.scorecards.listing import Facet, page_of
from apps.scorecards.migrations_tab import MigrationsView
from apps.scorecards.ruff_tab import RuffView
from apps.scorecards.selectors import Scorecard, repository_trend
from apps.scorecards.series_charts import SeriesCharts
from apps.scorecards.sharing import badge_snippets
from apps.scorecards.snapshot_series import series_of
from apps.scorecards.waiver_pages import WaiversTab
from core.addresses import whole_number
from core.templatetags.display import whole

SCANS_PER_PAGE = 30
RESULTS_PER_PAGE = 100
SNAPSHOTS_LISTED = 100
STATE_ORDER = (
    RuleState.FAIL,
    RuleState.ERROR,
    RuleState.WAIVED,
    RuleState.PASS,
    RuleState.NOT_APPLICABLE,
    RuleState.NOT_EVALUATED,
)
STATE_LABELS = {
    RuleState.FAIL: "Fail",
    RuleState.ERROR: "Error",
    RuleState.WAIVED: "Waived",
    RuleState.PASS: "Pass",
    RuleState.NOT_APPLICABLE: "Not applicable",
    RuleState.NOT_EVALUATED: "Not evaluated",
}

type Context = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Tab:
    """A tab's link; `count` is how much is behind it, where that is known without a query."""

    name: str
    label: str
    count: int | None = None


@dataclass(frozen=True, slots=True)
class ResultRow:
    """What one rule said, with its title."""

    code: str
    title: str
    section: str
    level: str
    preview: bool
    state: str
    subjects: int
    violations: int
    share: float | None
    evidence: str


def tab_list(card: Scorecard) -> list[Tab]:
    """Give the tabs of a scorecard."""
    return [
        Tab("findings", "Findings"),
        Tab("rules", "Rules", sum(card.states.values())),
        Tab("ruff", "Ruff"),
        Tab("migrations", "Migrations"),
        Tab("trend", "Trend"),
        Tab("waivers", "Waivers"),
        Tab("facts", "Facts"),
        Tab("scans", "Scans"),
    ]


def findings(request: SignedInRequest, card: Scorecard, _scan: Scan) -> Context:
    """Findings by rule, filtered by everything that they differ in."""
    found = findings_tab(user=request.user, repository=card.repository, asked=request.GET)
    return {"found": found, "query": found.query, "page": found.page, "orders": ORDERS}


def rules(request: SignedInRequest, card: Scorecard, scan: Scan) -> Context:
    """What each rule said, the six states apart."""
    results = [_result_row(result) for result in result_list(scan)]
    state = _chosen(request, "state", RuleState.values)
    section = _chosen(request, "section", {row.section for row in results})
    shown = [
        row
        for row in results
        if (not state or row.state == state) and (not section or row.section == section)
    ]
    level_order = {name: number for number, name in enumerate(Level.values)}
    shown.sort(
        key=lambda row: (
            STATE_ORDER.index(RuleState(row.state)),
            row.preview,
            level_order[row.level],
            row.code,
        )
    )
    return {
        "page": page_of(shown, request.GET.get("page"), size=RESULTS_PER_PAGE),
        "result_count": len(results),
        "states": [
            Facet(value, STATE_LABELS[value], count)
            for value in STATE_ORDER
            if (count := card.states.get(value, 0))
        ],
        "chosen_state": state,
        "chosen_section": section,
    }


def ruff(request: SignedInRequest, _card: Scorecard, scan: Scan) -> Context:
    """What ruff says, by rule family: beside the guide's findings and no part of the score."""
    report = lint_of(scan)
    return {"ruff": report and RuffView.of(report, request.GET.get("family", ""))}


def migrations(request: SignedInRequest, _card: Scorecard, scan: Scan) -> Context:
    """What Squawk finds in the SQL of the migrations: beside the guide's findings and no part of the score."""
    report = migrations_of(scan)
    return {"migrations": report and MigrationsView.of(report, request.GET.get("rule", ""))}


def trend(_request: SignedInRequest, card: Scorecard, _scan: Scan) -> Context:
    """The score over the recorded scans, what came and went, and what moved it."""
    snapshots = repository_trend(card.repository)
    known = [snapshot for snapshot in snapshots if snapshot.score is not None]
    figure = charts.score_trend(
        [snapshot.taken_at for snapshot in known],
        [float(snapshot.score or 0) for snapshot in known],
        names=[snapshot.scan.commit[:10] for snapshot in known],
    )
    return {
        "snapshots": snapshots,
        "newest": snapshots[: -SNAPSHOTS_LISTED - 1 : -1],
        "hidden": max(len(snapshots) - SNAPSHOTS_LISTED, 0),
        "figure": figure,
        "charts": SeriesCharts.of(series_of(snapshots), of_one=True),
    }


def facts(request: SignedInRequest, card: Scorecard, scan: Scan) -> Context:
    """What was found about the project, and about the scan itself."""
    return {
        "facts": [(_words(name), _figure(value)) for name, value in sorted(scan.facts.items())],
        "timings": [
            (_words(name), scan.timings[name])
            for name in sorted(scan.timings, key=_phase_number)
            if isinstance(scan.timings[name], int | float)
        ],
        "unreadable": list(unreadable_list(scan)[:500]),
        "badge_path": badge_path(card.repository),
        "snippets": badge_snippets(request, card.repository),
        "owners": (owners := code_owners_of(repository=card.repository)),
        "suggestions": team_suggestions(repository=card.repository) if owners else [],
        "may_change": repository_may_change(user=request.user, repository=card.repository),
    }


def waivers(request: SignedInRequest, card: Scorecard, _scan: Scan) -> Context:
    """The waivers of the repository, and what they do to its score."""
    found = WaiversTab.of(user=request.user, repository=card.repository, asked=request.GET)
    return {"waivers": found, "page": found.page}


def scans(request: SignedInRequest, card: Scorecard, _scan: Scan) -> Context:
    """The repository's scans, newest first."""
    rows = scan_list(user=request.user, repository=card.repository, with_past=False)
    return {"page": page_of(rows, request.GET.get("page"), size=SCANS_PER_PAGE)}


TABS: dict[str, Callable[[SignedInRequest, Scorecard, Scan], Context]] = {
    "findings": findings,
    "rules": rules,
    "ruff": ruff,
    "migrations": migrations,
    "trend": trend,
    "waivers": waivers,
    "facts": facts,
    "scans": scans,
}


def _result_row(result: RuleResult) -> ResultRow:
    head = rule_head(result.code, level=result.level, preview=result.preview)
    return ResultRow(
        code=result.code,
        title=head.title,
        section=head.section or "Former rules",
        level=result.level,
        preview=result.preview,
        state=result.state,
        subjects=result.subjects,
        violations=result.violations,
        share=result.share,
        evidence=result.evidence,
    )


def _chosen(request: SignedInRequest, name: str, known: Any) -> str | None:  # noqa: ANN401
    value = request.GET.get(name, "")
    return value if value in known else None


def _phase_number(name: str) -> tuple[int, str]:
    """Order timings as the work was done; PostgreSQL keeps the keys of JSON in an order of its own."""
    order: list[str] = Phase.values
    return (order.index(name) if name in order else len(order), name)


def _figure(value: object) -> str:
    number = whole_number(str(value), digits=15)
    return str(value) if number is None else whole(number)


def _words(name: str) -> str:
    return name.replace("_", " ")
