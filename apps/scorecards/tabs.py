"""What each tab of a repository's scorecard shows."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.core.paginator import Page, Paginator
from django.urls import reverse
from django.utils.functional import cached_property

from apps.accounts.requests import SignedInRequest
from apps.findings.choices import FindingState
from apps.findings.models import Finding
from apps.findings.selectors import finding_list
from apps.rulebook.choices import Level, RuleState
from apps.rulebook.selectors import rules_by_code
from apps.scans.models import Phase, RuleResult, Scan
from apps.scans.selectors import lint_of, migrations_of, result_list, scan_list, unreadable_list
from apps.scorecards import charts
from apps.scorecards.badge import badge_path
from apps.scorecards.listing import Facet, page_of
from apps.scorecards.migrations_tab import MigrationsView
from apps.scorecards.ruff_tab import RuffView
from apps.scorecards.selectors import Scorecard, repository_trend
from apps.scorecards.selectors.tally import FindingTally, finding_tally

FINDINGS_PER_PAGE = 40
SCANS_PER_PAGE = 30
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
class RuleHead:
    """What a list says of a rule; a rule that is no more keeps its code."""

    code: str
    title: str
    level: str
    preview: bool
    section: str = ""


@dataclass(frozen=True, slots=True)
class FindingGroup:
    """Findings of one rule on this page; `count` is how many the rule has on all pages."""

    rule: RuleHead
    count: int
    findings: list[Finding]


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


class CountedPaginator(Paginator[Finding]):
    """A paginator that is told how many there are."""

    def __init__(self, rows: Any, size: int, *, count: int) -> None:  # noqa: ANN401 - as its base
        """Take the count instead of asking for it."""
        super().__init__(rows, size)
        self._count = count

    @cached_property
    def count(self) -> int:
        """How many rows there are on all pages."""
        return self._count


def tab_list(card: Scorecard) -> list[Tab]:
    """Give the tabs of a scorecard."""
    return [
        Tab("findings", "Findings"),
        Tab("rules", "Rules", sum(card.states.values())),
        Tab("ruff", "Ruff"),
        Tab("migrations", "Migrations"),
        Tab("trend", "Trend"),
        Tab("facts", "Facts"),
        Tab("scans", "Scans"),
    ]


def findings(request: SignedInRequest, card: Scorecard, _scan: Scan) -> Context:
    """Findings by rule with the code around them."""
    tally = finding_tally(user=request.user, repository=card.repository)
    state = _chosen(request, "state", FindingState.values) or FindingState.OPEN
    level = _chosen(request, "level", Level.values)
    counts = tally.by_code(state=state, level=level)
    code = _chosen(request, "code", {row.code for row in tally.rows})
    rows = finding_list(
        user=request.user, repository=card.repository, state=state, level=level, code=code
    )
    total = counts.get(code, 0) if code else sum(counts.values())
    page = CountedPaginator(rows, FINDINGS_PER_PAGE, count=total).get_page(request.GET.get("page"))
    return {
        "page": page,
        "groups": _groups(page, counts),
        "states": _state_facets(tally),
        "levels": [
            Facet(name, name, count)
            for name in Level.values
            if (count := tally.by_level(state=state).get(name, 0))
        ],
        "chosen_state": state,
        "chosen_level": level,
        "chosen_rule": rule_head(code) if code else None,
    }


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
        "results": shown,
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
    """The score over the recorded scans."""
    snapshots = repository_trend(card.repository)
    known = [snapshot for snapshot in snapshots if snapshot.score is not None]
    figure = charts.score_trend(
        [snapshot.taken_at for snapshot in known],
        [float(snapshot.score or 0) for snapshot in known],
        names=[snapshot.scan.commit[:10] for snapshot in known],
    )
    return {"snapshots": snapshots, "figure": figure}


def facts(request: SignedInRequest, card: Scorecard, scan: Scan) -> Context:
    """What was found about the project, and about the scan itself."""
    page_url = request.build_absolute_uri(
        reverse("scorecards:repository", args=[card.repository.slug])
    )
    return {
        "facts": [(_words(name), _figure(value)) for name, value in sorted(scan.facts.items())],
        "timings": [
            (_words(name), scan.timings[name])
            for name in sorted(scan.timings, key=_phase_number)
            if isinstance(scan.timings[name], int | float)
        ],
        "unreadable": list(unreadable_list(scan)[:500]),
        "badge_path": badge_path(card.repository),
        "badge_url": request.build_absolute_uri(badge_path(card.repository)),
        "page_url": page_url,
    }


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
    "facts": facts,
    "scans": scans,
}


def rule_head(code: str, *, level: str = "", preview: bool = False) -> RuleHead:
    """Give a rule's heading from its source; what was recorded stands in for one that is gone."""
    rule = rules_by_code().get(code)
    if rule is None:
        return RuleHead(code, code, level or Level.MAY, preview)
    return RuleHead(code, rule.title, str(rule.level), rule.preview, rule.section)


def _groups(page: Page[Finding], counts: Any) -> list[FindingGroup]:  # noqa: ANN401
    groups = []
    for code, found in groupby(page, key=lambda finding: finding.code):
        rows = list(found)
        head = rule_head(code, level=rows[0].level, preview=rows[0].preview)
        groups.append(FindingGroup(head, counts.get(code, len(rows)), rows))
    return groups


def _state_facets(tally: FindingTally) -> list[Facet]:
    labels = {
        FindingState.OPEN: "Open",
        FindingState.SUPPRESSED: "Suppressed",
        FindingState.FIXED: "Fixed",
    }
    rare = {
        FindingState.WAIVED: "Waived",
        FindingState.REMOVED_BY_RULE: "Removed by rule",
        FindingState.REMOVED_WITH_FILE: "Removed with file",
    }
    counts = tally.by_state()
    labels |= {state: label for state, label in rare.items() if counts.get(state)}
    return [Facet(value, label, counts.get(value, 0)) for value, label in labels.items()]


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
    text = str(value)
    return (
        f"{int(text):,}".replace(",", "\N{NARROW NO-BREAK SPACE}")
        if text.isascii() and text.isdecimal() and len(text) < 16
        else text
    )


def _words(name: str) -> str:
    return name.replace("_", " ")
