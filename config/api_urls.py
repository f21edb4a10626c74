"""URLs of the API, version 1: each app brings its own."""

from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from django.urls import include, path

app_name = "api"
urlpatterns = [
    path("", include("apps.accounts.api_urls")),
    path("", include("apps.repositories.api_urls")),
    path("", include("apps.rulebook.api_urls")),
    path("", include("apps.findings.api_urls")),
    path("", include("apps.scans.api_urls")),
    path("", include("apps.scorecards.api_urls")),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", SpectacularSwaggerSplitView.as_view(url_name="api:schema"), name="docs"),
]
