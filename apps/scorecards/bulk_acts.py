"""What can be done to many repositories of the table at once."""

from dataclasses import dataclass

from django.db.models import QuerySet
from django.http import QueryDict

from apps.accounts.models import User
from apps.accounts.selectors import team_get
from apps.repositories.models import Repository
from apps.repositories.regrouping import REGROUPED_AT_ONCE, repositories_regroup
from apps.repositories.selectors import repository_changeable
from apps.scans.services import REQUESTED_AT_ONCE, scans_request
from apps.scorecards.repository_query import NOBODY, RepositoryQuery
from apps.scorecards.repository_table import rows_asked_for
from core.exceptions import Forbidden, Invalid

LIMIT = min(REGROUPED_AT_ONCE, REQUESTED_AT_ONCE)


@dataclass(frozen=True, slots=True)
class BulkForm:
    """What somebody sent: an act, and to which repositories."""

    act: str
    slugs: frozenset[str]
    everything: bool
    team: str
    tag: str

    @classmethod
    def of(cls, sent: QueryDict) -> "BulkForm":
        """Read a form."""
        return cls(
            act=sent.get("act", ""),
            slugs=frozenset(sent.getlist("repository")),
            everything=bool(sent.get("all")),
            team=sent.get("team", ""),
            tag=sent.get("tag", "").strip(),
        )


def bulk_act(form: BulkForm, query: RepositoryQuery, *, actor: User) -> str:
    """Do it, and say in a sentence what was done.

    Args:
        form: What was sent.
        query: What the table showed, for an act on all of that.
        actor: Who asks; what he may not change is left out and counted.

    Raises:
        Invalid: Nothing was chosen, or too much, or the act is none.
        Forbidden: The actor may change none of them.
        NotFound: There is no such team.
    """
    slugs = form.slugs
    if form.everything:
        slugs = frozenset(row.figures.slug for row in rows_asked_for(query, user=actor))
    if not slugs:
        raise Invalid("No repository was chosen.", remedy="Tick at least one.")
    if len(slugs) > LIMIT:
        raise Invalid(f"{len(slugs)} repositories are too many.", remedy=f"Choose at most {LIMIT}.")
    chosen = repository_changeable(user=actor).filter(slug__in=slugs)
    count = chosen.count()
    if not count:
        raise Forbidden("You may change none of these repositories.")
    left = len(slugs) - count
    return _done(form, chosen, actor) + (f" {left} are not yours to change." if left else "")


def _done(form: BulkForm, chosen: QuerySet[Repository], actor: User) -> str:
    if form.act == "scan":
        asked = scans_request(repositories=chosen, requested_by=actor)
        off = f" {asked.disabled} are switched off." if asked.disabled else ""
        return f"{_words(asked.asked)} will be scanned.{off}"
    if form.act == "team" and form.team:
        team = None if form.team == NOBODY else team_get(user=actor, slug=form.team)
        done = repositories_regroup(repositories=chosen, team=team, actor=actor)
        return f"{_words(done)} now belong{'s' if done == 1 else ''} to {team or 'no team'}."
    if form.act == "tag" and form.tag:
        tags = form.tag.split(",")
        done = repositories_regroup(repositories=chosen, add_tags=tags, actor=actor)
        return f"{_words(done)} {'has' if done == 1 else 'have'} the tag {form.tag}."
    raise Invalid("There is nothing to do.", remedy="Choose a team, or type a tag.")


def _words(count: int) -> str:
    return f"{count} repositor{'y' if count == 1 else 'ies'}"
