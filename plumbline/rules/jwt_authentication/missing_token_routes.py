"""JWT-07."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.project.settings import SettingsModule
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_VIEWS = "rest_framework_simplejwt.views."
_ROUTES = {
    "obtain": (
        "TokenObtainPairView",
        "TokenObtainSlidingView",
        "token_obtain_pair",
        "token_obtain_sliding",
    ),
    "refresh": (
        "TokenRefreshView",
        "TokenRefreshSlidingView",
        "token_refresh",
        "token_refresh_sliding",
    ),
    "blacklist": ("TokenBlacklistView", "token_blacklist"),
}
_CALLS = {"obtain": ("for_user",), "refresh": (), "blacklist": ("blacklist",)}
"""Calls by which a view of one's own does the same."""
_PROVIDERS = (
    "dj_rest_auth.",
    "rest_auth.",
    "djoser.urls.jwt",
    "drf_spectacular_jwt.",
    "ninja_jwt.",
)
_REQUIREMENTS = "django\ndjangorestframework\ndjangorestframework-simplejwt\n"
_SETTINGS = 'INSTALLED_APPS = ["rest_framework"]\nROOT_URLCONF = "config.urls"\n'
_HEAD = "from django.urls import include, path\nfrom rest_framework_simplejwt import views\n\n"


class MissingTokenRoutes(Rule):
    """Finds APIs whose clients cannot get, renew or give back a token."""

    code = "JWT07"
    slug = "missing-token-routes"
    title = "Tokens can be obtained, refreshed and blacklisted"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "JWT Authentication for APIs"
    guide_lines = (886, 900)
    what = (
        "A project with simplejwt that lacks a route to obtain, to refresh or to blacklist tokens, and has no view of "
        "its own for it."
    )
    why = (
        "Without a refresh route clients keep passwords or ask for long-lived tokens; without a blacklist route nobody "
        "can log out before the refresh token expires."
    )
    how = (
        "Route `TokenObtainPairView`, `TokenRefreshView` and `TokenBlacklistView`, or classes derived from them. The "
        "last one needs the app `rest_framework_simplejwt.token_blacklist`."
    )
    applies_when = (
        "the project uses djangorestframework-simplejwt, has deployed settings and hands out tokens"
    )
    absent = "djangorestframework-simplejwt is not used"
    errata = "Routes that djoser or dj-rest-auth bring, and views that make or blacklist tokens by hand, are as good."
    examples = (
        Example(
            "no way to give a token back",
            {
                "requirements.txt": _REQUIREMENTS,
                "config/settings.py": _SETTINGS,
                "config/urls.py": (
                    f"{_HEAD}urlpatterns = [\n"
                    '    path("token/", views.TokenObtainPairView.as_view()),\n'
                    '    path("token/refresh/", views.TokenRefreshView.as_view()),\n]\n'
                ),
            },
            reports=("config/urls.py",),
        ),
        Example(
            "all three",
            {
                "requirements.txt": _REQUIREMENTS,
                "config/settings.py": _SETTINGS,
                "config/urls.py": (
                    f"{_HEAD}urlpatterns = [\n"
                    '    path("token/", views.TokenObtainPairView.as_view()),\n'
                    '    path("token/refresh/", views.token_refresh),\n'
                    '    path("token/blacklist/", views.TokenBlacklistView.as_view()),\n]\n'
                ),
            },
            state="pass",
        ),
        Example(
            "another package brings the routes",
            {
                "requirements.txt": _REQUIREMENTS,
                "config/settings.py": _SETTINGS,
                "config/urls.py": f'{_HEAD}urlpatterns = [path("auth/", include("djoser.urls.jwt"))]\n',
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "without simplejwt",
            {"requirements.txt": "django\n", "config/settings.py": "INSTALLED_APPS = []\n"},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for the project, on its root URLconf."""
        if not project.jwt or all(jwt.only_verifies for jwt in project.jwt):
            return
        module = project.jwt[0].module
        path = _root(project, module)
        subject = project.located_at(path or module.path, "token routes", "token routes")
        targets = [include.target for include in project.views.includes]
        missing = [name for name in _ROUTES if not _is_there(project, name)]
        if not missing or any(target.startswith(_PROVIDERS) for target in targets):
            yield subject.in_order()
        elif path is None:
            yield subject.unknown("the root URLconf is not in the repository")
        else:
            yield subject.violation(
                f"clients have no route to {_listed(missing)} tokens; route simplejwt's views"
            )


def _root(project: Project, module: SettingsModule) -> str | None:
    setting = module.get("ROOT_URLCONF")
    name = setting.value if setting is not None else None
    found = project.names.by_name.get(name) if isinstance(name, str) else None
    return found.path if found is not None else None


def _is_there(project: Project, name: str) -> bool:
    wanted = tuple(f"{_VIEWS}{view}" for view in _ROUTES[name])
    for route in project.views.routes:
        cls = project.classes.by_name.get(route.view)
        if route.view in wanted or (cls is not None and cls.inherits(*wanted)):
            return True
    return bool(_CALLS[name]) and bool(project.calls.named(*_CALLS[name]))


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
