"""Addresses of the scorecard API."""

from django.urls import path

from apps.scorecards.api import BadgeView, ScorecardListView, ScorecardView
from apps.scorecards.campaign_api import (
    CampaignCloseView,
    CampaignListView,
    CampaignRepositoryListView,
    CampaignStartView,
    CampaignView,
)
from apps.scorecards.policy_api import PolicyWhatIfView

urlpatterns = [
    path("scorecards/", ScorecardListView.as_view(), name="scorecard-list"),
    path(
        "repositories/<slug:slug>/scorecard/", ScorecardView.as_view(), name="repository-scorecard"
    ),
    path("repositories/<slug:slug>/badge.svg", BadgeView.as_view(), name="repository-badge"),
    path("campaigns/", CampaignListView.as_view(), name="campaign-list"),
    path("campaigns/<slug:slug>/", CampaignView.as_view(), name="campaign"),
    path("campaigns/<slug:slug>/start/", CampaignStartView.as_view(), name="campaign-start"),
    path("campaigns/<slug:slug>/close/", CampaignCloseView.as_view(), name="campaign-close"),
    path(
        "campaigns/<slug:slug>/repositories/",
        CampaignRepositoryListView.as_view(),
        name="campaign-repository-list",
    ),
    path("policy/layers/<str:key>/what-if/", PolicyWhatIfView.as_view(), name="policy-what-if"),
]
