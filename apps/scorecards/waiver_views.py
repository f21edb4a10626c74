"""Pages about waivers."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.accounts.requests import SignedInRequest
from apps.findings.selectors import waiver_get, waiver_list
from apps.findings.services import (
    AT_ONCE,
    waiver_approve,
    waiver_decline,
    waiver_withdraw,
    waivers_decide,
)
from apps.scorecards.waiver_pages import SHOWS, Inbox, ScoreNow, WaiverPage, Wish
from core.addresses import whole_number
from core.exceptions import DomainError
from core.fragments import page_redirect, page_render


@require_GET
def waivers(request: SignedInRequest) -> HttpResponse:
    """Show what waits for the reader's decision, what ends soon, and the reader's own requests."""
    inbox = Inbox.of(user=request.user, asked=request.GET)
    context = {"inbox": inbox, "page": inbox.page, "shows": SHOWS}
    return page_render(request, "scorecards/waiver_list.html", context, fragments=("inbox",))


@require_http_methods(["GET", "POST"])
def waiver_request_page(request: SignedInRequest, slug: str) -> HttpResponse:
    """Ask for a waiver of chosen findings or of a rule; refusals stand where the act was."""
    given = request.POST if request.method == "POST" else request.GET
    wish = Wish.of(user=request.user, slug=slug, asked=given)
    form = wish.form(request.POST if request.method == "POST" else None)
    if request.method == "POST" and not wish.is_empty and form.is_valid():
        try:
            told = wish.act(form, approve="approve" in request.POST)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, told)
            return page_redirect(request, _after(wish))
    context = {"wish": wish, "form": form, "repository": wish.repository}
    return page_render(
        request, "scorecards/waiver_request.html", context, fragments=("waiver-form",)
    )


@require_GET
def waiver(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show a waiver: for what, why, how long, and what can be done with it."""
    return _waiver_page(request, WaiverPage.of(user=request.user, pk=pk))


@require_POST
def waiver_decide(request: SignedInRequest, pk: int) -> HttpResponse:
    """Approve or decline a waiver; if somebody else was quicker, say so and show what it is now."""
    page = WaiverPage.of(user=request.user, pk=pk, given=request.POST)
    act = "approve" if request.POST.get("decision") == "approve" else "decline"
    if not page.form.is_valid():
        return _waiver_page(request, page, status=HTTPStatus.BAD_REQUEST)
    wanted = {
        "waiver": page.waiver,
        "actor": request.user,
        "version": _version(request),
        "note": page.form.cleaned_data["note"],
    }
    try:
        if act == "approve":
            waiver_approve(**wanted, until=page.form.cleaned_data["until"])
        else:
            waiver_decline(**wanted)
    except DomainError as error:
        return _refused(request, pk, error)
    words = ScoreNow.of(page.waiver.repository).words if act == "approve" else ""
    messages.success(request, f"{act.capitalize()}d. {words}".strip())
    return redirect("scorecards:waiver", pk)


@require_POST
def waiver_end(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take a request back, or end a waiver before its time."""
    found = waiver_get(user=request.user, pk=pk)
    try:
        waiver_withdraw(waiver=found, actor=request.user, version=_version(request))
    except DomainError as error:
        return _refused(request, pk, error)
    messages.success(request, f"Withdrawn. {ScoreNow.of(found.repository).words}".strip())
    return redirect("scorecards:waiver", pk)


@require_POST
def waivers_decide_many(request: SignedInRequest) -> HttpResponseBase:
    """Approve or decline the chosen waivers; each that could not be decided is named with its reason."""
    pairs = [key.partition("-") for key in request.POST.getlist("waiver")[:AT_ONCE]]
    numbers = [
        (whole_number(pk, digits=15), whole_number(version, digits=8)) for pk, _, version in pairs
    ]
    versions = {pk: version for pk, version in numbers if pk is not None and version is not None}
    decided = waivers_decide(
        waivers=list(waiver_list(user=request.user).filter(pk__in=versions)),
        versions=versions,
        actor=request.user,
        approve=request.POST.get("decision") == "approve",
    )
    done = sum(one.error is None for one in decided)
    if done:
        act = "approved" if request.POST.get("decision") == "approve" else "declined"
        messages.success(request, f"{done} {act}.")
    for one in decided:
        if one.error is not None:
            messages.error(request, f"{one.waiver}: {one.error.text}")
    if not decided:
        messages.error(request, "No waiver is chosen. Choose one at least.")
    return redirect("scorecards:waiver_list")


def _refused(request: SignedInRequest, pk: int, error: DomainError) -> HttpResponse:
    """Show the waiver as it is now, with why the act was not done."""
    page = WaiverPage.of(user=request.user, pk=pk, given=request.POST)
    page.form.is_valid()
    page.form.refuse(error)
    return _waiver_page(request, page, problem=error, status=error.status)


def _waiver_page(
    request: SignedInRequest,
    page: WaiverPage,
    *,
    problem: DomainError | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    context = {
        "page": page,
        "waiver": page.waiver,
        "repository": page.waiver.repository,
        "problem": problem,
    }
    return render(request, "scorecards/waiver.html", context, status=status)


def _version(request: SignedInRequest) -> int:
    text = request.POST.get("version", "")
    return whole_number(text, digits=8) or 0


def _after(wish: Wish) -> str:
    """The finding, if there is one; else the waivers of the repository."""
    slug = wish.repository.slug
    if len(wish.findings) == 1:
        return reverse("scorecards:finding", args=[slug, wish.findings[0].pk])
    return f"{reverse('scorecards:repository', args=[slug])}?tab=waivers#tab"
