"""Dark, light, or as the system says: kept in a cookie so that the first paint is right."""

from datetime import timedelta

from django.http import HttpRequest
from django.http.response import HttpResponseBase

COOKIE = "theme"
THEMES = ("dark", "light")
_LIFETIME = timedelta(days=365)


def theme_of(request: HttpRequest) -> str:
    """Give the theme that was chosen, blank for the system's."""
    chosen = request.COOKIES.get(COOKIE, "")
    return chosen if chosen in THEMES else ""


def theme_set(response: HttpResponseBase, theme: str, *, secure: bool) -> None:
    """Keep a choice; anything but a theme goes back to the system's."""
    if theme in THEMES:
        response.set_cookie(
            COOKIE, theme, max_age=_LIFETIME, httponly=True, samesite="Lax", secure=secure
        )
    else:
        response.delete_cookie(COOKIE, samesite="Lax")
