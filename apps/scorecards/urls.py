"""URLs of the pages about the fleet, its repositories and its rules."""

from django.urls import path

from apps.scorecards import views

app_name = "scorecards"
urlpatterns = [
    path("", views.fleet, name="fleet"),
    path("repositories/", views.repositories, name="repository_list"),
    path("repositories/<slug:slug>/", views.repository, name="repository"),
    path("guide/", views.guide, name="guide"),
    path("rules/", views.rules, name="rule_list"),
    path("rules/<slug:code>/", views.rule, name="rule"),
]
