"""The findings of a repository: filtered, grouped, paged, as the address says."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from typing import Any

from django.core.paginator import Page
from django.http import QueryDict, StreamingHttpResponse

from apps.accounts.requests import SignedInRequest
from apps.accounts.selectors import Person
from apps.findings.choices import FindingState
from apps.findings.models import Finding
from apps.findings.selectors import (
    FindingFilter,
    FindingsByRule,
    FindingTally,
    Group,
    finding_filtered,
    finding_tally,
)
from apps.repositories.models import Repository
from apps.rulebook.choices import Level
from apps.rulebook.selectors import rules_by_code, section_list
from apps.scorecards.listing import Facet, page_of
from core.addresses import query_string
from core.csv_rows import csv_response
from core.text import text_visible

FINDINGS_PER_PAGE = 50
CSV_ROWS = 10_000
FOLDERS_SHOWN = 40
ORDERS = {"": "By rule", "newest": "Newest first", "path": "By file"}
_LEGACY_GROUPS = {"removed_by_rule": Group.REMOVED, "removed_with_file": Group.REMOVED}


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
class FindingQuery:
    """What an address asks of the findings of a repository; whatever it does not know is left out."""

    chosen: FindingFilter
    section: str = ""
    code: str = ""

    @classmethod
    def of(cls, query: QueryDict | Mapping[str, str]) -> "FindingQuery":
        """Read an address."""
        group = query.get("state", "")
        group = _LEGACY_GROUPS.get(group, group)
        level = query.get("level", "")
        section = query.get("section", "")
        section = section if section in section_list() else ""
        code = query.get("code", "").strip().upper()[:16]
        codes: frozenset[str] | None = None
        if section:
            codes = frozenset(
                rule.code for rule in rules_by_code().values() if rule.section == section
            )
        if code:
            codes = frozenset({code})
        order = query.get("sort", "")
        chosen = FindingFilter(
            group=group if group in Group.values else Group.OPEN,
            level=level if level in Level.values else "",
            codes=codes,
            path=_plain(query.get("path", ""), 400).removeprefix("/"),
            has_fix=query.get("fix", "") == "yes",
            search=_plain(query.get("q", ""), 200),
            order=order if order in ORDERS else "",
        )
        return cls(chosen, section, code)

    @property
    def parameters(self) -> dict[str, str]:
        """What the address has to say for this, blanks for what goes without saying."""
        chosen = self.chosen
        return {
            "state": "" if chosen.group == Group.OPEN else str(chosen.group),
            "level": chosen.level,
            "section": self.section,
            "code": self.code,
            "path": chosen.path,
            "fix": "yes" if chosen.has_fix else "",
            "q": chosen.search,
            "sort": chosen.order,
        }

    @property
    def address(self) -> str:
        """The query string that says the same, with its question mark; blank for all that is open."""
        return query_string(self.parameters)

    @property
    def tab_address(self) -> str:
        """The query string of the repository's page that shows it, with its question mark."""
        return query_string({"tab": "findings"} | self.parameters)

    @property
    def is_narrowed(self) -> bool:
        """Whether it leaves out findings of its group."""
        chosen = self.chosen
        return bool(
            chosen.level
            or chosen.codes is not None
            or chosen.path
            or chosen.has_fix
            or chosen.search
        )

    @property
    def parents(self) -> list[tuple[str, str]]:
        """The chosen path and the folders above it, each with its name."""
        path = self.chosen.path
        ends = [place + 1 for place, letter in enumerate(path) if letter == "/"]
        ends += [] if path.endswith("/") or not path else [len(path)]
        return [(path[:end], path[start:end]) for start, end in pairwise([0, *ends])]


