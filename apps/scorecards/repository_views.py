"""The table of repositories: pages, CSV, and acts on many of them at once."""

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from apps.accounts.requests import SignedInRequest
from apps.scorecards.bulk_acts import BulkForm, bulk_act
from apps.scorecards.repository_query import RepositoryQuery
from apps.scorecards.repository_table import Listing, csv_table
from core.csv_rows import csv_response
from core.exceptions import DomainError
from core.fragments import page_render


@require_GET
def repositories(request: SignedInRequest) -> HttpResponse:
    """List the repositories that the address asks for, as a table or against the sections of the guide."""
    query = RepositoryQuery.of(request.GET)
    listing = Listing.of(query, user=request.user, number=request.GET.get("page"))
    context = {"listing": listing, "query": query, "page": listing.page}
    return page_render(
        request,
        "scorecards/repository_list.html",
        context,
        fragments=("listing",),
        query=query.address,
    )


@require_GET
def repositories_csv(request: SignedInRequest) -> StreamingHttpResponse:
    """Give all pages of what is on screen as CSV."""
    rows = csv_table(RepositoryQuery.of(request.GET), user=request.user)
    return csv_response("repositories.csv", rows)


@require_POST
def repositories_act(request: SignedInRequest) -> HttpResponse:
    """Scan, give to a team or tag the repositories that were ticked, or all that the address asks for."""
    query = RepositoryQuery.of(request.GET)
    try:
        told = bulk_act(BulkForm.of(request.POST), query, actor=request.user)
    except DomainError as error:
        messages.error(request, error.advice)
    else:
        messages.success(request, told)
    return redirect(f"{reverse('scorecards:repository_list')}{query.address}")
