"""Letting bots in: ``Authorization: Bearer plb_…``."""

from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.request import Request

from apps.accounts.models import ApiToken, User
from apps.accounts.services import TokenRejected, token_authenticate
from apps.accounts.tokens import MARK


class ApiTokenAuthentication(BaseAuthentication):
    """Accepts our own opaque tokens; other bearers (JWT) are left to the next class."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """Give the token's user and the token, or nothing where no token of ours was sent."""
        scheme, _, text = get_authorization_header(request).partition(b" ")
        if scheme.lower() != b"bearer" or not text.startswith(f"{MARK}_".encode()):
            return None
        try:
            token = token_authenticate(text=text.decode("ascii").strip())
        except UnicodeDecodeError as error:
            raise TokenRejected from error
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        """Name the scheme, so that DRF answers 401 and not 403."""
        return 'Bearer realm="plumbline"'
