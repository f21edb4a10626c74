"""What people do with tokens."""

import hmac
from collections.abc import Collection
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from apps.accounts.models import ApiToken, TokenScope, User
from apps.accounts.services.audit import audit_record
from apps.accounts.tokens import token_text_new, token_text_parse
from core.cleaning import clean_text
from core.exceptions import Invalid, Unauthenticated

LONGEST_LIFE = timedelta(days=365)


class TokenRejected(Unauthenticated):
    """A token that opens nothing; which of the reasons is not told."""

    code = "token_rejected"
    text = "The token is unknown, expired or revoked."
    remedy = "Ask an administrator for a new one (manage.py token_create)."


@transaction.atomic
def token_create(
    *,
    user: User,
    name: str,
    scopes: Collection[str],
    days: int = 90,
    actor: User | None = None,
) -> tuple[ApiToken, str]:
    """Make a token for a bot that acts as this user.

    Returns:
        The row, and the text of the token, which cannot be had again.

    Raises:
        Invalid: An unknown scope, no scope, or a life outside 1 to 365 days.
    """
    unknown = sorted(set(scopes) - set(TokenScope.values))
    if unknown or not scopes:
        raise Invalid(
            f"Unknown scope {unknown[0]}." if unknown else "A token needs a scope.",
            remedy=f"Choose from {', '.join(TokenScope.values)}.",
        )
    if not timedelta(0) < timedelta(days=days) <= LONGEST_LIFE:
        raise Invalid("A token lives 1 to 365 days.", remedy="Give a number of days in between.")
    if not name.strip():
        raise Invalid("A token needs a name.", remedy="Say what will use it.")
    text = token_text_new()
    token = ApiToken.objects.create(
        user=user,
        name=clean_text(name.strip(), limit=100),
        prefix=text.prefix,
        digest=text.digest,
        scopes=sorted(set(scopes)),
        expires_at=timezone.now() + timedelta(days=days),
    )
    audit_record(
        action="token.create",
        target=f"token:{token.prefix}",
        actor=actor or user,
        detail={"name": token.name, "scopes": token.scopes, "user": user.email},
    )
    return token, str(text)


@transaction.atomic
def token_revoke(*, token: ApiToken, actor: User | None = None) -> ApiToken:
    """Stop a token from opening anything, at once. Doing it again changes nothing."""
    revoked = ApiToken.objects.filter(pk=token.pk, revoked_at__isnull=True).update(
        revoked_at=timezone.now()
    )
    if revoked:
        audit_record(action="token.revoke", target=f"token:{token.prefix}", actor=actor)
    token.refresh_from_db(fields=["revoked_at"])
    return token


def token_authenticate(*, text: str) -> ApiToken:
    """Find the live token that this text is, and note the day of its use.

    Raises:
        TokenRejected: It is malformed, unknown, expired, revoked, or its user is gone.
    """
    parsed = token_text_parse(text)
    if parsed is None:
        raise TokenRejected
    token = ApiToken.objects.select_related("user").filter(prefix=parsed.prefix).first()
    # Compare also when there is none, so that the answer takes as long.
    known = hmac.compare_digest(token.digest if token else "0" * 64, parsed.digest)
    if token is None or not known or not token.is_live or not token.user.is_active:
        raise TokenRejected
    today = timezone.localdate()
    if token.last_used_on != today:
        ApiToken.objects.filter(pk=token.pk).update(last_used_on=today)
    return token
