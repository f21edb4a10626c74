"""Addresses of the token API."""

from django.urls import path

from apps.accounts.api import RefreshView, RevokeView, TokenView
from apps.accounts.audit_api import AuditEventListView
from apps.accounts.team_api import MemberView, TeamListView, TeamView

urlpatterns = [
    path("token/", TokenView.as_view(), name="token"),
    path("token/refresh/", RefreshView.as_view(), name="token-refresh"),
    path("token/revoke/", RevokeView.as_view(), name="token-revoke"),
    path("teams/", TeamListView.as_view(), name="team-list"),
    path("teams/<slug:slug>/", TeamView.as_view(), name="team"),
    path("teams/<slug:slug>/members/", MemberView.as_view(), name="team-members"),
    path("audit/", AuditEventListView.as_view(), name="audit-event-list"),
]
