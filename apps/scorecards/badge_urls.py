"""Addresses that need no sign-in: a badge, and a scorecard that somebody shared."""

from django.urls import path

from apps.scorecards.api import BadgeView
from apps.scorecards.sharing_views import shared

urlpatterns = [
    path("shared/<uuid:public_id>/<str:key>/", shared, name="shared_scorecard"),
    path(
        "repositories/<slug:slug>/badge.svg",
        BadgeView.as_view(schema=None),
        name="badge",
    ),
]
