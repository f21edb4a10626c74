"""Addresses of the scorecard API."""

from django.urls import path

from apps.scorecards.api import BadgeView, ScorecardView

urlpatterns = [
    path(
        "repositories/<slug:slug>/scorecard/", ScorecardView.as_view(), name="repository-scorecard"
    ),
    path("repositories/<slug:slug>/badge.svg", BadgeView.as_view(), name="repository-badge"),
]
