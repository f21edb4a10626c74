"""Sharing a scorecard, and the page that is shared."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_GET, require_http_methods

from apps.accounts.requests import SignedInRequest
from apps.repositories.selectors import repository_get, repository_may_change
from apps.scorecards.badge import badge_path
from apps.scorecards.selectors import shared_link_of, shared_scorecard
from apps.scorecards.services import scorecard_share, scorecard_unshare
from apps.scorecards.sharing import badge_snippets, shared_path


@require_http_methods(["GET", "POST"])
def share(request: SignedInRequest, slug: str) -> HttpResponse:
    """Show the badge and the public link of a repository; a POST begins or ends the link."""
    repository = repository_get(user=request.user, slug=slug)
    if request.method == "POST":
        if request.POST.get("act") == "end":
            scorecard_unshare(repository=repository, actor=request.user)
            messages.success(request, "The link leads nowhere any more.")
        else:
            scorecard_share(repository=repository, actor=request.user)
            messages.success(request, "Whoever has the link can read the scorecard now.")
        return redirect("scorecards:share", slug)
    link = shared_link_of(repository)
    context = {
        "repository": repository,
        "link": link,
        "link_url": request.build_absolute_uri(shared_path(link)) if link else "",
        "is_enabled": settings.PLUMBLINE_PUBLIC_SCORECARDS,
        "may_share": repository_may_change(user=request.user, repository=repository),
        "badge_path": badge_path(repository),
        "snippets": badge_snippets(request, repository, link),
    }
    return render(request, "scorecards/share.html", context)


@login_not_required
@require_GET
def shared(request: HttpRequest, public_id: UUID, key: str) -> HttpResponse:
    """Show a scorecard to whoever knows its link: figures only, no address, no people, no code."""
    card = shared_scorecard(public_id=public_id, key=key)
    response = render(request, "scorecards/shared.html", {"card": card})
    response["X-Robots-Tag"] = "noindex, nofollow"
    # A link that was ended must be gone at once.
    add_never_cache_headers(response)
    return response
