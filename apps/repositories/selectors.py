"""Reading repositories: each query begins with what the user may see."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db.models import (
    FETCH_RAISE,
    Case,
    Count,
    F,
    Func,
    IntegerField,
    Q,
    QuerySet,
    When,
)
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import Membership, MembershipRole, Team
from apps.accounts.selectors import Person, team_may_change
from apps.repositories.models import (
    CodeOwnership,
    Credential,
    MirrorUsage,
    Provider,
    Repository,
    WebhookEndpoint,
)
from core.exceptions import Forbidden, NotFound
from core.sealing import unseal


def repository_visible(*, user: Person) -> QuerySet[Repository]:
    """Every repository that the user may see: one organisation shares one installation."""
    return Repository.objects.all() if user.is_active else Repository.objects.none()


def repository_list(*, user: Person) -> QuerySet[Repository]:
    """The repositories that the user may see, by name."""
    return (
        repository_visible(user=user)
        .select_related("team")
        .order_by("name", "id")
        .fetch_mode(FETCH_RAISE)
    )


def repository_search(*, user: Person, text: str) -> QuerySet[Repository]:
    """The repositories whose name or address holds a text; those whose name begins with it first."""
    return (
        repository_visible(user=user)
        .filter(Q(name__icontains=text) | Q(slug__icontains=text) | Q(url__icontains=text))
        .order_by(
            Case(When(name__istartswith=text, then=0), default=1, output_field=IntegerField()),
            "name",
            "id",
        )
        .fetch_mode(FETCH_RAISE)
    )


def repository_get(*, user: Person, slug: str) -> Repository:
    """One repository by its slug.

    Raises:
        NotFound: There is none, or the user may not see it.
    """
    repository = (
        repository_visible(user=user)
        .select_related("registered_by", "webhook", "team")
        .filter(slug=slug)
        .first()
    )
    if repository is None:
        raise NotFound("There is no such repository.")
    return repository


def repository_find(*, user: Person, name: str) -> Repository:
    """The repository that somebody means by its slug or, if only one has it, its name.

    Raises:
        NotFound: There is none, or the user may not see it.
    """
    meant = Q(slug=name) | Q(name__iexact=name)
    found = repository_visible(user=user).select_related("team").filter(meant).order_by("id")[:2]
    exact = [repository for repository in found if repository.slug == name] or list(found)
    if len(exact) != 1:
        raise NotFound(
            f"No repository is called {name}." if not exact else f"Several are called {name}."
        )
    return exact[0]


def repository_may_change(*, user: Person, repository: Repository) -> bool:
    """Whether the user may change or remove it: administrators, its team's leads, and whoever registered it."""
    if not user.is_active:
        return False
    if user.is_staff or repository.registered_by_id == user.pk:
        return True
    return repository.team is not None and team_may_change(user=user, team=repository.team)


def repository_changeable(*, user: Person) -> QuerySet[Repository]:
    """The repositories that the user may change or remove, in no order."""
    repositories = repository_visible(user=user)
    if user.is_staff or not user.is_active:
        return repositories
    led = Membership.objects.filter(user_id=user.pk, role=MembershipRole.LEAD).values("team")
    return repositories.filter(Q(registered_by=user.pk) | Q(team__in=led) | Q(team__parent__in=led))


def tag_list(*, user: Person) -> list[tuple[str, int]]:
    """Every tag in use with its number of repositories, by name."""
    tags = (
        repository_visible(user=user)
        .annotate(tag=Func(F("tags"), function="unnest"))
        .values_list("tag")
        .annotate(number=Count("pk"))
        .order_by("tag")
    )
    return list(tags)


@dataclass(frozen=True, slots=True)
class TeamSuggestion:
    """A team that a repository's CODEOWNERS names: under which handle, and in how many patterns."""

    team: Team
    handle: str
    patterns: int
    is_default: bool


