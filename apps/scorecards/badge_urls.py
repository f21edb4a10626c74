"""The address of a badge beside a repository's page."""

from django.urls import path

from apps.scorecards.api import BadgeView

urlpatterns = [
    path(
        "repositories/<slug:slug>/badge.svg",
        BadgeView.as_view(schema=None),
        name="badge",
    ),
]
