"""The first administrator of a new installation."""

import secrets

from allauth.account.models import EmailAddress

from django.db import transaction

from apps.accounts.models import User
from apps.accounts.services import audit_record

ADDRESS = "admin@localhost"


@transaction.atomic
def administrator_ensure(*, email: str = ADDRESS) -> tuple[User, str]:
    """Give an administrator, made with a random password if there is none yet.

    Returns:
        The administrator, and the password if it was made now; it cannot be had again.
    """
    existing = User.objects.filter(is_superuser=True, is_active=True).order_by("pk").first()
    if existing is not None:
        return existing, ""
    password = secrets.token_urlsafe(15)
    user = User.objects.create_superuser(email, password)
    # Nobody could receive the confirmation at this address.
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    audit_record(action="user.create", target=f"user:{user.pk}", actor=user)
    return user, password
