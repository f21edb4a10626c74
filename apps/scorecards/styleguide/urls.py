"""URL of the style guide of the interface."""

from django.urls import path

from apps.scorecards.styleguide import views

app_name = "styleguide"
urlpatterns = [path("", views.styleguide, name="styleguide")]
