"""URLs of the pages about the fleet, its repositories and its rules."""

from django.urls import path

from apps.scorecards import finding_views, views

app_name = "scorecards"
urlpatterns = [
    path("", views.fleet, name="fleet"),
    path("repositories/", views.repositories, name="repository_list"),
    path("repositories/<slug:slug>/", views.repository, name="repository"),
    path(
        "repositories/<slug:slug>/findings.csv",
        finding_views.findings_as_csv,
        name="findings_csv",
    ),
    path("repositories/<slug:slug>/findings/<int:pk>/", finding_views.finding, name="finding"),
    path("guide/", views.guide, name="guide"),
    path("rules/", views.rules, name="rule_list"),
    path("rules/<slug:code>/", views.rule, name="rule"),
]
