"""Pages about campaigns."""

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.accounts.requests import SignedInRequest
from apps.scorecards.campaign_choice import Choice, ChoiceView
from apps.scorecards.campaign_forms import CampaignForm, CloseForm, VersionForm
from apps.scorecards.campaign_pages import CampaignListing, CampaignView, repository_lines
from apps.scorecards.exceptions import CampaignChanged
from apps.scorecards.models import Campaign, CampaignState
from apps.scorecards.selectors.campaigns import campaign_get, campaign_may_open
from apps.scorecards.services.campaigns import (
    campaign_change,
    campaign_close,
    campaign_create,
    campaign_discard,
    campaign_start,
)
from core.csv_rows import csv_response
from core.exceptions import DomainError
from core.fragments import page_render


@require_GET
def campaigns(request: SignedInRequest) -> HttpResponse:
    """List the campaigns: what runs, how far it is, and whether it will be done in time."""
    listing = CampaignListing.of(
        user=request.user, state=request.GET.get("state", ""), number=request.GET.get("page")
    )
    context = {"listing": listing, "may_open": campaign_may_open(user=request.user)}
    return page_render(request, "scorecards/campaign_list.html", context, fragments=("listing",))


@require_http_methods(["GET", "POST"])
def campaign_new(request: SignedInRequest) -> HttpResponse:
    """Choose rules and a scope, see what a campaign would hold, and draft or start it."""
    choice = Choice.of(request.POST if request.method == "POST" else request.GET)
    view = ChoiceView.of(user=request.user, choice=choice)
    form = CampaignForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            campaign = campaign_create(
                **form.cleaned_data, codes=choice.codes, scope=view.scope, actor=request.user
            )
            return _drafted(request, campaign)
        except DomainError as error:
            form.add_error(None, error.advice)
    context = {"view": view, "form": form, "here": request.path}
    return page_render(request, "scorecards/campaign_form.html", context, fragments=("choice",))


@require_http_methods(["GET", "POST"])
def campaign_edit(request: SignedInRequest, slug: str) -> HttpResponse:
    """Change a campaign: all of a draft; of one that runs, everything but what it holds."""
    campaign = campaign_get(user=request.user, slug=slug)
    sent = request.POST or request.GET
    choice = Choice.of(sent) if "scope" in sent else Choice.of_campaign(campaign)
    view = ChoiceView.of(user=request.user, choice=choice)
    form = CampaignForm(request.POST or None, initial=_initial(campaign))
    if request.method == "POST" and form.is_valid():
        is_draft = campaign.state == CampaignState.DRAFT
        try:
            campaign_change(
                campaign=campaign,
                version=_version(request),
                actor=request.user,
                **form.cleaned_data,
                codes=choice.codes if is_draft else None,
                scope=view.scope if is_draft else None,
            )
            messages.success(request, "The campaign was changed.")
            return redirect("scorecards:campaign", campaign.slug)
        except DomainError as error:
            form.add_error(None, error.advice)
    context = {"view": view, "form": form, "campaign": campaign, "here": request.path}
    return page_render(request, "scorecards/campaign_form.html", context, fragments=("choice",))


@require_GET
def campaign(request: SignedInRequest, slug: str) -> HttpResponse:
    """Show what is left of a campaign, where, and whether it will be done in time."""
    view = CampaignView.of(
        user=request.user,
        campaign=campaign_get(user=request.user, slug=slug),
        number=request.GET.get("page"),
    )
    context = {"view": view, "campaign": view.campaign}
    return page_render(request, "scorecards/campaign.html", context, fragments=("left",))


@require_GET
def campaign_as_csv(request: SignedInRequest, slug: str) -> StreamingHttpResponse:
    """Give the repositories of a campaign with their figures, all pages of them."""
    found = campaign_get(user=request.user, slug=slug)
    return csv_response(f"campaign-{found.slug}.csv", repository_lines(found))


@require_POST
def campaign_begin(request: SignedInRequest, slug: str) -> HttpResponse:
    """Start a draft."""
    found = campaign_get(user=request.user, slug=slug)
    return _started(request, found, _version(request))


@require_http_methods(["GET", "POST"])
def campaign_end(request: SignedInRequest, slug: str) -> HttpResponse:
    """Close a campaign; perhaps with the draft of a policy that keeps what was reached."""
    found = campaign_get(user=request.user, slug=slug)
    form = CloseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        campaign_close(campaign=found, actor=request.user, **form.cleaned_data)
        messages.success(
            request,
            "The campaign is closed. A draft of the policy waits for somebody to publish it."
            if form.cleaned_data["stands"]
            else "The campaign is closed.",
        )
        return redirect("scorecards:campaign", slug)
    context = {"campaign": found, "form": form, "can_stand": found.scope != "repositories"}
    return render(request, "scorecards/campaign_close.html", context)


@require_POST
def campaign_drop(request: SignedInRequest, slug: str) -> HttpResponse:
    """Forget a draft."""
    found = campaign_get(user=request.user, slug=slug)
    campaign_discard(campaign=found, version=_version(request), actor=request.user)
    messages.success(request, f"The draft {found.name} was discarded.")
    return redirect("scorecards:campaign_list")


def _drafted(request: SignedInRequest, campaign: Campaign) -> HttpResponse:
    """Lead to a new draft; start it first if the form says so."""
    if request.POST.get("act") == "start":
        return _started(request, campaign, campaign.version)
    messages.success(request, "The campaign is a draft. Nothing is counted before it starts.")
    return redirect("scorecards:campaign", campaign.slug)


def _started(request: SignedInRequest, campaign: Campaign, version: int) -> HttpResponse:
    try:
        campaign = campaign_start(campaign=campaign, version=version, actor=request.user)
    except DomainError as error:
        messages.error(request, error.advice)
    else:
        messages.success(
            request,
            f"The campaign has started with {campaign.at_start} findings "
            f"in {campaign.repositories_held} repositories.",
        )
    return redirect("scorecards:campaign", campaign.slug)


def _version(request: SignedInRequest) -> int:
    form = VersionForm(request.POST)
    if not form.is_valid():
        raise CampaignChanged
    version: int = form.cleaned_data["version"]
    return version


def _initial(campaign: Campaign) -> dict[str, object]:
    return {
        "name": campaign.name,
        "why": campaign.why,
        "target_on": campaign.target_on,
        "owner": campaign.owner.email if campaign.owner else "",
    }