@dataclass(frozen=True, slots=True)
class FindingsTab:
    """What the tab shows."""

    query: FindingQuery
    page: Page[Finding]
    groups: list[FindingGroup]
    tally: FindingTally

    @property
    def states(self) -> list[Facet]:
        """Where findings stand; those that nothing is in are left out, but for the first."""
        counts = self.tally.by_group(self.query.chosen)
        return [
            Facet(name, str(label), counts[name])
            for name, label in Group.choices
            if counts[name] or name in (Group.OPEN, Group.FIXED, self.query.chosen.group)
        ]

    @property
    def levels(self) -> list[Facet]:
        """MUST, SHOULD and MAY with what choosing each would leave."""
        counts = self.tally.by(lambda row: row.level, replace(self.query.chosen, level=""))
        return [Facet(name, name, counts[name]) for name in Level.values if counts.get(name)]

    @property
    def sections(self) -> list[Facet]:
        """The sections of the guide, in its order."""
        rules = rules_by_code()
        counts = self.tally.by(
            lambda row: rules[row.code].section if row.code in rules else "",
            replace(self.query.chosen, codes=None),
        )
        return [Facet(name, name, counts[name]) for name in section_list() if counts.get(name)]

    @property
    def rules(self) -> list[Facet]:
        """The rules of the chosen section with findings, most findings first."""
        chosen = replace(self.query.chosen, codes=None)
        if self.query.section:
            chosen = FindingQuery.of({"section": self.query.section}).chosen
            chosen = replace(self.query.chosen, codes=chosen.codes)
        counts = self.tally.by(lambda row: row.code, chosen)
        return [
            Facet(code, f"{code} {rule_head(code).title}", count)
            for code, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        ]

    @property
    def folders(self) -> list[Facet]:
        """What lies next below the chosen path, most findings first."""
        counts = self.tally.by(lambda row: row.folder, self.query.chosen)
        most = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        return [Facet(name, name, count) for name, count in most[:FOLDERS_SHOWN]]

    @property
    def may_choose(self) -> bool:
        """Whether a finding on this page can be waived."""
        return any(finding.state == FindingState.OPEN for finding in self.page)

    @property
    def fixable(self) -> int:
        """How many of those shown have a fix ready."""
        return self.tally.count(replace(self.query.chosen, has_fix=True))


def findings_tab(*, user: Person, repository: Repository, asked: QueryDict) -> FindingsTab:
    """Read what an address asks for."""
    query = FindingQuery.of(asked)
    tally = finding_tally(user=user, repository=repository, chosen=query.chosen)
    rows = finding_filtered(user=user, repository=repository, chosen=query.chosen)
    rows = rows.defer("snippet")
    page = page_of(
        rows if query.chosen.order else FindingsByRule(rows, tally, query.chosen),
        asked.get("page"),
        size=FINDINGS_PER_PAGE,
        count=tally.count(query.chosen),
    )
    counts = tally.by(lambda row: row.code, query.chosen)
    return FindingsTab(
        query=query,
        page=page,
        groups=_groups(page, counts, by_rule=not query.chosen.order),
        tally=tally,
    )


def findings_csv(request: SignedInRequest, repository: Repository) -> StreamingHttpResponse:
    """Give the findings that the address asks for as CSV, up to ``CSV_ROWS``."""
    query = FindingQuery.of(request.GET)
    rows = finding_filtered(user=request.user, repository=repository, chosen=query.chosen)
    chosen = rows.defer("snippet")[:CSV_ROWS]
    return csv_response(f"{repository.slug}-findings.csv", _csv_rows(request, repository, chosen))


def _csv_rows(request: SignedInRequest, repository: Repository, rows: Any) -> Iterator[list[str]]:  # noqa: ANN401
    yield [
        *("rule", "level", "preview", "state", "path", "line", "symbol", "message", "fix"),
        *("first seen", "commit", "url"),
    ]
    base = request.build_absolute_uri(f"/repositories/{repository.slug}/findings/")
    for row in rows:
        cells = [
            *(row.code, row.level, "yes" if row.preview else "no", row.state, row.path),
            *(str(row.line), row.symbol, row.message, row.fix, row.first_seen_at.isoformat()),
            *(row.first_seen_commit, f"{base}{row.pk}/"),
        ]
        yield cells


def rule_head(code: str, *, level: str = "", preview: bool = False) -> RuleHead:
    """Give a rule's heading from its source; what was recorded stands in for one that is gone."""
    rule = rules_by_code().get(code)
    if rule is None:
        return RuleHead(code, code, level or Level.MAY, preview)
    return RuleHead(code, rule.title, str(rule.level), rule.preview, rule.section)


def _groups(page: Page[Finding], counts: Mapping[str, int], *, by_rule: bool) -> list[FindingGroup]:
    """One group for each rule; in another order than by rule a single one."""
    if not by_rule:
        rows = list(page)
        return [FindingGroup(RuleHead("", "", "", preview=False), len(rows), rows)] if rows else []
    groups = []
    for code, found in groupby(page, key=lambda finding: finding.code):
        rows = list(found)
        head = rule_head(code, level=rows[0].level, preview=rows[0].preview)
        groups.append(FindingGroup(head, counts.get(code, len(rows)), rows))
    return groups


def _plain(text: str, limit: int) -> str:
    """What somebody typed, without what no database would take."""
    return text_visible(text.strip()[:limit]).strip()
