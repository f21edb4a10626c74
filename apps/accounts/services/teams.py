"""Teams and who is in them."""

import re
from collections.abc import Collection

from django.db import IntegrityError, transaction
from django.utils.text import slugify

from apps.accounts.models import Membership, MembershipRole, Team, User
from apps.accounts.services.audit import audit_record
from core.cleaning import clean_text
from core.exceptions import Conflict, Invalid

NAME_LIMIT, HANDLE_LIMIT, HANDLES = 100, 120, 20
_HANDLE = re.compile(r"[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*)*", re.ASCII)
_RESERVED = {"new"}


class TeamExists(Conflict):
    """Two teams of one name could not be told apart."""

    code = "team_exists"
    text = "There is a team of this name already."
    remedy = "Give another name."


class TeamNested(Invalid):
    """Teams have one level below them, so that a total is never the total of totals."""

    code = "team_nested"
    text = "A team inside another one cannot hold teams itself."
    remedy = "Choose a team that stands at the top, or none."


@transaction.atomic
def team_create(
    *,
    name: str,
    parent: Team | None = None,
    handles: Collection[str] = (),
    description: str = "",
    actor: User | None = None,
) -> Team:
    """Make a team.

    Args:
        name: What people call it.
        parent: The team that it is part of, which stands at the top itself.
        handles: What it is called on forges and in CODEOWNERS, such as ``shop/payments``.
        description: A sentence for people.
        actor: Who makes it.

    Raises:
        Invalid: The name or a handle cannot be used.
        TeamNested: The parent is part of a team itself.
        TeamExists: There is one of that name.
    """
    team = Team(
        name=_name(name),
        slug=_slug(name),
        parent=_parent(parent),
        handles=_handles(handles),
        description=clean_text(description.strip(), limit=2000),
    )
    _save(team)
    audit_record(action="team.create", target=f"team:{team.slug}", actor=actor, detail=_shown(team))
    return team


@transaction.atomic
def team_update(
    *,
    team: Team,
    name: str | None = None,
    parent: Team | str | None = "",
    handles: Collection[str] | None = None,
    description: str | None = None,
    actor: User | None = None,
) -> Team:
    """Change what is given and leave the rest; ``parent=None`` puts the team at the top.

    Raises:
        Invalid: The name or a handle cannot be used.
        TeamNested: The parent is part of a team, or this team holds teams.
        TeamExists: There is one of that name.
    """
    team = Team.objects.select_for_update(of=["self"]).select_related("parent").get(pk=team.pk)
    before = _shown(team)
    if name is not None:
        team.name = _name(name)
    if not isinstance(parent, str):
        if parent is not None and team.children.exists():
            raise TeamNested("This team holds teams itself.", remedy="Move those first.")
        team.parent = _parent(parent, of=team)
    if handles is not None:
        team.handles = _handles(handles)
    if description is not None:
        team.description = clean_text(description.strip(), limit=2000)
    after = _shown(team)
    if after != before:
        _save(team)
        audit_record(
            action="team.update",
            target=f"team:{team.slug}",
            actor=actor,
            detail={"before": before, "after": after},
        )
    return team


@transaction.atomic
def team_delete(*, team: Team, actor: User | None = None) -> None:
    """Remove a team; its repositories and the teams in it stay, without it."""
    audit_record(action="team.delete", target=f"team:{team.slug}", actor=actor, detail=_shown(team))
    team.delete()


@transaction.atomic
def member_put(
    *,
    team: Team,
    user: User,
    role: MembershipRole | str = MembershipRole.MEMBER,
    actor: User | None = None,
) -> Membership:
    """Make somebody a member, or give a member another role. Doing it again changes nothing."""
    if role not in MembershipRole.values:
        raise Invalid(f"{role} is not a role.", remedy=", ".join(MembershipRole.values))
    membership, is_new = Membership.objects.select_for_update().get_or_create(
        team=team, user=user, defaults={"role": role}
    )
    if is_new or membership.role != role:
        membership.role = MembershipRole(role)
        membership.save(update_fields=["role"])
        audit_record(
            action="team.member_put",
            target=f"team:{team.slug}",
            actor=actor,
            detail={"user": user.email, "role": str(role)},
        )
    return membership


@transaction.atomic
def member_remove(*, team: Team, user: User, actor: User | None = None) -> None:
    """Take somebody out of a team. Doing it again changes nothing."""
    removed, _ = Membership.objects.filter(team=team, user=user).delete()
    if removed:
        audit_record(
            action="team.member_remove",
            target=f"team:{team.slug}",
            actor=actor,
            detail={"user": user.email},
        )


def _name(name: str) -> str:
    cleaned = clean_text(name.strip(), limit=NAME_LIMIT)
    if not cleaned or not slugify(cleaned):
        raise Invalid("A team needs a name.", remedy="Use at least one letter or digit.")
    if slugify(cleaned) in _RESERVED:
        raise Invalid(f"A team cannot be called {cleaned}.", remedy="Give another name.")
    return cleaned


def _slug(name: str) -> str:
    return slugify(_name(name))[:100]


def _parent(parent: Team | None, *, of: Team | None = None) -> Team | None:
    """The parent, locked so that nobody puts it into a team meanwhile."""
    if parent is None:
        return None
    found = Team.objects.select_for_update().filter(pk=parent.pk).first()
    if found is None or found.parent_id is not None or (of is not None and found.pk == of.pk):
        raise TeamNested
    return found


def _handles(handles: Collection[str]) -> list[str]:
    wanted = sorted({handle.strip().lstrip("@").lower() for handle in handles} - {""})
    for handle in wanted:
        if len(handle) > HANDLE_LIMIT or not _HANDLE.fullmatch(handle):
            raise Invalid(
                f"{clean_text(handle, limit=60)} is not what a forge calls a team.",
                remedy="Write it as in CODEOWNERS: organisation/team.",
            )
    if len(wanted) > HANDLES:
        raise Invalid(f"A team has at most {HANDLES} handles.", remedy="Leave some out.")
    return wanted


def _save(team: Team) -> None:
    try:
        with transaction.atomic():
            team.save()
    except IntegrityError as error:
        raise TeamExists from error


def _shown(team: Team) -> dict[str, object]:
    return {
        "name": team.name,
        "parent": team.parent.slug if team.parent else None,
        "handles": team.handles,
        "description": team.description,
    }
