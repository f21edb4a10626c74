"""Addresses of the pages about what people did."""

from django.urls import path

from apps.accounts import views

app_name = "people"
urlpatterns = [
    path("audit/", views.audit, name="audit"),
    path("audit/events.csv", views.audit_as_csv, name="audit_csv"),
]
