"""Pages about repositories as things that are followed."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_http_methods

from apps.accounts.requests import SignedInRequest
from apps.repositories.forms import RegisterForm
from apps.repositories.selectors import endpoint_path, endpoint_secret
from apps.repositories.services import repository_register
from core.exceptions import DomainError


@require_http_methods(["GET", "POST"])
def register(request: SignedInRequest) -> HttpResponse:
    """Ask for a repository and register it; the webhook's secret is on the answer, this once."""
    form = RegisterForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            repository = repository_register(**form.cleaned_data, actor=request.user)
        except DomainError as error:
            form.add_error(form.field_of(error.code), f"{error.text} {error.remedy}".strip())
        else:
            context = {
                "repository": repository,
                "webhook_url": request.build_absolute_uri(endpoint_path(repository)),
                "webhook_secret": endpoint_secret(repository.webhook),
            }
            response = render(request, "repositories/registered.html", context)
            add_never_cache_headers(response)
            return response
    return render(request, "repositories/register.html", {"form": form})
