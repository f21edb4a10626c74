"""Pages about scans: one while it runs, and the wish for another."""

from dataclasses import dataclass
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.accounts.requests import SignedInRequest
from apps.repositories.selectors import repository_get
from apps.scans.models import Phase, Scan, ScanState, Trigger
from apps.scans.selectors import scan_get, scan_list
from apps.scans.services import scan_request, scan_retry
from core.exceptions import NotFound
from core.fragments import page_render


@dataclass(frozen=True, slots=True)
class PhaseRow:
    """A phase of a scan as its page shows it; `state` is past, now or ahead."""

    label: str
    state: str


@require_GET
def scan(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Show how a scan goes, and how it went; the page asks again until it has ended."""
    found = scan_get(user=request.user, public_id=public_id)
    context = {"scan": found, "repository": found.repository, "phases": phase_rows(found)}
    return page_render(request, "scans/scan.html", context, fragments=("progress",))


@require_POST
def retry(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Ask again for what a scan was asked for."""
    again = scan_retry(
        scan=scan_get(user=request.user, public_id=public_id), requested_by=request.user
    )
    return redirect("scans:scan", again.public_id)


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


def phase_rows(scan: Scan) -> list[PhaseRow]:
    """Give the phases with where the scan is among them; none for one that ended without result."""
    order = [Phase(value) for value in Phase.values if value != Phase.DONE]
    if scan.state == ScanState.DONE:
        return [PhaseRow(str(phase.label), "past") for phase in order]
    if scan.is_finished or scan.phase not in order:
        return []
    here = order.index(Phase(scan.phase))
    return [
        PhaseRow(
            str(phase.label), "past" if number < here else "now" if number == here else "ahead"
        )
        for number, phase in enumerate(order)
    ]
