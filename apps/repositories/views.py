"""Pages about repositories as things that are followed."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts.requests import SignedInRequest
from apps.accounts.selectors import team_get
from apps.repositories.bulk_pages import AT_ONCE, ListForm, Several
from apps.repositories.forms import RegisterForm
from apps.repositories.models import Repository
from apps.repositories.selectors import (
    endpoint_path,
    endpoint_secret,
    repository_get_for_change,
)
from apps.repositories.services import (
    repository_register,
    team_suggestion_accept,
    webhook_secret_reset,
)
from core.exceptions import DomainError


@require_http_methods(["GET", "POST"])
def register(request: SignedInRequest) -> HttpResponse:
    """Ask for a repository and register it; the webhook's secret is on the answer, this once."""
    form = RegisterForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            repository = repository_register(**form.cleaned_data, actor=request.user)
        except DomainError as error:
            form.add_error(form.field_of(error.code), error.advice)
        else:
            secret = endpoint_secret(repository.webhook)
            return _with_secret(request, "repositories/registered.html", repository, secret)
    return render(request, "repositories/register.html", {"form": form})


@require_http_methods(["GET", "POST"])
def register_several(request: SignedInRequest) -> HttpResponse:
    """Register many repositories: what would be done is shown first, and of each what was done."""
    form = ListForm(request.POST or None, request.FILES or None)
    context = {"form": form, "at_once": AT_ONCE}
    if request.method == "POST" and form.is_valid():
        entries = form.cleaned_data["entries"]
        if "act" in request.POST:
            context["several"] = Several.acted(entries, user=request.user, before=request.POST)
        else:
            context["several"] = Several.previewed(entries)
    return render(request, "repositories/register_several.html", context)


@require_http_methods(["GET", "POST"])
def webhook(request: SignedInRequest, slug: str) -> HttpResponse:
    """Where a repository's host announces pushes; asked to, make a new secret and show it, this once."""
    repository = repository_get_for_change(user=request.user, slug=slug)
    secret = ""
    if request.method == "POST":
        secret = webhook_secret_reset(repository=repository, actor=request.user)
    return _with_secret(request, "repositories/webhook.html", repository, secret)


@require_POST
def team_accept(request: SignedInRequest, slug: str) -> HttpResponse:
    """Give a repository to a team that its CODEOWNERS names."""
    repository = repository_get_for_change(user=request.user, slug=slug)
    team = team_get(user=request.user, slug=request.POST.get("team", "")[:100])
    team_suggestion_accept(repository=repository, team=team, actor=request.user)
    messages.success(request, f"{repository.name} belongs to {team.name} now.")
    facts = reverse("scorecards:repository", args=[slug])
    return redirect(f"{facts}?tab=facts#tab")


def _with_secret(
    request: SignedInRequest, template: str, repository: Repository, secret: str
) -> HttpResponse:
    """A page that may show a secret, and so is kept by no cache."""
    context = {
        "repository": repository,
        "webhook_url": request.build_absolute_uri(endpoint_path(repository)),
        "webhook_secret": secret,
    }
    response = render(request, template, context)
    add_never_cache_headers(response)
    return response
