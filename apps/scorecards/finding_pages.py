"""One finding as its page shows it."""

from dataclasses import dataclass
from itertools import islice

from django.utils import timezone

from apps.accounts.requests import SignedInRequest
from apps.findings.choices import FindingState, PatchState
from apps.findings.history import HistoryLine, history_lines
from apps.findings.models import Finding, FindingPatch, Waiver
from apps.findings.selectors import (
    finding_get,
    finding_history,
    finding_neighbours,
    judged_commit,
    patch_of,
    waiver_waiting,
)
from apps.findings.services.patches import PATIENCE
from apps.repositories.forge import forge_commit_url, forge_line_url
from apps.repositories.models import Repository
from apps.rulebook.selectors import rules_by_code
from apps.scorecards.finding_tab import FindingQuery, RuleHead, rule_head
from apps.scorecards.rule_pages import ExampleRow, example_rows
from plumbline.rule import Rule

HISTORY_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Event:
    """A line of the history with the address of its commit."""

    line: HistoryLine
    commit_url: str


@dataclass(frozen=True, slots=True)
class FindingPage:
    """A finding with all that helps to understand it and to put it right.

    Attributes:
        finding: The finding itself.
        head: What its rule is called; a rule that is no more keeps its code.
        rule: The rule; None if it is no more.
        example: Code that is in order, if the rule has one.
        query: The list that the reader came from.
        before: The finding before it in that list.
        after: The one after it.
        waiting: A request for a waiver of it that nobody has decided.
        patch: Its patch, if somebody asked for one since its file changed last.
        commit: The commit at which its line is.
        history: What happened to it, the newest first.
        has_more: Whether more happened to it than is shown.
    """

    finding: Finding
    head: RuleHead
    rule: Rule | None
    example: ExampleRow | None
    query: FindingQuery
    before: Finding | None
    after: Finding | None
    waiting: Waiver | None
    patch: FindingPatch | None
    commit: str
    history: list[Event]
    has_more: bool

    @classmethod
    def of(cls, request: SignedInRequest, pk: int) -> "FindingPage":
        """Read everything about a finding that the user may see.

        Raises:
            NotFound: There is none.
        """
        finding = finding_get(user=request.user, pk=pk)
        repository = finding.repository
        query = FindingQuery.of(request.GET)
        before, after = finding_neighbours(user=request.user, finding=finding, chosen=query.chosen)
        events = list(finding_history(finding).order_by("-id")[: HISTORY_SHOWN + 1])
        lines = history_lines(islice(events, HISTORY_SHOWN), introduced_by=finding.introduced_by)
        rule = rules_by_code().get(finding.code)
        return cls(
            finding=finding,
            head=rule_head(finding.code, level=finding.level, preview=finding.preview),
            rule=rule,
            example=_good_example(rule),
            query=query,
            before=before,
            after=after,
            waiting=waiver_waiting(finding=finding) if finding.state == FindingState.OPEN else None,
            patch=patch_of(finding) if finding.fix else None,
            commit=finding.last_seen_commit
            or (judged_commit(repository_id=repository.pk) if finding.is_present else ""),
            history=[_event(repository, line) for line in lines],
            has_more=len(events) > HISTORY_SHOWN,
        )

    @property
    def repository(self) -> Repository:
        """Whose finding it is."""
        return self.finding.repository

    @property
    def line_url(self) -> str:
        """Its line at the repository's host; blank if nobody knows the address."""
        finding = self.finding
        return forge_line_url(
            self.repository,
            commit=self.commit,
            path=finding.path,
            line=finding.line,
            end_line=finding.end_line,
        )

    @property
    def first_commit_url(self) -> str:
        """The commit in which it was first seen, at the host."""
        return forge_commit_url(self.repository, self.finding.first_seen_commit)

    @property
    def ignore(self) -> str:
        """The comment that suppresses it where it stands."""
        return f"# plumbline: ignore[{self.finding.code}] reason"

    @property
    def is_open(self) -> bool:
        """Whether it counts against the repository."""
        return self.finding.state == FindingState.OPEN

    @property
    def may_patch(self) -> bool:
        """Whether a patch can be asked for."""
        return bool(self.finding.fix) and self.finding.state in (
            FindingState.OPEN,
            FindingState.WAIVED,
        )

    @property
    def is_coming(self) -> bool:
        """Whether a worker is expected to make the patch."""
        return (
            self.patch is not None
            and self.patch.state == PatchState.WAITING
            and self.patch.asked_at > timezone.now() - PATIENCE
        )

    @property
    def address(self) -> str:
        """The query string of the list that the reader came from, with its question mark."""
        return self.query.address

    @property
    def list_address(self) -> str:
        """The query string of that list on the repository's page."""
        return self.query.tab_address


def _good_example(rule: Rule | None) -> ExampleRow | None:
    if rule is None:
        return None
    good = [row for row in example_rows(rule) if row.kind != "fail" and row.files]
    return good[0] if good else None


def _event(repository: Repository, line: HistoryLine) -> Event:
    return Event(line, forge_commit_url(repository, line.commit))