def team_suggestions(*, repository: Repository) -> list[TeamSuggestion]:
    """The teams that the repository's own CODEOWNERS speaks for, best first; handles that no team has are left out."""
    found = CodeOwnership.objects.filter(repository=repository).first()
    owners: dict[str, tuple[int, bool]] = {
        name: (patterns, is_default)
        for name, patterns, is_default in (found.owners if found else [])
    }
    teams = Team.objects.filter(handles__overlap=list(owners)) if owners else Team.objects.none()
    suggestions = [
        TeamSuggestion(team, handle, *owners[handle])
        for team in teams
        for handle in team.handles
        if handle in owners
    ]
    return sorted(suggestions, key=lambda item: (not item.is_default, -item.patterns, item.handle))


def code_owners_seen(*, repository_id: int) -> tuple[str, str]:
    """Path and blob of the CODEOWNERS file that was read last; blank if there was none."""
    seen = CodeOwnership.objects.filter(repository_id=repository_id).values_list("path", "blob")
    return seen.first() or ("", "")


def code_owners_of(*, repository: Repository) -> CodeOwnership | None:
    """Whom the repository's own CODEOWNERS names, if it has one."""
    return CodeOwnership.objects.filter(repository=repository).first()


def repositories_suggested(*, user: Person, team: Team) -> QuerySet[Repository]:
    """The repositories without a team whose own CODEOWNERS names this one, by name."""
    names = Q()
    for handle in team.handles:
        names |= Q(code_owners__owners__contains=[[handle]])
    found = repository_list(user=user).filter(team__isnull=True)
    return found.filter(names) if team.handles else found.none()


def repository_get_for_change(*, user: Person, slug: str) -> Repository:
    """One repository that the user may change.

    Raises:
        NotFound: There is none, or the user may not see it.
        Forbidden: The user may see it but not change it.
    """
    repository = repository_get(user=user, slug=slug)
    if not repository_may_change(user=user, repository=repository):
        raise Forbidden(
            "Only an administrator, a lead of its team or the person who registered the repository "
            "may change it."
        )
    return repository


def repository_by_id(repository_id: int) -> Repository:
    """One repository for a worker, which acts for nobody.

    Raises:
        NotFound: It was removed meanwhile.
    """
    repository = Repository.objects.filter(pk=repository_id).first()
    if repository is None:
        raise NotFound("The repository was removed.")
    return repository


def repository_by_slug(slug: str) -> Repository:
    """One repository for somebody at the server's command line, who may see all.

    Raises:
        NotFound: There is none.
    """
    repository = Repository.objects.select_related("webhook").filter(slug=slug).first()
    if repository is None:
        raise NotFound(f"There is no repository {slug}.")
    return repository


def repository_by_url(*, url: str, branch: str = "") -> Repository | None:
    """The repository registered under this normalised address and branch."""
    return Repository.objects.filter(url=url, branch=branch).first()


def endpoint_get(*, public_id: UUID) -> WebhookEndpoint | None:
    """The webhook endpoint under this address, with its repository."""
    return WebhookEndpoint.objects.select_related("repository").filter(public_id=public_id).first()


def endpoint_path(repository: Repository) -> str:
    """The path to which the repository's host announces pushes; an unknown host as GitHub does."""
    provider = Provider.GITHUB if repository.provider == Provider.OTHER else repository.provider
    return reverse("webhook", args=[provider, repository.webhook.public_id])


def endpoint_secret(endpoint: WebhookEndpoint) -> str:
    """The secret that the repository's host signs with."""
    return unseal(endpoint.sealed_secret, owner=f"webhook:{endpoint.repository_id}")


def credential_open(repository: Repository) -> tuple[str, str, str] | None:
    """User name, secret and its kind for fetching, for the fetcher alone; nothing if it needs none."""
    credential = Credential.objects.filter(repository=repository).first()
    if credential is None:
        return None
    secret = unseal(credential.sealed_secret, owner=f"credential:{repository.pk}")
    return credential.username, secret, credential.kind


def mirror_usage_list(*, since: timedelta = timedelta(days=1)) -> QuerySet[MirrorUsage]:
    """What the mirrors of each machine that has scanned lately amount to, by its host's name."""
    return MirrorUsage.objects.filter(noted_at__gte=timezone.now() - since).fetch_mode(FETCH_RAISE)
