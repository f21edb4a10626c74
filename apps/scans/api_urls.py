"""Addresses of the scan API."""

from django.urls import path

from apps.scans.api import (
    RepositoryLintView,
    RepositoryResultListView,
    RepositoryScanListView,
    ScanLintView,
    ScanResultListView,
    ScanView,
)

urlpatterns = [
    path(
        "repositories/<slug:slug>/scans/",
        RepositoryScanListView.as_view(),
        name="repository-scan-list",
    ),
    path(
        "repositories/<slug:slug>/results/",
        RepositoryResultListView.as_view(),
        name="repository-result-list",
    ),
    path("repositories/<slug:slug>/lint/", RepositoryLintView.as_view(), name="repository-lint"),
    path("scans/<uuid:public_id>/lint/", ScanLintView.as_view(), name="scan-lint"),
    path("scans/<uuid:public_id>/", ScanView.as_view(), name="scan"),
    path("scans/<uuid:public_id>/results/", ScanResultListView.as_view(), name="scan-result-list"),
]
