"""URLs of the pages about repositories as things that are followed."""

from django.urls import path

from apps.repositories import views

app_name = "repositories"
urlpatterns = [
    path("repositories/register/", views.register, name="register"),
    path("repositories/register/several/", views.register_several, name="register_several"),
    path("repositories/<slug:slug>/webhook/", views.webhook, name="webhook"),
    path("repositories/<slug:slug>/team/", views.team_accept, name="team_accept"),
]
