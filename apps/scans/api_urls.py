"""Addresses of the scan API."""

from django.urls import path

from apps.scans.api import (
    RepositoryLintView,
    RepositoryMigrationsView,
    RepositoryResultListView,
    RepositoryScanListView,
    ScanCancelView,
    ScanLintView,
    ScanLogView,
    ScanMigrationsView,
    ScanResultListView,
    ScanView,
)
from apps.scans.backfill_api import BackfillView

urlpatterns = [
    path("repositories/<slug:slug>/backfill/", BackfillView.as_view(), name="repository-backfill"),
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
    path(
        "repositories/<slug:slug>/migrations/",
        RepositoryMigrationsView.as_view(),
        name="repository-migrations",
    ),
    path(
        "scans/<uuid:public_id>/migrations/", ScanMigrationsView.as_view(), name="scan-migrations"
    ),
    path("scans/<uuid:public_id>/log/", ScanLogView.as_view(), name="scan-log"),
    path("scans/<uuid:public_id>/cancel/", ScanCancelView.as_view(), name="scan-cancel"),
    path("scans/<uuid:public_id>/lint/", ScanLintView.as_view(), name="scan-lint"),
    path("scans/<uuid:public_id>/", ScanView.as_view(), name="scan"),
    path("scans/<uuid:public_id>/results/", ScanResultListView.as_view(), name="scan-result-list"),
]
