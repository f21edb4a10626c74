"""URLs of the API, version 1: each app brings its own."""

from typing import cast

from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from django.conf import settings
from django.urls import include, path
from django.utils.csp import CSP
from django.views.decorators.csp import csp_override

# Swagger's page styles itself inline: styles may be inline there, and only there.
policy = cast("dict[str, list[str]]", settings.SECURE_CSP)
docs = csp_override({**policy, "style-src": [CSP.SELF, CSP.UNSAFE_INLINE]})(
    SpectacularSwaggerSplitView.as_view(url_name="api:schema")
)

app_name = "api"
urlpatterns = [
    path("", include("apps.accounts.api_urls")),
    path("", include("apps.repositories.api_urls")),
    path("", include("apps.rulebook.api_urls")),
    path("", include("apps.findings.api_urls")),
    path("", include("apps.scans.api_urls")),
    path("", include("apps.scorecards.api_urls")),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", docs, name="docs"),
]
