"""URLs: pages at the root, the API under /api/v1/, webhooks under /webhooks/."""

from allauth.account.decorators import secure_admin_login

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path

from core.health import HealthView

admin.autodiscover()
# One way in, with its rate limits and second factor.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

health = HealthView.as_view(
    checks=[
        "health_check.checks.Database",
        "health_check.checks.Cache",
        "apps.scans.health.Clockwork",
        "apps.scans.health.Queue",
        "apps.scans.health.Workers",
        "apps.scans.health.Disk",
    ]
)

urlpatterns = [
    path("health/", login_not_required(health), name="health"),
    path("accounts/", include("allauth.urls")),
    path("", include("apps.accounts.profile_urls")),
    path("admin/", admin.site.urls),
    path("api/v1/", include("config.api_urls")),
    path("", include("apps.scans.webhook_urls")),
    path("", include("apps.scans.metrics.urls")),
    # Before the pages: it needs no sign-in.
    path("", include("apps.scorecards.badge_urls")),
    # "repositories/register/" must stand before "repositories/<slug>/".
    path("", include("apps.repositories.urls")),
    path("", include("apps.accounts.urls")),
    path("", include("apps.scans.urls")),
    path("", include("apps.scorecards.urls")),
    path("", include("core.urls")),
]
if settings.PLUMBLINE_STYLEGUIDE:
    urlpatterns.append(path("styleguide/", include("apps.scorecards.styleguide.urls")))
