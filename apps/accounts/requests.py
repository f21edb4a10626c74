"""The request as pages see it."""

from django.http import HttpRequest

from apps.accounts.models import User


class SignedInRequest(HttpRequest):
    """A request of somebody who signed in: what the middleware lets through to a page."""

    user: User
