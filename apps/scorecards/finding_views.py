"""Pages about findings."""

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from apps.accounts.requests import SignedInRequest
from apps.findings.choices import PatchState
from apps.findings.selectors import finding_get, patch_of
from apps.findings.services import patch_request
from apps.repositories.selectors import repository_get
from apps.scorecards.finding_pages import FindingPage
from apps.scorecards.finding_tab import FindingQuery, findings_csv
from core.exceptions import DomainError, NotFound
from core.fragments import page_render


@require_GET
def finding(request: SignedInRequest, slug: str, pk: int) -> HttpResponse:
    """Show what is wrong, why, since when, and how it is put right."""
    page = FindingPage.of(request, pk)
    if page.repository.slug != slug:
        return redirect("scorecards:finding", page.repository.slug, pk)
    context = {"page": page, "finding": page.finding, "repository": page.repository}
    return page_render(request, "scorecards/finding.html", context, fragments=("patch",))


@require_POST
def patch_ask(request: SignedInRequest, slug: str, pk: int) -> HttpResponse:
    """Have a worker make the patch of a finding; the page shows it when it is there."""
    found = finding_get(user=request.user, pk=pk)
    try:
        patch_request(finding=found)
    except DomainError as error:
        messages.error(request, error.advice)
    query = FindingQuery.of(request.GET).address
    address = reverse("scorecards:finding", args=[found.repository.slug, pk])
    return redirect(f"{address}{query}#patch")


@require_GET
def patch_file(request: SignedInRequest, slug: str, pk: int) -> HttpResponse:
    """Give the verified patch of a finding as a file that `git apply` takes."""
    found = finding_get(user=request.user, pk=pk)
    patch = patch_of(found)
    if patch is None or patch.state != PatchState.VERIFIED:
        raise NotFound("There is no verified patch of this finding yet.")
    response = HttpResponse(patch.diff, content_type="text/x-patch; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{found.code}-{pk}.patch"'
    return response


@require_GET
def findings_as_csv(request: SignedInRequest, slug: str) -> StreamingHttpResponse:
    """Give the findings that the tab would show, all pages of them."""
    return findings_csv(request, repository_get(user=request.user, slug=slug))
