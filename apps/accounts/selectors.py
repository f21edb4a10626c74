"""Reading people, tokens and the record of acts."""

from datetime import datetime

from django.contrib.auth.models import AnonymousUser
from django.db.models import FETCH_RAISE, Case, Q, QuerySet, When
from django.utils import timezone

from apps.accounts.audit_words import ACTIONS, KINDS
from apps.accounts.models import ApiToken, AuditEvent, Membership, MembershipRole, Team, User
from core.exceptions import Forbidden, NotFound

type Person = User | AnonymousUser

READ_AUDIT = "accounts.view_auditevent"


def audit_list(
    *,
    user: Person,
    actor: str = "",
    action: str = "",
    target: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
) -> QuerySet[AuditEvent]:
    """What was done, newest first; for administrators and who has the permission.

    Args:
        user: Who looks.
        actor: An e-mail address, or part of the address of somebody who still has an account.
        action: An act such as ``policy.publish``, or what it is done to, such as ``policy``.
        target: What it was done to, such as ``repository:shop``, or ``shop`` of whatever kind.
        since: Nothing before this.
        until: Nothing after this.

    Raises:
        Forbidden: The user may not read the log.
    """
    if not (user.is_active and (user.is_staff or user.has_perm(READ_AUDIT))):
        raise Forbidden("Only who may read the audit log sees what others did.")
    events = AuditEvent.objects.order_by("-id").fetch_mode(FETCH_RAISE)
    if actor and "@" in actor:
        events = events.filter(actor_name=actor.lower())
    elif actor:
        people = User.objects.filter(email__icontains=actor).order_by().values("pk")
        events = events.filter(actor__in=people)
    if action:
        names = [name for name in ACTIONS if name.startswith(f"{action}.")]
        events = events.filter(action__in=names or [action])
    if target:
        is_named = ":" in target
        events = events.filter(
            target__in=[target] if is_named else [f"{kind}:{target}" for kind in KINDS]
        )
    if since is not None:
        events = events.filter(created_at__gte=since)
    return events if until is None else events.filter(created_at__lte=until)


def user_get_by_email(*, email: str) -> User:
    """The user with this address.

    Raises:
        NotFound: Nobody has it.
    """
    user = User.objects.filter(email__iexact=email, is_active=True).first()
    if user is None:
        raise NotFound(
            f"Nobody signs in as {email}.", remedy="Create the user first (manage.py up, admin)."
        )
    return user


def team_list(*, user: Person) -> QuerySet[Team]:
    """The teams, each with the one that it is part of, by name."""
    teams = Team.objects.select_related("parent").fetch_mode(FETCH_RAISE)
    return teams if user.is_active else teams.none()


def team_search(*, user: Person, text: str) -> QuerySet[Team]:
    """The teams whose name holds a text, by name."""
    return team_list(user=user).filter(Q(name__icontains=text) | Q(slug__icontains=text))


def team_get(*, user: Person, slug: str) -> Team:
    """One team by its slug.

    Raises:
        NotFound: There is none.
    """
    team = team_list(user=user).filter(slug=slug).first()
    if team is None:
        raise NotFound("There is no such team.")
    return team


def team_by_slug(*, slug: str) -> Team:
    """One team for somebody at the server's command line, who may see all.

    Raises:
        NotFound: There is none.
    """
    team = Team.objects.filter(slug=slug).first()
    if team is None:
        raise NotFound(f"There is no team {slug}.")
    return team


def team_may_change(*, user: Person, team: Team) -> bool:
    """Whether the user may change a team: administrators, and who leads it or the team that it is part of."""
    if not user.is_active:
        return False
    own = [team.pk, *([team.parent_id] if team.parent_id else [])]
    return (
        user.is_staff
        or Membership.objects.filter(
            user_id=user.pk, team__in=own, role=MembershipRole.LEAD
        ).exists()
    )


def team_get_for_change(*, user: Person, slug: str) -> Team:
    """One team that the user may change.

    Raises:
        NotFound: There is none.
        Forbidden: The user may not change it.
    """
    team = team_get(user=user, slug=slug)
    if not team_may_change(user=user, team=team):
        raise Forbidden("Only an administrator or a lead of the team may change it.")
    return team


def member_list(*, team: Team) -> QuerySet[Membership]:
    """Who is in a team, leads first."""
    return (
        Membership.objects.filter(team=team)
        .select_related("user")
        .order_by("role", "user__email")
        .fetch_mode(FETCH_RAISE)
    )


def membership_list(*, user: User) -> QuerySet[Membership]:
    """The teams that somebody is in, by name."""
    return (
        Membership.objects.filter(user=user)
        .select_related("team")
        .order_by("team__name", "id")
        .fetch_mode(FETCH_RAISE)
    )


def team_of_member(*, team_id: int, user_id: int) -> Team | None:
    """A team, if this person is in it."""
    return Team.objects.filter(pk=team_id, memberships__user=user_id).first()


def token_list(*, user: User) -> QuerySet[ApiToken]:
    """Somebody's own tokens, those that open something first, then newest first."""
    is_over = Q(revoked_at__isnull=False) | Q(expires_at__lte=timezone.now())
    return (
        ApiToken.objects.filter(user=user)
        .annotate(is_over=Case(When(is_over, then=1), default=0))
        .order_by("is_over", "-id")
        .fetch_mode(FETCH_RAISE)
    )


def token_get(*, user: User, pk: int) -> ApiToken:
    """One of somebody's own tokens.

    Raises:
        NotFound: There is none, or it is somebody else's.
    """
    token = ApiToken.objects.filter(user=user, pk=pk).first()
    if token is None:
        raise NotFound("There is no such token.")
    return token


def team_ids_under(*, team: Team) -> list[int]:
    """The team and those in it."""
    return [team.pk, *Team.objects.filter(parent=team).values_list("pk", flat=True)]


def administrator_demand(*, user: Person, act: str) -> None:
    """Let only administrators go on.

    Raises:
        Forbidden: The user is none.
    """
    if not (user.is_active and user.is_staff):
        raise Forbidden(f"Only an administrator may {act}.")
