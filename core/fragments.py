"""One template, one URL, two answers: a page, or the part of it that htmx asked for."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers, patch_vary_headers


def page_render(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any],
    *,
    fragments: tuple[str, ...],
    query: str | None = None,
) -> HttpResponse:
    """Render a page, or one of its template partials if htmx asks for that one.

    htmx names the element it will replace; a partial has that element's id for a name.

    Args:
        request: Who asks for what.
        template: The template of the page.
        context: What it shows.
        fragments: The partials that may be asked for.
        query: What the browser's address says instead, where a form has sent fields that it leaves blank.
    """
    name = wanted_fragment(request)
    part = f"#{name}" if name in fragments else ""
    response = render(request, f"{template}{part}", context)
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    if part:
        # Else the back button could show the part as if it were the page.
        add_never_cache_headers(response)
    if query is not None and "" in request.GET.values():
        response["HX-Replace-Url"] = f"{request.path}{query}"
    return response


def page_redirect(request: HttpRequest, address: str) -> HttpResponse:
    """Lead to another page, also from a part of one: a script that follows would swallow what the page has to say."""
    if not wanted_fragment(request):
        return HttpResponseRedirect(address)
    response = HttpResponse(status=HTTPStatus.NO_CONTENT)
    response["HX-Redirect"] = address
    return response


def wanted_fragment(request: HttpRequest) -> str:
    """Give the id of the element that htmx will replace, blank for a whole page."""
    if request.headers.get("HX-Request") != "true":
        return ""
    # htmx 4 sends "tag#id".
    return request.headers.get("HX-Target", "").partition("#")[2]
