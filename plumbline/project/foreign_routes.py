"""What URLconfs of other packages name their routes, where that is known."""

from __future__ import annotations

import msgspec


class ForeignRoutes(msgspec.Struct, frozen=True):
    """The application namespace of a package's URLconf, and its names: whole ones, beginnings and ends of them.

    With ``app_name``, the names inside are not looked at.
    """

    app_name: str = ""
    names: frozenset[str] = frozenset()
    beginnings: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()


def _named(*names: str) -> ForeignRoutes:
    return ForeignRoutes(names=frozenset(names))


def _app(name: str) -> ForeignRoutes:
    return ForeignRoutes(app_name=name)


_ALLAUTH = ForeignRoutes(
    beginnings=(
        "account_",
        "socialaccount_",
        "mfa_",
        "usersessions_",
        "headless",
        "idp",
        "openid_",
    ),
    ends=("_login", "_callback", "_login_by_token", "_acs", "_sls", "_metadata", "_finish_acs"),
)

FOREIGN: dict[str, ForeignRoutes] = {
    "allauth.urls": _ALLAUTH,
    "allauth.account.urls": _ALLAUTH,
    "allauth.socialaccount.urls": _ALLAUTH,
    "allauth.mfa.urls": _ALLAUTH,
    "allauth.usersessions.urls": _ALLAUTH,
    "captcha.urls": ForeignRoutes(beginnings=("captcha-",)),
    "ckeditor_uploader.urls": ForeignRoutes(beginnings=("ckeditor_",)),
    "debug_toolbar.urls": _app("djdt"),
    "dj_rest_auth.urls": ForeignRoutes(beginnings=("rest_", "token_")),
    "dj_rest_auth.registration.urls": ForeignRoutes(beginnings=("rest_", "account_")),
    "django.conf.urls.i18n": _named("set_language"),
    "django.contrib.admindocs.urls": ForeignRoutes(beginnings=("django-admindocs-",)),
    "django.contrib.auth.urls": _named(
        "login",
        "logout",
        "password_change",
        "password_change_done",
        "password_reset",
        "password_reset_done",
        "password_reset_confirm",
        "password_reset_complete",
    ),
    "django.contrib.flatpages.urls": _named("django.contrib.flatpages.views.flatpage"),
    "django_browser_reload.urls": _app("django_browser_reload"),
    "django_prometheus.urls": _named("prometheus-django-metrics"),
    "django_rq.urls": ForeignRoutes(beginnings=("rq_",)),
    "django_select2.urls": _app("django_select2"),
    "djoser.urls": ForeignRoutes(beginnings=("user-", "api-root")),
    "djoser.urls.authtoken": _named("login", "logout"),
    "djoser.urls.jwt": ForeignRoutes(beginnings=("jwt-",)),
    "drf_social_oauth2.urls": _app("drf"),
    "health_check.urls": _app("health_check"),
    "hijack.urls": _app("hijack"),
    "impersonate.urls": ForeignRoutes(beginnings=("impersonate-",)),
    "knox.urls": ForeignRoutes(beginnings=("knox_",)),
    "loginas.urls": ForeignRoutes(beginnings=("loginas-",)),
    "mozilla_django_oidc.urls": ForeignRoutes(beginnings=("oidc_",)),
    "notifications.urls": _app("notifications"),
    "oauth2_provider.urls": _app("oauth2_provider"),
    "rest_framework.urls": _app("rest_framework"),
    "rosetta.urls": ForeignRoutes(beginnings=("rosetta-",)),
    "silk.urls": _app("silk"),
    "social_django.urls": _app("social"),
    "tinymce.urls": ForeignRoutes(beginnings=("tinymce-",)),
    "two_factor.urls": _app("two_factor"),
}
