"""Middleware of our own: small, and only what must touch every request."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse

API_PREFIX = "/api/"


class ApiProblems:
    """Answer errors under the API's address as JSON, also those that no API view raised."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Keep the rest of the chain."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on and replace an HTML error page."""
        response = self.get_response(request)
        if (
            response.status_code < 400
            or not request.path.startswith(API_PREFIX)
            or not response.get("Content-Type", "").startswith("text/html")
        ):
            return response
        code = {404: "not_found", 403: "permission_denied", 400: "invalid"}.get(
            response.status_code, "error"
        )
        return JsonResponse(
            {"detail": response.reason_phrase, "code": code}, status=response.status_code
        )
