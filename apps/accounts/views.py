"""Pages about what people did."""

from django.http import HttpResponse, StreamingHttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from apps.accounts.audit_pages import (
    PERIODS,
    AuditPage,
    AuditQuery,
    action_choices,
    audit_rows,
)
from apps.accounts.requests import SignedInRequest
from core.csv_rows import csv_response
from core.fragments import page_render


@require_GET
def audit(request: SignedInRequest) -> HttpResponse:
    """Show what was done, newest first, by whom, to what and when."""
    query = AuditQuery.of(request.GET.dict())
    context = {
        "query": query,
        "page": AuditPage.of(query, user=request.user),
        "choices": action_choices(),
        "periods": PERIODS,
    }
    return page_render(
        request, "accounts/audit.html", context, fragments=("events",), query=query.address
    )


@require_GET
def audit_as_csv(request: SignedInRequest) -> StreamingHttpResponse:
    """Give the events that the page would show, all parts of them."""
    rows = audit_rows(AuditQuery.of(request.GET.dict()), user=request.user)
    return csv_response(f"audit-{timezone.localdate():%Y-%m-%d}.csv", rows)
