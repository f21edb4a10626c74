"""URLs of the pages about scans."""

from django.urls import path

from apps.scans import backfill_views, views

app_name = "scans"
urlpatterns = [
    path("scans/", views.scans, name="scan_list"),
    path("scans/retry/", views.retry_many, name="retry_many"),
    path("scans/cancel/", views.cancel_many, name="cancel_many"),
    path("scans/<uuid:public_id>/", views.scan, name="scan"),
    path("scans/<uuid:public_id>/retry/", views.retry, name="retry"),
    path("scans/<uuid:public_id>/cancel/", views.cancel, name="cancel"),
    path("repositories/<slug:slug>/scan/", views.newest, name="newest"),
    path("repositories/<slug:slug>/history/", backfill_views.history, name="history"),
    path("repositories/<slug:slug>/history/cancel/", backfill_views.cancel, name="history_cancel"),
]
