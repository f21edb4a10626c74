"""What a request may do, from the scopes of its token and who sent it."""

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from apps.accounts.models import ApiToken, TokenScope, User


class SignedInApiRequest(Request):
    """A request as our API views see it: only people and bots come through."""

    user: User


class HasScope(BasePermission):
    """Asks a bot's token for the scope that the view names.

    People (session or JWT) are not limited by scopes. A view sets ``read_scope`` and
    ``write_scope``; without one of them any signed-in caller may.
    """

    message = "The token lacks the scope for this."
    code = "scope_missing"

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Say whether the request may go on."""
        if not request.user or not request.user.is_authenticated:
            return False
        if not isinstance(request.auth, ApiToken):
            return True
        name = "read_scope" if request.method in SAFE_METHODS else "write_scope"
        scope: TokenScope | None = getattr(view, name, None)
        return scope is None or scope in request.auth.scopes


class ScopedView(APIView):
    """The base of our API views: scopes for tokens, and a stricter pace for writing."""

    permission_classes = [HasScope]
    read_scope: TokenScope | None = None
    write_scope: TokenScope | None = None
    write_throttle: str | None = None
    throttle_scope: str | None = None

    def get_throttles(self) -> list[BaseThrottle]:
        """Add the pace that the view sets for requests that change something."""
        if self.request.method not in SAFE_METHODS:
            self.throttle_scope = self.write_throttle
        return super().get_throttles()
