"""Addresses of the rule API."""

from django.urls import path

from apps.rulebook.api import RuleListView, RuleView

urlpatterns = [
    path("rules/", RuleListView.as_view(), name="rule-list"),
    path("rules/<slug:code>/", RuleView.as_view(), name="rule"),
]
