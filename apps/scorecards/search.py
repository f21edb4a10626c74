"""One search over everything that has a page: repositories, rules, teams, statements, and findings by their path."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.http import urlencode

from apps.accounts.selectors import Person, team_search
from apps.findings.selectors import FindingFilter, Group, finding_filtered
from apps.repositories.models import Repository
from apps.repositories.selectors import repository_get, repository_search
from apps.rulebook.selectors import rule_list, statement_list
from core.exceptions import NotFound
from plumbline.guide import Statement
from plumbline.rule import Rule

SHOWN = 8
LONGEST = 100


@dataclass(frozen=True, slots=True)
class Hit:
    """Something that was found: what it is called, what else to know of it, and its address."""

    title: str
    note: str
    address: str


@dataclass(frozen=True, slots=True)
class HitGroup:
    """What was found of one kind; ``more`` is the address of the whole list, if there is one."""

    name: str
    hits: list[Hit]
    more: str = ""


def search_everywhere(*, user: Person, text: str, slug: str = "") -> list[HitGroup]:
    """Find what holds a text, of each kind the best few; findings only in one repository.

    Args:
        user: Who asks.
        text: What to look for; blank finds nothing.
        slug: The repository in whose findings to look too; one that is not there is left out.
    """
    needle = text.casefold()
    if not needle:
        return []
    groups = [
        HitGroup("Repositories", _repositories(user, text), _list("repository_list", text)),
        *_findings(user, text, slug),
        HitGroup("Rules", _rules(needle), _list("rule_list", text)),
        HitGroup("Teams", _teams(user, text)),
        HitGroup("The guide", _statements(needle), _list("guide", text)),
    ]
    return [group for group in groups if group.hits]


def _repositories(user: Person, text: str) -> list[Hit]:
    return [
        Hit(row.name, row.url, reverse("scorecards:repository", args=[row.slug]))
        for row in repository_search(user=user, text=text)[:SHOWN]
    ]


def _teams(user: Person, text: str) -> list[Hit]:
    return [
        Hit(team.name, "team", reverse("scorecards:team", args=[team.slug]))
        for team in team_search(user=user, text=text)[:SHOWN]
    ]


def _rules(needle: str) -> list[Hit]:
    def words(rule: Rule) -> tuple[str, ...]:
        return rule.code, rule.slug, rule.title, rule.section

    return [
        Hit(
            f"{rule.code} {rule.title}",
            f"{rule.level}, {rule.section}",
            reverse("scorecards:rule", args=[rule.code]),
        )
        for rule in _best(rule_list(), words, needle)
    ]


def _statements(needle: str) -> list[Hit]:
    def words(statement: Statement) -> tuple[str, ...]:
        return statement.key, statement.text

    return [
        Hit(
            f"{statement.key} {statement.text}",
            f"{statement.level}, {statement.section}",
            f"{reverse('scorecards:guide')}?{urlencode({'q': statement.key})}",
        )
        for statement in _best(statement_list(), words, needle)
    ]


def _findings(user: Person, text: str, slug: str) -> list[HitGroup]:
    repository = _repository(user, slug) if slug else None
    if repository is None:
        return []
    found = finding_filtered(
        user=user,
        repository=repository,
        chosen=FindingFilter(group=Group.OPEN, search=text, order="path"),
    ).defer("snippet")[:SHOWN]
    hits = [
        Hit(
            f"{row.path}:{row.line}",
            f"{row.code} {row.message}",
            reverse("scorecards:finding", args=[repository.slug, row.pk]),
        )
        for row in found
    ]
    query = urlencode({"tab": "findings", "q": text})
    address = f"{reverse('scorecards:repository', args=[repository.slug])}?{query}#tab"
    return [HitGroup(f"Open findings of {repository.name}", hits, address)]


def _repository(user: Person, slug: str) -> Repository | None:
    try:
        return repository_get(user=user, slug=slug)
    except NotFound:
        return None


def _best[Thing](
    things: Iterable[Thing], words: Callable[[Thing], tuple[str, ...]], needle: str
) -> list[Thing]:
    """Those that hold the needle: first whose first word begins with it, then the others, in their order."""
    ranked: list[tuple[int, int, Thing]] = []
    for place, thing in enumerate(things):
        spoken = [word.casefold() for word in words(thing)]
        if spoken[0].startswith(needle):
            ranked.append((0, place, thing))
        elif any(needle in word for word in spoken):
            ranked.append((1, place, thing))
    return [thing for _, _, thing in sorted(ranked, key=lambda item: item[:2])[:SHOWN]]


def _list(name: str, text: str) -> str:
    return f"{reverse(f'scorecards:{name}')}?{urlencode({'q': text})}"
