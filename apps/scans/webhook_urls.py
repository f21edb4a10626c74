"""Addresses to which hosts announce pushes."""

from django.urls import path

from apps.scans.webhooks import receive

urlpatterns = [path("webhooks/<slug:provider>/<uuid:public_id>/", receive, name="webhook")]
