"""Pages about findings."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from apps.accounts.requests import SignedInRequest
from apps.repositories.selectors import repository_get
from apps.scorecards.finding_pages import FindingPage
from apps.scorecards.finding_tab import findings_csv


@require_GET
def finding(request: SignedInRequest, slug: str, pk: int) -> HttpResponse:
    """Show what is wrong, why, since when, and how it is put right."""
    page = FindingPage.of(request, pk)
    if page.repository.slug != slug:
        return redirect("scorecards:finding", page.repository.slug, pk)
    context = {"page": page, "finding": page.finding, "repository": page.repository}
    return render(request, "scorecards/finding.html", context)


@require_GET
def findings_as_csv(request: SignedInRequest, slug: str) -> HttpResponse:
    """Give the findings that the tab would show, all pages of them."""
    return findings_csv(request, repository_get(user=request.user, slug=slug))
