"""URLs that belong to no app."""

from django.urls import path

from core import views

app_name = "core"
urlpatterns = [path("theme/", views.theme, name="theme")]
