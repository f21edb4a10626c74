"""The page about the history of a repository, and the wish for more of it."""

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts.requests import SignedInRequest
from apps.repositories.models import LONGEST_HISTORY
from apps.repositories.selectors import repository_get
from apps.scans.backfills import backfill_latest, backfill_progress
from apps.scans.exceptions import MonthsInvalid
from apps.scans.services import backfill_cancel, backfill_request
from core.addresses import whole_number
from core.exceptions import NotFound
from core.fragments import page_render


@require_http_methods(["GET", "POST"])
def history(request: SignedInRequest, slug: str) -> HttpResponse:
    """Show which months of a repository are judged; a POST asks for them first."""
    repository = repository_get(user=request.user, slug=slug)
    if request.method == "POST":
        backfill_request(
            repository=repository,
            months=_months(request.POST.get("months", "")),
            requested_by=request.user,
        )
        return redirect("scans:history", slug)
    progress = backfill_progress(repository)
    context = {
        "repository": repository,
        "progress": progress,
        "newest_first": progress and progress.months[::-1],
        "months": progress.backfill.months if progress else settings.PLUMBLINE_BACKFILL_MONTHS,
        "most_months": LONGEST_HISTORY,
    }
    return page_render(request, "scans/history.html", context, fragments=("progress",))


@require_POST
def cancel(request: SignedInRequest, slug: str) -> HttpResponse:
    """End a backfill; the months that are judged stay."""
    backfill = backfill_latest(repository_get(user=request.user, slug=slug))
    if backfill is None:
        raise NotFound("Nobody has asked for the history of this repository.")
    backfill_cancel(backfill=backfill, actor=request.user)
    return redirect("scans:history", slug)


def _months(text: str) -> int | None:
    """What was typed; nothing for an empty field.

    Raises:
        MonthsInvalid: It is no number.
    """
    text = text.strip()
    if not text:
        return None
    months = whole_number(text, digits=3)
    if months is None:
        raise MonthsInvalid
    return months
