"""Tokens for people's own programs: a short access token, a refresh token that is used once."""

from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from drf_spectacular.utils import extend_schema
from rest_framework_simplejwt.serializers import TokenObtainPairSerializer
from rest_framework_simplejwt.views import (
    TokenBlacklistView,
    TokenObtainPairView,
    TokenRefreshView,
)

from core.exceptions import Forbidden


class SecondFactorNeeded(Forbidden):
    """A password alone must not open what a second factor guards."""

    code = "second_factor_needed"
    text = "This account signs in with a second factor, which this address cannot ask for."
    remedy = "Use an API token (manage.py token_create)."


class PasswordSerializer(TokenObtainPairSerializer):
    """E-mail address and password."""

    def validate(self, attrs: dict[str, Any]) -> dict[str, str]:
        """Give the pair of tokens.

        Raises:
            SecondFactorNeeded: The account has one.
        """
        pair: dict[str, str] = super().validate(attrs)
        if is_mfa_enabled(self.user):
            raise SecondFactorNeeded
        return pair


@extend_schema(tags=["token"])
class TokenView(TokenObtainPairView):
    """Give an access and a refresh token for an e-mail address and password."""

    serializer_class = PasswordSerializer
    throttle_scope = "token"


@extend_schema(tags=["token"])
class RefreshView(TokenRefreshView):
    """Give a new pair for a refresh token, which is used up by that."""

    throttle_scope = "token"


@extend_schema(tags=["token"])
class RevokeView(TokenBlacklistView):
    """Use up a refresh token without giving anything for it."""

    throttle_scope = "token"
