"""Pages that belong to no app."""

from urllib.parse import urlsplit

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from core.theme import theme_set


@login_not_required
@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Keep the reader's choice of theme and go back to the page it was made on."""
    came_from = request.META.get("HTTP_REFERER", "")
    safe = url_has_allowed_host_and_scheme(came_from, allowed_hosts={request.get_host()})
    path = urlsplit(came_from)
    target = f"{path.path}?{path.query}" if path.query else path.path
    response = redirect(target if safe and target.startswith("/") and target[1:2] != "/" else "/")
    theme_set(response, request.POST.get("theme", ""), secure=request.is_secure())
    return response


@login_not_required
@require_GET
def favicon(request: HttpRequest) -> HttpResponse:
    """Lead to the icon, for pages that are not ours and browsers that only guess."""
    return redirect(static("img/favicon.svg"))
