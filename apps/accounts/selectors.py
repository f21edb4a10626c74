"""Reading people, tokens and the record of acts."""

from django.contrib.auth.models import AnonymousUser
from django.db.models import FETCH_RAISE, QuerySet

from apps.accounts.models import AuditEvent, User
from core.exceptions import NotFound

type Person = User | AnonymousUser


def audit_list(*, user: Person) -> QuerySet[AuditEvent]:
    """What was done, newest first; administrators see it."""
    events = AuditEvent.objects.select_related("actor").fetch_mode(FETCH_RAISE)
    return events if user.is_active and user.is_staff else events.none()


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
