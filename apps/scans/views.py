"""Pages about scans: all of them, one of them, and the wish for another."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.accounts.requests import SignedInRequest
from apps.repositories.selectors import repository_get
from apps.scans.activity import (
    parts_of,
    scan_get_for_cancel,
    scan_may_cancel,
    scan_may_retry,
)
from apps.scans.confirmation import Confirmation
from apps.scans.models import Scan, Trigger
from apps.scans.scan_pages import LANES, PERIODS, TRIGGERS, Overview, ScanQuery
from apps.scans.selectors import delivery_list, log_list, scan_get, scan_list
from apps.scans.services import scan_cancel, scan_request, scan_retry, scans_cancel, scans_retry
from apps.scans.timeline import log_lines, needs, stages, waiting
from core.exceptions import NotFound
from core.fragments import page_render


@require_GET
def scans(request: SignedInRequest) -> HttpResponse:
    """Show what waits, what runs, what ended, and what needs somebody; it asks again while something is to come."""
    query = ScanQuery.of(request.GET)
    context = {
        "query": query,
        "page": Overview.of(query, user=request.user),
        "lanes": LANES,
        "triggers": TRIGGERS,
        "periods": PERIODS,
    }
    return page_render(
        request, "scans/scan_list.html", context, fragments=("scans",), query=query.address
    )


@require_GET
def scan(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Show how a scan goes, and how it went; the page asks again until it has ended."""
    found = scan_get(user=request.user, public_id=public_id)
    entries = list(log_list(found))
    context = waiting(found) | {
        "scan": found,
        "repository": found.repository,
        "stages": stages(found, entries),
        "log": log_lines(found, entries),
        "needs": needs(found),
        "parts": parts_of(found),
        "deliveries": delivery_list(found),
        "may_cancel": scan_may_cancel(user=request.user, scan=found),
        "may_retry": scan_may_retry(found),
    }
    return page_render(request, "scans/scan.html", context, fragments=("progress",))


@require_POST
def retry(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Ask again for what a scan was asked for."""
    again = scan_retry(
        scan=scan_get(user=request.user, public_id=public_id), requested_by=request.user
    )
    return redirect("scans:scan", again.public_id)


@require_POST
def cancel(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """End a scan that waits or runs."""
    found = scan_get_for_cancel(user=request.user, public_id=public_id)
    name = found.repository.name
    scan_cancel(scan=found, actor=request.user)
    messages.success(request, f"The scan of {name} was cancelled.")
    return redirect("scans:scan", found.public_id)


@require_http_methods(["GET", "POST"])
def retry_many(request: SignedInRequest) -> HttpResponse:
    """Show which failed scans would be asked for again; a POST asks for them."""
    wanted = Confirmation.of_retry(request.POST or request.GET, user=request.user)
    if request.method != "POST":
        context = {"wanted": wanted, "count": wanted.count, "sample": wanted.sample}
        return render(request, "scans/confirm.html", context)
    done = scans_retry(scans=wanted.rows(), requested_by=request.user)
    messages.success(request, wanted.told(done.asked, disabled=done.disabled))
    return redirect(f"{reverse('scans:scan_list')}{wanted.query.address}")


@require_http_methods(["GET", "POST"])
def cancel_many(request: SignedInRequest) -> HttpResponse:
    """Show which waiting scans would be cancelled; a POST cancels them."""
    wanted = Confirmation.of_cancel(request.POST or request.GET, user=request.user)
    if request.method != "POST":
        context = {"wanted": wanted, "count": wanted.count, "sample": wanted.sample}
        return render(request, "scans/confirm.html", context)
    messages.success(request, wanted.told(scans_cancel(scans=wanted.scans, actor=request.user)))
    return redirect(f"{reverse('scans:scan_list')}{wanted.query.address}")


@require_http_methods(["GET", "POST"])
def newest(request: SignedInRequest, slug: str) -> HttpResponse:
    """Go to a repository's newest scan; a POST asks for a new one first."""
    repository = repository_get(user=request.user, slug=slug)
    if request.method == "POST":
        found: Scan | None = scan_request(
            repository=repository, trigger=Trigger.MANUAL, requested_by=request.user
        )
    else:
        found = scan_list(user=request.user, repository=repository, with_past=False).first()
    if found is None:
        raise NotFound("No scan of this repository was asked for yet.")
    return redirect("scans:scan", found.public_id)
