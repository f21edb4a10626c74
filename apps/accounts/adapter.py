"""How allauth signs people up here."""

from allauth.account.adapter import DefaultAccountAdapter

from django.conf import settings
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Keeps sign-up closed unless the installation opens it."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Say whether strangers may create an account."""
        return bool(settings.ACCOUNT_OPEN_SIGNUP)
