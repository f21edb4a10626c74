"""The page on which everything is found."""

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from apps.accounts.requests import SignedInRequest
from apps.scorecards.search import LONGEST, search_everywhere
from core.fragments import page_render
from core.text import text_visible


@require_GET
def search(request: SignedInRequest) -> HttpResponse:
    """Show what holds the text: as a page, or as the list below the field in the masthead."""
    text = text_visible(request.GET.get("q", "").strip()[:LONGEST]).strip()
    slug = request.GET.get("repository", "")[:100]
    context = {
        "text": text,
        "slug": slug,
        "groups": search_everywhere(user=request.user, text=text, slug=slug),
    }
    return page_render(request, "scorecards/search.html", context, fragments=("hits",))
