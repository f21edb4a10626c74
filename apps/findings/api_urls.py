"""Addresses of the finding API."""

from django.urls import path

from apps.findings.api import RepositoryFindingListView

urlpatterns = [
    path(
        "repositories/<slug:slug>/findings/",
        RepositoryFindingListView.as_view(),
        name="repository-finding-list",
    ),
]
