"""Pages for failures that the domain names, and for people whose session has ended."""

from collections.abc import Callable
from http import HTTPStatus

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from core.exceptions import DomainError
from core.middleware import API_PREFIX


class PageProblems:
    """Show a refusal in the product's own words; views need not catch what they cannot help."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Keep the rest of the chain."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer a known failure with a page; leave every other to Django."""
        if not isinstance(error, DomainError) or request.path.startswith(API_PREFIX):
            return None
        template = "404.html" if error.status is HTTPStatus.NOT_FOUND else "problem.html"
        return render(request, template, {"problem": error}, status=error.status)


class SignInRequired(LoginRequiredMiddleware):
    """Ask for a sign-in; a part of a page asks by reloading the page, not by swapping in a form."""

    def handle_no_permission(  # type: ignore[override]  # any response will do
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponseBase:
        """Answer htmx with 401, on which its page reloads; all others go to sign in."""
        if request.headers.get("HX-Request") == "true":
            return HttpResponse(
                "Your session has ended.", status=HTTPStatus.UNAUTHORIZED, content_type="text/plain"
            )
        return super().handle_no_permission(request, view_func)
