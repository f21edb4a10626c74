"""URLs of the pages about scans."""

from django.urls import path

from apps.scans import views

app_name = "scans"
urlpatterns = [
    path("scans/<uuid:public_id>/", views.scan, name="scan"),
    path("scans/<uuid:public_id>/retry/", views.retry, name="retry"),
    path("repositories/<slug:slug>/scan/", views.newest, name="newest"),
]
