"""What a campaign shall be about, as the address of its page says."""

from dataclasses import dataclass, field
from typing import Self

from django.http import QueryDict

from apps.accounts.models import Team
from apps.accounts.selectors import Person, team_list
from apps.findings.selectors import OpenTally
from apps.repositories.models import Repository
from apps.repositories.selectors import repository_visible, tag_list
from apps.rulebook.selectors import rule_list, rule_mentions, rules_by_code
from apps.scorecards.models import Campaign, CampaignScope
from apps.scorecards.selectors.campaigns import (
    Scope,
    campaign_preview,
    scope_may_change,
    scope_of,
)
from plumbline.rule import Rule

_NAMED = 200


@dataclass(frozen=True, slots=True)
class Option:
    """Something to tick."""

    value: str
    label: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class RuleOption:
    """A rule to tick."""

    rule: Rule
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """Rules and scope as somebody has them on the page; what nobody knows is left out."""

    codes: tuple[str, ...] = ()
    kind: str = CampaignScope.FLEET
    teams: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    repositories: tuple[str, ...] = ()
    search: str = ""

    @classmethod
    def of(cls, query: QueryDict) -> Self:
        """Read an address or a form."""
        kind = query.get("scope", "")
        known = rules_by_code()
        codes = (code.upper() for code in query.getlist("rule")[:_NAMED])
        words = query.get("repositories", "")[:20_000].replace(",", " ").split()
        return cls(
            codes=tuple(dict.fromkeys(code for code in codes if code in known)),
            kind=kind if kind in CampaignScope.values else CampaignScope.FLEET,
            teams=tuple(query.getlist("team")[:_NAMED]),
            tags=tuple(query.getlist("tag")[:_NAMED]),
            repositories=tuple(dict.fromkeys(words))[:_NAMED],
            search=query.get("q", "").strip()[:200],
        )

    @classmethod
    def of_campaign(cls, campaign: Campaign) -> Self:
        """What a draft is about already."""
        scope = scope_of(campaign)
        return cls(
            codes=tuple(campaign.codes),
            kind=campaign.scope,
            teams=tuple(team.slug for team in scope.teams),
            tags=scope.tags,
            repositories=tuple(repository.slug for repository in scope.repositories),
        )

    @property
    def parameters(self) -> list[tuple[str, str]]:
        """What a form has to hand on."""
        return [
            ("scope", self.kind),
            *(("rule", code) for code in self.codes),
            *(("team", slug) for slug in self.teams if self.kind == CampaignScope.TEAMS),
            *(("tag", tag) for tag in self.tags if self.kind == CampaignScope.TAGS),
            *(("repositories", " ".join(self.repositories)),)[
                : self.kind == CampaignScope.REPOSITORIES
            ],
        ]


@dataclass(frozen=True, slots=True)
class ChoiceView:
    """A choice with everything to choose from, and what the campaign would hold."""

    choice: Choice
    scope: Scope
    rules: list[RuleOption]
    hidden: list[str]
    teams: list[Option]
    tags: list[Option]
    unknown: list[str]
    tally: OpenTally
    is_allowed: bool
    scopes: list[Option] = field(default_factory=list)

    @classmethod
    def of(cls, *, user: Person, choice: Choice) -> Self:
        """Look up what a choice names."""
        teams = list(team_list(user=user))
        tags = [tag for tag, _ in tag_list(user=user)]
        scope, unknown = _scope(user, choice, teams, tags)
        rules = _rules(choice)
        shown = {option.rule.code for option in rules}
        return cls(
            choice=choice,
            scope=scope,
            rules=rules,
            hidden=[code for code in choice.codes if code not in shown],
            teams=[Option(team.slug, team.name, team.slug in choice.teams) for team in teams],
            tags=[Option(tag, tag, tag in choice.tags) for tag in tags],
            unknown=unknown,
            tally=campaign_preview(user=user, scope=scope, codes=choice.codes),
            is_allowed=scope_may_change(user=user, scope=scope),
            scopes=[
                Option(value, label.capitalize(), value == choice.kind)
                for value, label in CampaignScope.choices
            ],
        )

    @property
    def is_ready(self) -> bool:
        """Whether a campaign could be drafted of it."""
        return bool(self.choice.codes) and self.scope.is_named and self.is_allowed

    @property
    def chosen_rules(self) -> list[Rule]:
        """The chosen rules."""
        known = rules_by_code()
        return [known[code] for code in self.choice.codes]


def _scope(
    user: Person, choice: Choice, teams: list[Team], tags: list[str]
) -> tuple[Scope, list[str]]:
    repositories: tuple[Repository, ...] = ()
    unknown: list[str] = []
    if choice.kind == CampaignScope.REPOSITORIES and choice.repositories:
        found = repository_visible(user=user).filter(slug__in=choice.repositories)
        repositories = tuple(found.order_by("name"))
        slugs = {repository.slug for repository in repositories}
        unknown = [slug for slug in choice.repositories if slug not in slugs]
    return (
        Scope(
            choice.kind,
            tuple(team for team in teams if team.slug in choice.teams),
            tuple(tag for tag in tags if tag in choice.tags),
            repositories,
        ),
        unknown,
    )


def _rules(choice: Choice) -> list[RuleOption]:
    """The rules that the search leaves, chosen ones first."""
    found = [
        RuleOption(rule, rule.code in choice.codes)
        for rule in rule_list()
        if rule.code in choice.codes or rule_mentions(rule, choice.search)
    ]
    return sorted(found, key=lambda option: not option.is_chosen)
