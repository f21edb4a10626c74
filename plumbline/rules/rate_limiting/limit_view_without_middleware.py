"""RAT-05."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.edits import Fix
from plumbline.project import Project
from plumbline.project.installed import adding, giving, holds, once
from plumbline.project.settings import SettingsModule
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_MIDDLEWARE = "django_ratelimit.middleware.RatelimitMiddleware"
_OLD = "ratelimit.middleware.RatelimitMiddleware"
_MANAGE = {
    "manage.py": "import django\n",
    "shop/views.py": "def later(request, exception):\n    return None\n",
}
_SETTINGS = "config/settings.py"
_VIEW = 'RATELIMIT_VIEW = "shop.views.later"'
_COMMON = "django.middleware.common.CommonMiddleware"


class LimitViewWithoutMiddleware(Rule):
    """Finds a page for limited requests that nobody ever sees."""

    code = "RAT05"
    slug = "limit-view-without-middleware"
    title = "`RATELIMIT_VIEW` and its middleware appear together"
    level = Level.SHOULD
    basis = Basis.DERIVED
    section = "Rate Limiting"
    guide_lines = (1768, 1773)
    what = (
        "`RATELIMIT_VIEW` in settings whose `MIDDLEWARE` does not list django-ratelimit's middleware, or that "
        "middleware in settings without `RATELIMIT_VIEW`."
    )
    why = (
        "Only that middleware reads the setting. Without it a limited request gets Django's plain 403, which tells "
        "clients that they may not, instead of a 429 that tells them to come later. The middleware without the setting "
        "fails with an error."
    )
    how = f"Add `{_MIDDLEWARE}` at the end of `MIDDLEWARE`. The view takes the request and the exception."
    applies_when = "settings hold `RATELIMIT_VIEW` or the middleware of django-ratelimit"
    absent = "neither `RATELIMIT_VIEW` nor the middleware of django-ratelimit is set up"
    errata = "The guide's settings hold `RATELIMIT_VIEW` without the middleware, so its view for 429 never answers."
    examples = (
        Example(
            "a view that never answers, as in the guide",
            {
                **_MANAGE,
                _SETTINGS: f'INSTALLED_APPS = []\nMIDDLEWARE = ["{_COMMON}"]\n{_VIEW}  # <-\n',
            },
            fixed={
                _SETTINGS: f'INSTALLED_APPS = []\nMIDDLEWARE = ["{_COMMON}", "{_MIDDLEWARE}"]\n{_VIEW}\n'
            },
        ),
        Example(
            "a middleware without a view",
            {**_MANAGE, _SETTINGS: f'INSTALLED_APPS = []\nMIDDLEWARE = ["{_MIDDLEWARE}"]  # <-\n'},
        ),
        Example(
            "both",
            {
                **_MANAGE,
                _SETTINGS: f'INSTALLED_APPS = []\nMIDDLEWARE = ["{_MIDDLEWARE}"]\n{_VIEW}\n',
            },
            state="pass",
        ),
        Example(
            "a handler of one's own for all that is forbidden",
            {
                **_MANAGE,
                _SETTINGS: f'INSTALLED_APPS = []\nMIDDLEWARE = ["{_COMMON}"]\nROOT_URLCONF = "config.urls"\n{_VIEW}\n',
                "config/urls.py": 'handler403 = "shop.views.later"\nurlpatterns = []\n',
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "neither",
            {**_MANAGE, _SETTINGS: "INSTALLED_APPS = []\nMIDDLEWARE = []\n"},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each deployed settings module that has either half."""
        yield from once(
            verdict
            for module in project.settings.deployed
            if (verdict := _verdict(project, module)) is not None
        )


def _verdict(project: Project, module: SettingsModule) -> Verdict | None:
    view = module.get("RATELIMIT_VIEW")
    is_listed = holds(project, module, "MIDDLEWARE", _MIDDLEWARE, _OLD)
    if view is None or view.value in (None, ""):
        if not is_listed:
            return None
        place = giving(project, module, "MIDDLEWARE", _MIDDLEWARE)
        if view is None and module.is_open:
            return place.unknown("`RATELIMIT_VIEW` may be set by something that cannot be read")
        return place.violation(
            "the middleware of django-ratelimit fails without `RATELIMIT_VIEW`; set it to a view for limited requests"
        )
    if is_listed or _has_handler(project, module):
        return view.in_order()
    if is_listed is None:
        return view.unknown("`MIDDLEWARE` is partly computed")
    edit = adding(project, module, "MIDDLEWARE", _MIDDLEWARE)
    function = project.functions.by_name.get(view.value) if isinstance(view.value, str) else None
    is_safe = function is not None and len(function.parameters) == 2
    return view.violation(
        f"`RATELIMIT_VIEW` is never asked, limited requests get a plain 403; add `{_MIDDLEWARE}` to `MIDDLEWARE`",
        fix=Fix([edit], is_safe=is_safe) if edit is not None else None,
    )


def _has_handler(project: Project, module: SettingsModule) -> bool:
    """Whether the project's URLs name a view of their own for what is forbidden."""
    urls = module.get("ROOT_URLCONF")
    found = (
        project.names.by_name.get(urls.value)
        if urls is not None and isinstance(urls.value, str)
        else None
    )
    return found is not None and "handler403" in found.bindings
