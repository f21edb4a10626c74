"""Registering repositories, and everything that is kept about reaching them."""

import logging
import secrets
import socket
from collections.abc import Collection, Sequence
from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.text import slugify

from apps.accounts.models import Team, User
from apps.accounts.services import audit_record
from apps.repositories.exceptions import CredentialUnfit, NameMissing, RepositoryExists
from apps.repositories.git.address import address_parse
from apps.repositories.git.configuration import CredentialKind
from apps.repositories.git.errors import GitError
from apps.repositories.git.ssh import ssh_key_valid
from apps.repositories.mirrors import mirror_store
from apps.repositories.models import (
    CodeOwnership,
    Credential,
    MirrorUsage,
    Provider,
    Repository,
    WebhookEndpoint,
)
from apps.repositories.owners import Owner
from apps.repositories.refs import branch_valid
from apps.repositories.selectors import team_suggestions
from apps.repositories.signals import (
    repository_redirected,
    repository_registered,
    repository_regrouped,
)
from core.cleaning import clean_text
from core.exceptions import Invalid
from core.queue import enqueue_on_commit
from core.sealing import seal
from core.slugs import slug_insert

logger = logging.getLogger(__name__)

_HOSTS = {
    "github.com": Provider.GITHUB,
    "gitlab.com": Provider.GITLAB,
    "gitea.com": Provider.GITEA,
    "codeberg.org": Provider.FORGEJO,
    "bitbucket.org": Provider.BITBUCKET,
}
_USAGE_KEPT = timedelta(days=30)
TAG_LIMIT, TAGS = 50, 20


@transaction.atomic
def repository_register(
    *,
    url: str,
    name: str = "",
    branch: str = "",
    description: str = "",
    provider: Provider | str = "",
    username: str = "",
    secret: str = "",
    ssh_key: str = "",
    history_months: int | None = None,
    actor: User | None = None,
    allow_local: bool | None = None,
) -> Repository:
    """Begin to follow a repository; its first scan is asked for at once, and its history for afterwards.

    Args:
        url: Where to fetch it from.
        name: What to call it; the last part of the address if blank.
        branch: Which branch to follow; blank follows the remote's default.
        description: A sentence for people.
        provider: Who hosts it; told from the host's name if blank.
        username: Who fetches, with `secret`.
        secret: A password or access token for a private repository over https.
        ssh_key: The private key for one over ssh; given in place of `secret`.
        history_months: How many months of its past are judged too, 0 for none; by default as the
            installation is set.
        actor: Who registers it.
        allow_local: Accept a path on this machine; by default as the settings say.

    Raises:
        Invalid: The address, branch or name cannot be used.
        RepositoryExists: This branch of it is followed already.
    """
    address = address_normalised(url, allow_local=allow_local)
    branch = branch_valid(branch) if branch.strip() else ""
    name = clean_text(name.strip() or _name_from(address), limit=200)
    existing = Repository.objects.filter(url=address, branch=branch).first()
    if existing is not None:
        raise _exists(existing)
    repository = Repository(
        name=name,
        url=address,
        branch=branch,
        description=clean_text(description.strip(), limit=2000),
        provider=_provider(provider, address),
        registered_by=actor,
    )
    try:
        slug_insert(
            repository,
            name=name,
            among=Repository.objects.all(),
            page="register",
            otherwise="repository",
        )
    except IntegrityError as error:
        if "repository_unique_by_url_and_branch" in str(error):
            raise RepositoryExists from error
        raise
    endpoint_create(repository=repository)
    if secret or ssh_key:
        credential_set(
            repository=repository, username=username, secret=secret, ssh_key=ssh_key, actor=actor
        )
    audit_record(
        action="repository.register",
        target=f"repository:{repository.slug}",
        actor=actor,
        detail={"url": repository.url, "branch": repository.branch},
    )
    repository_registered.send(
        sender=Repository, repository=repository, actor=actor, history_months=history_months
    )
    return repository


