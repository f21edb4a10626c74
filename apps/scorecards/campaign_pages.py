"""What the pages about campaigns show."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

from django.core.paginator import Page

from apps.accounts.selectors import Person
from apps.rulebook.selectors import rules_by_code
from apps.scorecards.charts import Figure, burn_down_figure
from apps.scorecards.listing import Facet, page_of
from apps.scorecards.models import Campaign, CampaignState
from apps.scorecards.selectors.campaigns import (
    BurnPoint,
    Pace,
    burn_down,
    campaign_counts,
    campaign_list,
    campaign_repositories,
    campaign_rules,
    paces,
    scope_may_change,
    scope_of,
    shares_left,
)

CAMPAIGNS_PER_PAGE, REPOSITORIES_PER_PAGE = 20, 25
_LABELS = {
    CampaignState.RUNNING: "Running",
    CampaignState.DRAFT: "Drafts",
    CampaignState.CLOSED: "Closed",
}


@dataclass(frozen=True, slots=True)
class CampaignRow:
    """A campaign with its pace, if it runs."""

    campaign: Campaign
    pace: Pace | None
    scope: str


@dataclass(frozen=True, slots=True)
class CampaignListing:
    """A page of campaigns in a state, or of all."""

    state: str
    page: Page[Campaign]
    rows: list[CampaignRow]
    facets: list[Facet]
    total: int

    @classmethod
    def of(cls, *, user: Person, state: str, number: str | None) -> Self:
        """Read what an address asks for."""
        state = state if state in CampaignState.values else ""
        counts = campaign_counts(user=user)
        page = page_of(
            campaign_list(user=user, state=state or None), number, size=CAMPAIGNS_PER_PAGE
        )
        found = list(page.object_list)
        pace = paces(found)
        return cls(
            state=state,
            page=page,
            rows=[
                CampaignRow(campaign, pace.get(campaign.pk), scope_words(campaign))
                for campaign in found
            ],
            facets=[Facet(name, label, counts.get(name, 0)) for name, label in _LABELS.items()],
            total=sum(counts.values()),
        )


@dataclass(frozen=True, slots=True)
class LeftRow:
    """A repository of a campaign, and which rules have how much left there."""

    figures: dict[str, Any]
    rules: list[tuple[str, int]]

    @property
    def done(self) -> int:
        """How many of its findings are not open any more."""
        return int(self.figures["held"] - self.figures["left"])


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A rule of a campaign with its title."""

    figures: dict[str, Any]
    title: str
    level: str

    @property
    def done(self) -> int:
        """How many of its findings are not open any more."""
        return int(self.figures["held"] - self.figures["left"])


@dataclass(frozen=True, slots=True)
class CampaignView:
    """Everything that the page of a campaign shows."""

    campaign: Campaign
    scope: str
    pace: Pace | None
    points: list[BurnPoint]
    figure: Figure | None
    page: Page[Any]
    repositories: list[LeftRow]
    rules: list[RuleRow]
    may_change: bool
    can_stand: bool

    @classmethod
    def of(cls, *, user: Person, campaign: Campaign, number: str | None) -> Self:
        """Read one campaign."""
        points = burn_down(campaign)
        page = page_of(campaign_repositories(campaign), number, size=REPOSITORIES_PER_PAGE)
        rows = list(page.object_list)
        left = shares_left(campaign, slugs=[row["repository_slug"] for row in rows])
        return cls(
            campaign=campaign,
            scope=scope_words(campaign),
            pace=paces([campaign]).get(campaign.pk),
            points=points,
            figure=burn_down_figure(points, campaign.target_on),
            page=page,
            repositories=[LeftRow(row, left.get(row["repository_slug"], [])) for row in rows],
            rules=_rules(campaign),
            may_change=scope_may_change(user=user, scope=scope_of(campaign)),
            can_stand=campaign.scope != "repositories",
        )


def scope_words(campaign: Campaign) -> str:
    """Whose findings a campaign is about, for people."""
    if campaign.scope == "teams":
        return ", ".join(team.name for team in campaign.teams.all()) or "teams that are gone"
    if campaign.scope == "tags":
        return ", ".join(f"tagged {tag}" for tag in campaign.tags)
    return campaign.get_scope_display()


def repository_lines(campaign: Campaign) -> Iterator[tuple[object, ...]]:
    """The repositories of a campaign as rows of a table, with its heading."""
    yield (
        *("repository", "name", "at start", "left", "fixed", "waived", "removed"),
        *("new since", "patches ready"),
    )
    names = (
        *("repository_slug", "repository_name", "held", "left", "by_fix", "by_waiver"),
        *("by_removal", "since", "ready"),
    )
    for row in campaign_repositories(campaign).iterator():
        yield tuple(row[name] for name in names)


def _rules(campaign: Campaign) -> list[RuleRow]:
    known = rules_by_code()
    if campaign.state == CampaignState.DRAFT:
        nothing = {"held": 0, "left": 0, "ready": 0, "since": 0, "repositories_left": 0}
        found: list[dict[str, Any]] = [{"code": code, **nothing} for code in campaign.codes]
    else:
        found = list(campaign_rules(campaign))
    rows = []
    for row in found:
        rule = known.get(row["code"])
        rows.append(
            RuleRow(row, rule.title if rule else row["code"], str(rule.level) if rule else "")
        )
    return rows
