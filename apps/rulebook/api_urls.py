"""Addresses of the rule API."""

from django.urls import path

from apps.rulebook.api import GuideView, RuleListView, RuleView

urlpatterns = [
    path("guide/", GuideView.as_view(), name="guide"),
    path("rules/", RuleListView.as_view(), name="rule-list"),
    path("rules/<slug:code>/", RuleView.as_view(), name="rule"),
]
