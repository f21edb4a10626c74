"""Addresses of the token API."""

from django.urls import path

from apps.accounts.api import RefreshView, RevokeView, TokenView

urlpatterns = [
    path("token/", TokenView.as_view(), name="token"),
    path("token/refresh/", RefreshView.as_view(), name="token-refresh"),
    path("token/revoke/", RevokeView.as_view(), name="token-revoke"),
]
