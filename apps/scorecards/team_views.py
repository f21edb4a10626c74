"""Pages about teams: all of them, one of them, and changing them."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.accounts.models import Team
from apps.accounts.requests import SignedInRequest
from apps.accounts.selectors import (
    administrator_demand,
    team_get,
    team_get_for_change,
    user_get_by_email,
)
from apps.accounts.services import (
    member_put,
    member_remove,
    team_create,
    team_delete,
    team_update,
)
from apps.repositories.selectors import repository_get_for_change
from apps.repositories.services import repository_update
from apps.scorecards.selectors.teams import team_rows
from apps.scorecards.team_forms import MemberForm, TeamForm
from apps.scorecards.team_pages import TAB_CONTEXTS, TABS, TeamCard
from core.exceptions import DomainError
from core.fragments import page_render


@require_GET
def teams(request: SignedInRequest) -> HttpResponse:
    """List the teams with what their repositories add up to."""
    context = {"teams": team_rows(user=request.user), "may_create": request.user.is_staff}
    return render(request, "scorecards/team_list.html", context)


@require_GET
def team(request: SignedInRequest, slug: str) -> HttpResponse:
    """Show where a team's repositories stand, and what to do first."""
    card = TeamCard.of(slug, request=request)
    tab = request.GET.get("tab", "")
    tab = tab if tab in TABS else "overview"
    context = {"card": card, "team": card.team, "tab": tab, "tabs": TABS}
    context |= TAB_CONTEXTS[tab](request, card)
    return page_render(request, "scorecards/team.html", context, fragments=("tab",))


@require_http_methods(["GET", "POST"])
def team_new(request: SignedInRequest) -> HttpResponse:
    """Ask for a team and make it; for administrators."""
    administrator_demand(user=request.user, act="make a team")
    form = TeamForm(request.POST or None, user=request.user)
    made = _saved(form, lambda: team_create(**form.wanted(), actor=request.user))
    if made is not None:
        messages.success(request, f"The team {made.name} was made.")
        return redirect("scorecards:team", made.slug)
    return render(request, "scorecards/team_form.html", {"form": form})


@require_http_methods(["GET", "POST"])
def team_edit(request: SignedInRequest, slug: str) -> HttpResponse:
    """Change a team."""
    found = team_get_for_change(user=request.user, slug=slug)
    form = TeamForm(request.POST or None, user=request.user, team=found)
    changed = _saved(form, lambda: team_update(team=found, **form.wanted(), actor=request.user))
    if changed is not None:
        messages.success(request, "The team was changed.")
        return redirect("scorecards:team", changed.slug)
    context = {"form": form, "team": found, "may_delete": request.user.is_staff}
    return render(request, "scorecards/team_form.html", context)


@require_http_methods(["GET", "POST"])
def team_remove(request: SignedInRequest, slug: str) -> HttpResponse:
    """Ask whether a team shall be removed, and remove it; for administrators."""
    administrator_demand(user=request.user, act="remove a team")
    found = team_get(user=request.user, slug=slug)
    if request.method == "GET":
        return render(request, "scorecards/team_remove.html", {"team": found})
    team_delete(team=found, actor=request.user)
    messages.success(request, f"The team {found.name} was removed. Its repositories stay.")
    return redirect("scorecards:team_list")


@require_POST
def member(request: SignedInRequest, slug: str) -> HttpResponse:
    """Put somebody into a team, give a member another role, or take somebody out."""
    found = team_get_for_change(user=request.user, slug=slug)
    form = MemberForm(request.POST)
    try:
        if request.POST.get("act") == "remove":
            person = user_get_by_email(email=request.POST.get("email", ""))
            member_remove(team=found, user=person, actor=request.user)
            messages.success(request, f"{person.email} is no longer in {found.name}.")
        elif form.is_valid():
            person = user_get_by_email(email=form.cleaned_data["email"])
            role = form.cleaned_data["role"]
            member_put(team=found, user=person, role=role, actor=request.user)
            messages.success(request, f"{person.email} is a {role} of {found.name}.")
        else:
            messages.error(request, "Give an e-mail address such as ada@example.org and a role.")
    except DomainError as error:
        messages.error(request, error.advice)
    return redirect(f"{reverse('scorecards:team', args=[slug])}?tab=members")


@require_POST
def team_take(request: SignedInRequest, slug: str) -> HttpResponse:
    """Put a repository that names a team as its owner into that team."""
    found = team_get_for_change(user=request.user, slug=slug)
    try:
        repository = repository_get_for_change(
            user=request.user, slug=request.POST.get("repository", "")
        )
        repository_update(repository=repository, team=found, actor=request.user)
    except DomainError as error:
        messages.error(request, error.advice)
    else:
        messages.success(request, f"{repository.name} now belongs to {found.name}.")
    return redirect(f"{reverse('scorecards:team', args=[slug])}?tab=repositories")


def _saved(form: TeamForm, save: Callable[[], Team]) -> Team | None:
    """What the form's values were saved as; None if there are none yet, or with the reason in the form."""
    if not (form.is_bound and form.is_valid()):
        return None
    try:
        return save()
    except DomainError as error:
        form.add_error(form.field_of(error.code), error.advice)
        return None
