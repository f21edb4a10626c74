"""AUTH-05."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.project.installed import with_app
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_SETTINGS = 'INSTALLED_APPS = ["allauth", "allauth.account"]\nROOT_URLCONF = "config.urls"\n'
_REQUIREMENTS = "django\ndjango-allauth\n"
_OTHERS = ("dj_rest_auth.", "rest_auth.")


class UnroutedAccounts(Rule):
    """Finds projects that install allauth and route none of its pages."""

    code = "AUTH05"
    slug = "unrouted-accounts"
    title = "allauth's URLs are included"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Authentication with django-allauth"
    guide_lines = (832, 838)
    what = (
        "A project that installs `allauth.account` whose URLconfs include neither `allauth.urls` nor a part of it, and "
        "that routes none of allauth's views itself."
    )
    why = (
        "allauth reverses its own routes for e-mail confirmation, password reset and the return from a provider. "
        "Without them those links raise NoReverseMatch."
    )
    how = 'Add `path("accounts/", include("allauth.urls"))` to the root URLconf.'
    applies_when = "deployed settings install `allauth.account`"
    absent = "`allauth.account` is not installed"
    examples = (
        Example(
            "no route to it",
            {
                "requirements.txt": _REQUIREMENTS,
                "config/settings.py": _SETTINGS,
                "config/urls.py": (
                    "from django.urls import include, path\n\n"
                    'urlpatterns = [path("shop/", include("shop.urls"))]\n'
                ),
            },
            reports=("config/urls.py",),
        ),
        Example(
            "its URLs are included",
            {
                "requirements.txt": _REQUIREMENTS,
                "config/settings.py": _SETTINGS,
                "config/urls.py": (
                    "from django.urls import include, path\n\n"
                    'urlpatterns = [path("accounts/", include("allauth.urls"))]\n'
                ),
            },
            state="pass",
        ),
        Example(
            "only for programs that show their own pages",
            {
                "requirements.txt": _REQUIREMENTS,
                "config/settings.py": _SETTINGS,
                "config/urls.py": (
                    "from django.urls import include, path\n\n"
                    'urlpatterns = [path("_allauth/", include("allauth.headless.urls"))]\n'
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "single views of allauth",
            {
                "requirements.txt": _REQUIREMENTS,
                "config/settings.py": _SETTINGS,
                "config/urls.py": (
                    "from allauth.account import views\nfrom django.urls import path\n\n"
                    'urlpatterns = [path("login/", views.login, name="account_login")]\n'
                ),
            },
            state="pass",
        ),
        Example(
            "without allauth",
            {"requirements.txt": "django\n", "config/settings.py": "INSTALLED_APPS = []\n"},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for the project, on its root URLconf."""
        modules = with_app(project, "allauth.account")
        if not modules:
            return
        setting = modules[0].get("ROOT_URLCONF")
        name = setting.value if setting is not None else None
        root = project.names.by_name.get(name) if isinstance(name, str) else None
        path = root.path if root is not None else modules[0].path
        subject = project.located_at(path, "allauth.urls", "include allauth.urls")
        if _is_routed(project):
            yield subject.in_order()
        elif root is None:
            yield subject.unknown("the root URLconf is not in the repository")
        else:
            yield subject.violation(
                'no URLconf leads to allauth; add `path("accounts/", include("allauth.urls"))`'
            )


def _is_routed(project: Project) -> bool:
    if any(include.target.startswith(("allauth.", *_OTHERS)) for include in project.views.includes):
        return True
    return any(
        item.module.startswith(("allauth.", *_OTHERS))
        and ("views" in (item.module + item.name) or "urls" in item.module + item.name)
        for module in project.calls.modules("path", "re_path", "url", "include")
        for item in module.outline.imports
    )
