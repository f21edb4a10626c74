"""Links in mails by which somebody stops a digest without signing in."""

from django.core import signing
from django.urls import reverse

_SALT = "accounts.digest_stop"


def digest_stop_path(*, team_id: int, user_id: int) -> str:
    """The path of the page that stops a team's digest for one person; whoever has it may."""
    token = signing.dumps([team_id, user_id], salt=_SALT, compress=False)
    return reverse("accounts:digest_stop", args=[token])


def digest_stop_read(token: str) -> tuple[int, int] | None:
    """Team and user that a token is for; nothing if nobody here made it."""
    try:
        team_id, user_id = signing.loads(token, salt=_SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return int(team_id), int(user_id)