@transaction.atomic
def repository_update(
    *,
    repository: Repository,
    actor: User | None = None,
    url: str | None = None,
    name: str | None = None,
    branch: str | None = None,
    description: str | None = None,
    provider: Provider | str | None = None,
    enabled: bool | None = None,
    team: Team | str | None = "",
    tags: Collection[str] | None = None,
    allow_local: bool | None = None,
) -> Repository:
    """Change what is given and leave the rest; a new address or branch is scanned at once.

    A stored credential is for the host that it was given for: another host makes it be forgotten.
    ``team=None`` takes it away from its team.

    Raises:
        Invalid: The address, branch or name cannot be used.
        RepositoryExists: Another one follows that branch of that address.
    """
    wanted: dict[str, object] = {}
    if url is not None:
        wanted["url"] = address_normalised(url, allow_local=allow_local)
    if branch is not None:
        wanted["branch"] = branch_valid(branch) if branch.strip() else ""
    if name is not None:
        if not name.strip():
            raise NameMissing
        wanted["name"] = clean_text(name.strip(), limit=200)
    if description is not None:
        wanted["description"] = clean_text(description.strip(), limit=2000)
    if provider is not None:
        wanted["provider"] = _provider(provider, str(wanted.get("url", repository.url)))
    if enabled is not None:
        wanted["enabled"] = enabled
    if not isinstance(team, str):
        wanted["team"] = team
    if tags is not None:
        wanted["tags"] = tags_normalised(tags)
    changes = {key: value for key, value in wanted.items() if getattr(repository, key) != value}
    if not changes:
        return repository
    before = {key: _told(getattr(repository, key)) for key in changes}
    for key, value in changes.items():
        setattr(repository, key, value)
    try:
        with transaction.atomic():
            repository.save(update_fields=list(changes))
    except IntegrityError as error:
        raise RepositoryExists from error
    audit_record(
        action="repository.update",
        target=f"repository:{repository.slug}",
        actor=actor,
        detail={
            "before": before,
            "after": {key: _told(value) for key, value in changes.items()},
        },
    )
    if _place(str(before.get("url", repository.url))) != _place(repository.url):
        credential_remove(repository=repository, actor=actor)
    if changes.keys() & {"team", "tags"}:
        repository_regrouped.send(sender=Repository, repository=repository, actor=actor)
    if changes.keys() & {"url", "branch"}:
        repository_redirected.send(sender=Repository, repository=repository, actor=actor)
    return repository


@transaction.atomic
def repository_delete(*, repository: Repository, actor: User | None = None) -> None:
    """Stop following a repository and forget its scans and findings."""
    audit_record(
        action="repository.delete",
        target=f"repository:{repository.slug}",
        actor=actor,
        detail={"url": repository.url, "branch": repository.branch},
    )
    enqueue_on_commit("repositories.mirror_forget", repository.pk, queue="quick")
    repository.delete()


def mirror_forget(*, repository_id: int) -> None:
    """Delete this machine's copy of a repository that is followed no more."""
    mirror_store().forget(repository_id)


def mirrors_tidy() -> None:
    """Write down what this machine's mirrors amount to; once an hour, delete those that nobody follows first.

    Nothing depends on it: a disk that cannot be written is logged.
    """
    store = mirror_store()
    try:
        if store.upkeep_is_due():
            store.upkeep(set(Repository.objects.values_list("pk", flat=True)))
            MirrorUsage.objects.filter(noted_at__lt=timezone.now() - _USAGE_KEPT).delete()
        state = store.state()
    except (OSError, GitError):
        logger.exception("the mirrors are not in order")
        return
    MirrorUsage.objects.update_or_create(
        store=state.store,
        defaults={
            "host": socket.gethostname()[:255],
            "mirrors": state.mirrors,
            "size": state.size,
            "bound": state.bound,
            "oldest_use_at": state.oldest_use,
        },
    )


def repository_error_note(*, repository_id: int, code: str) -> None:
    """Remember why the newest scan failed; blank says that it did not."""
    Repository.objects.filter(pk=repository_id).exclude(last_error_code=code).update(
        last_error_code=code
    )


@transaction.atomic
def credential_set(
    *,
    repository: Repository,
    username: str = "",
    secret: str = "",
    ssh_key: str = "",
    actor: User | None = None,
) -> Credential:
    """Keep the key to a private repository, encrypted and bound to it: a token or an SSH key.

    Raises:
        Invalid: It is not one line, not a usable SSH key, or does not go with the address.
    """
    kind = CredentialKind.SSH_KEY if ssh_key else CredentialKind.TOKEN
    if ssh_key and secret:
        raise Invalid("There are two credentials.", remedy="Give a token or an SSH key, not both.")
    if (repository.url.startswith("ssh://")) != bool(ssh_key):
        raise CredentialUnfit
    if ssh_key:
        secret = ssh_key_valid(ssh_key)
    elif not secret or not set("\n\r\0").isdisjoint(secret):
        raise Invalid("The secret cannot be used.", remedy="Give one line of text.")
    credential, _ = Credential.objects.update_or_create(
        repository=repository,
        defaults={
            "kind": kind,
            "username": clean_text(username.strip() or "git", limit=200),
            "sealed_secret": seal(secret, owner=f"credential:{repository.pk}"),
        },
    )
    audit_record(action="credential.set", target=f"repository:{repository.slug}", actor=actor)
    return credential


