"""Addresses of the repository API."""

from django.urls import path

from apps.repositories.api import (
    CredentialView,
    RepositoryListView,
    RepositoryView,
    TeamSuggestionView,
    WebhookView,
)

urlpatterns = [
    path("repositories/", RepositoryListView.as_view(), name="repository-list"),
    path("repositories/<slug:slug>/", RepositoryView.as_view(), name="repository"),
    path(
        "repositories/<slug:slug>/credential/",
        CredentialView.as_view(),
        name="repository-credential",
    ),
    path(
        "repositories/<slug:slug>/team-suggestions/",
        TeamSuggestionView.as_view(),
        name="repository-team-suggestions",
    ),
    path("repositories/<slug:slug>/webhook/", WebhookView.as_view(), name="repository-webhook"),
]
