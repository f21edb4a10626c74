"""Addresses of the scorecard API."""

from django.urls import path

from apps.scorecards.api import BadgeView, ScorecardListView, ScorecardView

urlpatterns = [
    path("scorecards/", ScorecardListView.as_view(), name="scorecard-list"),
    path(
        "repositories/<slug:slug>/scorecard/", ScorecardView.as_view(), name="repository-scorecard"
    ),
    path("repositories/<slug:slug>/badge.svg", BadgeView.as_view(), name="repository-badge"),
]
