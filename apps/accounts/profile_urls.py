"""URLs of somebody's own page."""

from django.urls import path

from apps.accounts import profile_views

app_name = "accounts"
urlpatterns = [
    path("profile/", profile_views.profile, name="profile"),
    path("profile/name/", profile_views.profile_name, name="profile_name"),
    path("profile/digests/", profile_views.profile_digests, name="profile_digests"),
    path("profile/tokens/", profile_views.token_make, name="token_make"),
    path("profile/tokens/<int:pk>/revoke/", profile_views.token_end, name="token_end"),
    path("digest/stop/<str:token>/", profile_views.digest_end, name="digest_stop"),
]
