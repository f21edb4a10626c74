"""Addresses of the finding and waiver API."""

from django.urls import path

from apps.findings.api import FindingPatchView, FindingView, RepositoryFindingListView
from apps.findings.baseline_api import BaselineView
from apps.findings.waiver_api import (
    RepositoryWaiverListView,
    WaiverDecisionView,
    WaiverListView,
    WaiverView,
    WaiverWithdrawalView,
)

urlpatterns = [
    path(
        "repositories/<slug:slug>/findings/",
        RepositoryFindingListView.as_view(),
        name="repository-finding-list",
    ),
    path("findings/<int:pk>/", FindingView.as_view(), name="finding"),
    path("findings/<int:pk>/patch/", FindingPatchView.as_view(), name="finding-patch"),
    path(
        "repositories/<slug:slug>/waivers/",
        RepositoryWaiverListView.as_view(),
        name="repository-waiver-list",
    ),
    path("repositories/<slug:slug>/baseline/", BaselineView.as_view(), name="repository-baseline"),
    path("waivers/", WaiverListView.as_view(), name="waiver-list"),
    path("waivers/<int:pk>/", WaiverView.as_view(), name="waiver"),
    path("waivers/<int:pk>/decision/", WaiverDecisionView.as_view(), name="waiver-decision"),
    path("waivers/<int:pk>/withdrawal/", WaiverWithdrawalView.as_view(), name="waiver-withdrawal"),
]
