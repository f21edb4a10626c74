"""Waivers as their pages show them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Self

from django.core.paginator import Page
from django.http import QueryDict
from django.utils import timezone

from apps.accounts.models import User
from apps.findings.choices import UNDECIDED_OR_LIVE, FindingState, WaiverState
from apps.findings.models import Finding, Waiver
from apps.findings.selectors import (
    findings_chosen,
    waiver_counts,
    waiver_get,
    waiver_inbox,
    waiver_list,
    waiver_may_decide,
    waiver_may_withdraw,
    waiver_reach,
    waivers_asked,
    waivers_expiring,
)
from apps.findings.services import AT_ONCE, waiver_approve, waiver_request, waivers_request
from apps.findings.waiver_policy import waiver_last_day
from apps.repositories.models import Repository
from apps.repositories.selectors import repository_get
from apps.rulebook.selectors import rules_by_code
from apps.scorecards.finding_tab import RuleHead, rule_head
from apps.scorecards.listing import Facet, page_of
from apps.scorecards.selectors import snapshot_latest
from apps.scorecards.waiver_forms import DecisionForm, WaiverForm
from core.addresses import whole_number

WAIVERS_PER_PAGE = 50
FINDINGS_SHOWN = 10
SHOWS = {
    "waiting": "Waiting for you",
    "expiring": "Ending soon",
    "mine": "Asked for by you",
    "all": "All",
}
GROUPS = {
    "live": ("In force", (WaiverState.APPROVED,)),
    "waiting": ("Waiting", (WaiverState.REQUESTED,)),
    "ended": ("Ended", (WaiverState.DECLINED, WaiverState.WITHDRAWN, WaiverState.EXPIRED)),
}


@dataclass(frozen=True, slots=True)
class WaiverRow:
    """A waiver in a list, with what the reader may do."""

    waiver: Waiver
    head: RuleHead
    may_decide: bool = False

    @property
    def ends_soon(self) -> bool:
        """Whether it holds, and not for long any more."""
        left = self.waiver.until - timezone.localdate()
        return self.waiver.state == WaiverState.APPROVED and left.days <= 14


@dataclass(frozen=True, slots=True)
class WaiversTab:
    """The waivers of one repository."""

    page: Page[Waiver]
    rows: list[WaiverRow]
    group: str
    facets: list[Facet]

    @classmethod
    def of(cls, *, user: User, repository: Repository, asked: QueryDict) -> Self:
        """Read what the address asks for."""
        counts = waiver_counts(repository_id=repository.pk)
        facets = [
            Facet(name, label, sum(counts.get(state, 0) for state in states))
            for name, (label, states) in GROUPS.items()
        ]
        group = asked.get("waivers", "")
        if group not in GROUPS:
            group = next((facet.name for facet in facets if facet.count), "live")
        found = waiver_list(user=user, repository=repository).filter(state__in=GROUPS[group][1])
        total = next(facet.count for facet in facets if facet.name == group)
        page = page_of(found, asked.get("page"), size=WAIVERS_PER_PAGE, count=total)
        return cls(page, [_row(waiver) for waiver in page], group, facets)


@dataclass(frozen=True, slots=True)
class Inbox:
    """The waivers of the fleet as one person sees them."""

    show: str
    page: Page[Waiver]
    rows: list[WaiverRow]
    waiting: int

    @classmethod
    def of(cls, *, user: User, asked: QueryDict) -> Self:
        """Read what the address asks for."""
        show = asked.get("show", "")
        show = show if show in SHOWS else "waiting"
        inbox = waiver_inbox(user=user)
        found = {
            "waiting": inbox,
            "expiring": waivers_expiring(user=user),
            "mine": waivers_asked(user=user),
            "all": waiver_list(user=user),
        }[show]
        page = page_of(found, asked.get("page"), size=WAIVERS_PER_PAGE)
        rows = [_row(waiver, may_decide=show == "waiting") for waiver in page]
        waiting = page.paginator.count if show == "waiting" else inbox.count()
        return cls(show, page, rows, waiting)


@dataclass(frozen=True, slots=True)
class ScoreNow:
    """A repository's score beside the one without waivers."""

    score: float | None
    without: float | None
    standing: str
    waived: int

    @classmethod
    def of(cls, repository: Repository) -> Self:
        """Read the newest figures."""
        snapshot = snapshot_latest(repository)
        if snapshot is None:
            return cls(None, None, "", 0)
        score, without = snapshot.score, snapshot.score_without_waivers
        return cls(
            None if score is None else float(score),
            None if without is None else float(without),
            snapshot.standing,
            snapshot.waived,
        )

    @property
    def words(self) -> str:
        """Both in a sentence; blank where there is no score."""
        if self.score is None:
            return ""
        if self.without is None or self.without == self.score:
            return f"The score is {self.score:.1f} now."
        return f"The score is {self.score:.1f} now, {self.without:.1f} without waivers."


