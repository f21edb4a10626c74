"""Pages about policies: which hold, and how they are drafted, looked at and put into force."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from apps.accounts.requests import SignedInRequest
from apps.rulebook.selectors import (
    layer_find,
    layer_get_for_draft,
    layer_get_for_publish,
    version_list,
)
from apps.scorecards.listing import page_of
from apps.scorecards.policy_pages import Editor, layer_choices, layer_rows, layer_title
from core.fragments import page_render

LAYERS, VERSIONS = 50, 20
ASKED_FOR = {
    "save": layer_get_for_draft,
    "discard": layer_get_for_draft,
    "publish": layer_get_for_publish,
}
TOLD = {
    "save": "The draft is saved; nothing is in force yet.",
    "discard": "The draft is discarded.",
    "publish": "The policy is in force. Workers bring the scores that it changes in line, which takes a moment.",
}


@require_GET
def policies(request: SignedInRequest) -> HttpResponse:
    """Show the layers, what is in force and what is drafted, and every version that there was."""
    if request.GET.get("for"):
        return redirect("scorecards:policy", request.GET["for"])
    rows = layer_rows(user=request.user)
    key = request.GET.get("layer", "")
    layer = layer_find(user=request.user, key=key) if key else None
    context = {
        "page": page_of(rows, request.GET.get("layers"), size=LAYERS),
        "choices": layer_choices(rows, user=request.user),
        "versions": page_of(version_list(layer=layer), request.GET.get("page"), size=VERSIONS),
        "layer_title": layer_title(layer) if layer else "",
    }
    return render(request, "scorecards/policy_list.html", context)


@require_http_methods(["GET", "POST"])
def policy(request: SignedInRequest, key: str) -> HttpResponse:
    """Show a layer with its draft and what that would do; a POST saves, publishes or discards it, or only looks."""
    act = request.POST.get("act", "")
    layer = ASKED_FOR.get(act, layer_find)(user=request.user, key=key)
    editor = Editor.of(
        user=request.user, layer=layer, address=request.GET.dict(), typed=request.POST.dict()
    )
    address = f"{reverse('scorecards:policy', args=[key])}{editor.query.address}"
    is_done = act in ASKED_FOR and editor.do()
    if is_done and not (request.headers.get("HX-Request") and act == "save"):
        messages.success(request, TOLD[act])
        return redirect(address)
    context = editor.context() | {"told": TOLD[act] if is_done else ""}
    response = page_render(request, "scorecards/policy.html", context, fragments=("editor",))
    if request.method == "POST":
        response["HX-Replace-Url"] = address
    return response
