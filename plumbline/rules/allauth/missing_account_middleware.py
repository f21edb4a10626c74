"""AUTH-03."""

from __future__ import annotations

from collections.abc import Iterator

from packaging.version import Version

from plumbline.edits import Fix
from plumbline.project import Project
from plumbline.project.installed import adding, holds, once, place, with_app
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_MIDDLEWARE = "allauth.account.middleware.AccountMiddleware"
_SINCE = Version("0.56")
_APPS = 'INSTALLED_APPS = ["allauth", "allauth.account"]\n'
_REQUIREMENTS = "django\ndjango-allauth>=65\n"


class MissingAccountMiddleware(Rule):
    """Finds allauth's accounts without their middleware."""

    code = "AUTH03"
    slug = "missing-account-middleware"
    title = "allauth's accounts come with their middleware"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Authentication with django-allauth"
    guide_lines = (808, 811)
    what = f"Settings that install `allauth.account` without `{_MIDDLEWARE}`."
    why = (
        "allauth refuses to start without it: the app raises ImproperlyConfigured when it is loaded. Before that check "
        "existed, requests simply failed deep inside a view."
    )
    how = f"Add `{_MIDDLEWARE}` to `MIDDLEWARE`, below Django's authentication middleware."
    applies_when = "deployed settings install `allauth.account` of django-allauth 0.56 or later"
    absent = "`allauth.account` is not installed"
    examples = (
        Example(
            "without the middleware",
            {
                "requirements.txt": _REQUIREMENTS,
                "config/settings.py": (
                    f"{_APPS}MIDDLEWARE = [  # <-\n"
                    '    "django.contrib.auth.middleware.AuthenticationMiddleware",\n]\n'
                ),
            },
            fixed={
                "config/settings.py": (
                    f"{_APPS}MIDDLEWARE = [\n"
                    f'    "django.contrib.auth.middleware.AuthenticationMiddleware",\n    "{_MIDDLEWARE}",\n]\n'
                )
            },
        ),
        Example(
            "with it",
            {
                "requirements.txt": _REQUIREMENTS,
                "config/settings.py": f'{_APPS}MIDDLEWARE = ["{_MIDDLEWARE}"]\n',
            },
            state="pass",
        ),
        Example(
            "a middleware derived from it",
            {
                "requirements.txt": _REQUIREMENTS,
                "shop/middleware.py": (
                    "from allauth.account.middleware import AccountMiddleware\n\n\n"
                    "class Accounts(AccountMiddleware):\n    pass\n"
                ),
                "config/settings.py": f'{_APPS}MIDDLEWARE = ["shop.middleware.Accounts"]\n',
            },
            state="pass",
        ),
        Example(
            "an allauth that had no middleware",
            {
                "requirements.txt": "django\ndjango-allauth==0.54.0\n",
                "config/settings.py": f"{_APPS}MIDDLEWARE = []\n",
            },
            state="not_applicable",
            is_trap=True,
        ),
        Example(
            "without allauth",
            {"requirements.txt": "django\n", "config/settings.py": "INSTALLED_APPS = []\n"},
            state="not_applicable",
        ),
    )

    def not_applicable(self, project: Project) -> str | None:
        """The allauth that may run is older than its middleware."""
        lowest = project.dependencies.minimum("django-allauth")
        if lowest is not None and lowest < _SINCE:
            return f"django-allauth {lowest} has no such middleware"
        return None

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each deployed settings module with accounts."""
        yield from once(self._verdicts(project))

    @staticmethod
    def _verdicts(project: Project) -> Iterator[Verdict]:
        for module in with_app(project, "allauth.account"):
            subject = place(module, "MIDDLEWARE")
            held = holds(project, module, "MIDDLEWARE", _MIDDLEWARE)
            if held:
                yield subject.in_order()
            elif held is None:
                yield subject.unknown("`MIDDLEWARE` is partly computed")
            else:
                edit = adding(project, module, "MIDDLEWARE", _MIDDLEWARE)
                yield subject.violation(
                    f"`allauth.account` does not start without its middleware; add `{_MIDDLEWARE}`",
                    fix=Fix([edit]) if edit is not None else None,
                )