@dataclass(frozen=True, slots=True)
class WaiverPage:
    """One waiver and what the reader may do with it."""

    waiver: Waiver
    head: RuleHead
    reach: int
    score: ScoreNow
    may_decide: bool
    may_withdraw: bool
    form: DecisionForm

    @classmethod
    def of(cls, *, user: User, pk: int, given: Mapping[str, str] | None = None) -> Self:
        """Read it.

        Raises:
            NotFound: There is none.
        """
        waiver = waiver_get(user=user, pk=pk)
        today = timezone.localdate()
        is_open = waiver.state in UNDECIDED_OR_LIVE
        waits = waiver.state == WaiverState.REQUESTED
        return cls(
            waiver=waiver,
            head=rule_head(waiver.code),
            reach=waiver_reach(waiver) if waits else getattr(waiver, "covered", 0) or 0,
            score=ScoreNow.of(waiver.repository),
            may_decide=waits and waiver_may_decide(user=user, waiver=waiver),
            may_withdraw=is_open and waiver_may_withdraw(user=user, waiver=waiver),
            form=DecisionForm(
                given,
                last=waiver_last_day(repository=waiver.repository, today=today),
                today=today,
                initial={"until": waiver.until},
            ),
        )


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants waived in a repository: chosen findings, or a rule."""

    user: User
    repository: Repository
    findings: list[Finding]
    left_out: int
    head: RuleHead | None
    path: str
    last: date

    @classmethod
    def of(cls, *, user: User, slug: str, asked: QueryDict) -> Self:
        """Read what an address or a form names; findings that are not open any more are left out.

        Raises:
            NotFound: There is no such repository.
        """
        repository = repository_get(user=user, slug=slug)
        keys = {
            key
            for text in asked.getlist("finding")[:AT_ONCE]
            if (key := whole_number(text, digits=15)) is not None
        }
        chosen = list(findings_chosen(user=user, repository=repository, pks=keys)) if keys else []
        findings = [one for one in chosen if one.state == FindingState.OPEN]
        code = asked.get("code", "").upper()[:16]
        return cls(
            user=user,
            repository=repository,
            findings=findings,
            left_out=len(asked.getlist("finding")) - len(findings),
            head=rule_head(code) if not keys and code in rules_by_code() else None,
            path=asked.get("path_pattern", "")[:400],
            last=waiver_last_day(repository=repository, today=timezone.localdate()),
        )

    @property
    def shown(self) -> list[Finding]:
        """The first of the chosen findings."""
        return self.findings[:FINDINGS_SHOWN]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to waive."""
        return not self.findings and self.head is None

    @property
    def may_approve(self) -> bool:
        """Whether who asks may also decide at once."""
        waiver = Waiver(repository=self.repository, requested_by=self.user)
        return waiver_may_decide(user=self.user, waiver=waiver)

    def form(self, given: QueryDict | None = None) -> WaiverForm:
        """The form for it."""
        return WaiverForm(
            given,
            last=self.last,
            today=timezone.localdate(),
            has_path=self.head is not None,
            initial={"path_pattern": self.path},
        )

    def act(self, form: WaiverForm, *, approve: bool) -> str:
        """Ask for what a valid form says, and decide at once if that is wanted and allowed; says what was done.

        Raises:
            DomainError: It cannot be asked for.
        """
        reason, until = form.cleaned_data["reason"], form.cleaned_data["until"]
        refused = 0
        if self.head is not None:
            pattern = form.cleaned_data["path_pattern"]
            made = [
                waiver_request(
                    repository=self.repository,
                    actor=self.user,
                    reason=reason,
                    code=self.head.code,
                    path_pattern=pattern,
                    until=until,
                )
            ]
        else:
            asked = waivers_request(
                repository=self.repository,
                actor=self.user,
                findings=self.findings,
                reason=reason,
                until=until,
            )
            made = [one.waiver for one in asked if one.waiver is not None]
            refused = len(asked) - len(made)
        told = f"{len(made)} waiver{'' if len(made) == 1 else 's'}"
        rest = f" {refused} had one already or asked for one before." if refused else ""
        if not (approve and self.may_approve):
            verb = "waits" if len(made) == 1 else "wait"
            return f"{told} {verb} for a decision.{rest}"
        for waiver in made:
            waiver_approve(waiver=waiver, actor=self.user, version=waiver.version)
        return f"{told} approved.{rest} {ScoreNow.of(self.repository).words}".strip()


def _row(waiver: Waiver, *, may_decide: bool = False) -> WaiverRow:
    return WaiverRow(waiver, rule_head(waiver.code), may_decide)
