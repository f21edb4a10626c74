"""Somebody's own page, and the way out of digests."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import add_never_cache_headers
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.accounts.digest_links import digest_stop_read
from apps.accounts.forms import DigestForm, NameForm, TokenForm
from apps.accounts.requests import SignedInRequest
from apps.accounts.selectors import membership_list, team_of_member, token_get, token_list
from apps.accounts.services import (
    digest_stop,
    digests_choose,
    name_change,
    token_create,
    token_revoke,
)

TOKENS_PER_PAGE = 20


@require_GET
def profile(request: SignedInRequest) -> HttpResponse:
    """Show somebody's name, teams, digests and tokens."""
    return _profile(request)


@require_POST
def profile_name(request: SignedInRequest) -> HttpResponse:
    """Call somebody by another name."""
    form = NameForm(request.POST)
    if not form.is_valid():
        return _profile(request, name_form=form)
    name_change(user=request.user, **form.cleaned_data)
    messages.success(request, "Your name was changed.")
    return redirect("accounts:profile")


@require_POST
def profile_digests(request: SignedInRequest) -> HttpResponse:
    """Choose of which teams somebody gets the weekly mail."""
    teams = {item.team_id: item.team.name for item in membership_list(user=request.user)}
    form = DigestForm(request.POST, teams=teams)
    chosen = form.cleaned_data["team"] if form.is_valid() else []
    if form.is_valid():
        digests_choose(user=request.user, team_ids=chosen)
        messages.success(request, "Your choice of digests was kept.")
    else:
        messages.error(request, "That is none of your teams. Load the page again.")
    return redirect("accounts:profile")


@require_POST
def token_make(request: SignedInRequest) -> HttpResponse:
    """Make a token; its text is on the answer, this once."""
    form = TokenForm(request.POST)
    if not form.is_valid():
        return _profile(request, token_form=form)
    token, text = token_create(user=request.user, **form.cleaned_data)
    return _profile(request, made={"token": token, "text": text})


@require_POST
def token_end(request: SignedInRequest, pk: int) -> HttpResponse:
    """Revoke one of somebody's own tokens."""
    token = token_revoke(token=token_get(user=request.user, pk=pk), actor=request.user)
    messages.success(request, f"{token.name} opens nothing any more.")
    return redirect("accounts:profile")


@csrf_exempt
@login_not_required
@require_http_methods(["GET", "POST"])
def digest_end(request: HttpRequest, token: str) -> HttpResponse:
    """Stop a digest by the link in it: asked with GET, since programs follow links, done with POST, with one click."""
    parts = digest_stop_read(token)
    if parts is None:
        return render(request, "accounts/digest_stop.html", {"is_known": False}, status=404)
    team_id, user_id = parts
    if request.method == "POST":
        digest_stop(team_id=team_id, user_id=user_id)
    team = team_of_member(team_id=team_id, user_id=user_id)
    context = {"is_known": True, "team": team, "is_done": request.method == "POST"}
    response = render(request, "accounts/digest_stop.html", context)
    add_never_cache_headers(response)
    return response


def _profile(
    request: SignedInRequest,
    *,
    name_form: NameForm | None = None,
    token_form: TokenForm | None = None,
    made: dict[str, object] | None = None,
) -> HttpResponse:
    """The page, perhaps with a secret on it, and so kept by no cache."""
    user = request.user
    tokens = Paginator(token_list(user=user), TOKENS_PER_PAGE)
    context = {
        "memberships": list(membership_list(user=user)),
        "page": tokens.get_page(request.GET.get("page")),
        "name_form": name_form
        or NameForm(initial={"first_name": user.first_name, "last_name": user.last_name}),
        "token_form": token_form or TokenForm(),
        "made": made,
    }
    response = render(request, "accounts/profile.html", context)
    add_never_cache_headers(response)
    return response
