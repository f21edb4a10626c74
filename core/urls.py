"""URLs that belong to no app."""

from django.urls import path

from core import views

app_name = "core"
urlpatterns = [
    path("favicon.ico", views.favicon, name="favicon"),
    path("theme/", views.theme, name="theme"),
]