@transaction.atomic
def credential_remove(*, repository: Repository, actor: User | None = None) -> None:
    """Forget the key to a repository."""
    removed, _ = Credential.objects.filter(repository=repository).delete()
    if removed:
        audit_record(
            action="credential.remove", target=f"repository:{repository.slug}", actor=actor
        )


def endpoint_create(*, repository: Repository) -> WebhookEndpoint:
    """Give a repository the address to which its host may announce pushes."""
    return WebhookEndpoint.objects.create(
        repository=repository,
        sealed_secret=seal(_secret_new(), owner=f"webhook:{repository.pk}"),
    )


@transaction.atomic
def webhook_secret_reset(*, repository: Repository, actor: User | None = None) -> str:
    """Make a new webhook secret and give it, this once, to be entered at the host."""
    secret = _secret_new()
    WebhookEndpoint.objects.filter(repository=repository).update(
        sealed_secret=seal(secret, owner=f"webhook:{repository.pk}"), verified_at=None
    )
    audit_record(action="webhook.secret_reset", target=f"repository:{repository.slug}", actor=actor)
    return secret


def endpoint_heard(*, endpoint: WebhookEndpoint, verified: bool) -> None:
    """Note that the host announced something, and that its signature was right."""
    now = timezone.now()
    heard = {"last_event_at": now}
    if verified and endpoint.verified_at is None:
        heard["verified_at"] = now
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(**heard)


def address_normalised(url: str, *, allow_local: bool | None = None) -> str:
    """Spell an address in the one way in which it is stored and compared.

    Raises:
        Invalid: It is none, or we do not fetch from there.
    """
    local = settings.PLUMBLINE_ALLOW_LOCAL_REPOSITORIES if allow_local is None else allow_local
    return address_parse(url, allow_local=local).url


def _place(url: str) -> tuple[str, str]:
    """Where a secret for an address would be sent, and how."""
    parts = urlsplit(url)
    return parts.scheme, parts.netloc


def tags_normalised(tags: Collection[str]) -> list[str]:
    """Tags in the one way in which they are stored and compared: lower case, dashes, in order.

    Raises:
        Invalid: One has no letter or digit, is too long, or there are too many.
    """
    wanted = {tag.strip() for tag in tags} - {""}
    found = sorted({slugify(tag) for tag in wanted})
    if "" in found or any(len(tag) > TAG_LIMIT for tag in found):
        raise Invalid(
            "A tag cannot be used.", remedy=f"Use letters and digits, at most {TAG_LIMIT} of them."
        )
    if len(found) > TAGS:
        raise Invalid(f"A repository has at most {TAGS} tags.", remedy="Leave some out.")
    return found


def code_owners_note(
    *, repository_id: int, path: str, owners: Sequence[Owner], blob: str = ""
) -> None:
    """Keep whom the repository's CODEOWNERS names now; a blank path says that it has none."""
    if not path:
        CodeOwnership.objects.filter(repository_id=repository_id).delete()
        return
    CodeOwnership.objects.update_or_create(
        repository_id=repository_id,
        defaults={
            "path": clean_text(path, limit=200),
            "blob": blob,
            "owners": [[owner.name, owner.patterns, owner.is_default] for owner in owners],
        },
    )


@transaction.atomic
def team_suggestion_accept(
    *, repository: Repository, team: Team, actor: User | None = None
) -> Repository:
    """Give a repository to a team that its own CODEOWNERS names.

    Raises:
        Invalid: It does not name that team, or not any more.
    """
    named = [item for item in team_suggestions(repository=repository) if item.team.pk == team.pk]
    if not named:
        raise Invalid(
            "The repository's CODEOWNERS does not name this team.",
            remedy="Load the suggestions again, or set the team yourself.",
        )
    audit_record(
        action="repository.team_accept",
        target=f"repository:{repository.slug}",
        actor=actor,
        detail={"team": team.slug, "handle": named[0].handle, "patterns": named[0].patterns},
    )
    return repository_update(repository=repository, team=team, actor=actor)


def _told(value: object) -> object:
    """A value as the audit log shows it."""
    return value.slug if isinstance(value, Team) else value


def _secret_new() -> str:
    return secrets.token_urlsafe(32)


def _exists(repository: Repository) -> RepositoryExists:
    return RepositoryExists(
        f"{repository.name} follows this branch of this address already.",
        remedy=f"Open /repositories/{repository.slug}/, or give another branch.",
    )


def _name_from(address: str) -> str:
    path = urlsplit(address).path.rstrip("/")
    return path.rpartition("/")[2].removesuffix(".git") or "repository"


def _provider(given: Provider | str, address: str) -> Provider:
    if not given:
        return _HOSTS.get(urlsplit(address).hostname or "", Provider.OTHER)
    if given not in Provider.values:
        raise Invalid(f"{given} is not a known host.", remedy=", ".join(Provider.values))
    return Provider(given)
