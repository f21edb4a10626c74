"""Addresses of the rule API."""

from django.urls import path

from apps.rulebook.api import GuideView, RuleListView, RuleView
from apps.rulebook.policy_api import (
    PolicyDraftView,
    PolicyLayerListView,
    PolicyLayerView,
    PolicyVersionListView,
    RepositoryPolicyView,
)

urlpatterns = [
    path("guide/", GuideView.as_view(), name="guide"),
    path("rules/", RuleListView.as_view(), name="rule-list"),
    path("rules/<slug:code>/", RuleView.as_view(), name="rule"),
    path("policy/layers/", PolicyLayerListView.as_view(), name="policy-layer-list"),
    path("policy/layers/<str:key>/", PolicyLayerView.as_view(), name="policy-layer"),
    path("policy/layers/<str:key>/draft/", PolicyDraftView.as_view(), name="policy-draft"),
    path(
        "policy/layers/<str:key>/versions/", PolicyVersionListView.as_view(), name="policy-versions"
    ),
    path(
        "repositories/<slug:slug>/policy/", RepositoryPolicyView.as_view(), name="repository-policy"
    ),
]
