"""AUTH-04."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.edits import Fix
from plumbline.project import Project
from plumbline.project.installed import adding, beside_apps, holds, once, strings, with_app
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_DJANGO = "django.contrib.auth.backends.ModelBackend"
_ALLAUTH = "allauth.account.auth_backends.AuthenticationBackend"
_APPS = 'INSTALLED_APPS = ["allauth", "allauth.account"]\n'
_REQUIREMENTS = "django\ndjango-allauth\n"


class MissingLoginBackend(Rule):
    """Finds allauth's accounts without the backends that log people in."""

    code = "AUTH04"
    slug = "missing-login-backend"
    title = "Both Django's and allauth's authentication backend are listed"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Authentication with django-allauth"
    guide_lines = (813, 816)
    what = (
        f"`AUTHENTICATION_BACKENDS` without `{_ALLAUTH}`, or with nothing but it, in settings that install "
        "`allauth.account`."
    )
    why = (
        "allauth's own backend is what lets people log in by e-mail address; without it a login by address fails. "
        "Django's backend serves the admin site and every caller that gives a user name and a password."
    )
    how = (
        "List both backends. Code that calls `login()` without having called `authenticate()` must then name the "
        "backend."
    )
    applies_when = "deployed settings install `allauth.account`"
    absent = "`allauth.account` is not installed"
    errata = (
        "Sites that only let people in through another system drop Django's backend on purpose. Where "
        "`SOCIALACCOUNT_ONLY` is on or a third backend is listed, its absence is in order."
    )
    examples = (
        Example(
            "Django's default",
            {
                "requirements.txt": _REQUIREMENTS,
                "config/settings.py": (
                    f'{_APPS}AUTHENTICATION_BACKENDS = [  # <-\n    "{_DJANGO}",\n]\n'
                ),
            },
            fixed={
                "config/settings.py": (
                    f'{_APPS}AUTHENTICATION_BACKENDS = [\n    "{_DJANGO}",\n    "{_ALLAUTH}",\n]\n'
                )
            },
        ),
        Example(
            "allauth's alone",
            {
                "requirements.txt": _REQUIREMENTS,
                "config/settings.py": f'{_APPS}AUTHENTICATION_BACKENDS = ["{_ALLAUTH}"]  # <-\n',
            },
            fixed={
                "config/settings.py": f'{_APPS}AUTHENTICATION_BACKENDS = ["{_DJANGO}", "{_ALLAUTH}"]\n'
            },
        ),
        Example(
            "both",
            {
                "requirements.txt": _REQUIREMENTS,
                "config/settings.py": f'{_APPS}AUTHENTICATION_BACKENDS = ["{_DJANGO}", "{_ALLAUTH}"]\n',
            },
            state="pass",
        ),
        Example(
            "only social accounts",
            {
                "requirements.txt": _REQUIREMENTS,
                "config/settings.py": (
                    f'{_APPS}SOCIALACCOUNT_ONLY = True\nAUTHENTICATION_BACKENDS = ["{_ALLAUTH}"]\n'
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "another system instead of Django's",
            {
                "requirements.txt": _REQUIREMENTS,
                "config/settings.py": (
                    f'{_APPS}AUTHENTICATION_BACKENDS = ["{_ALLAUTH}", "shop.ldap.Backend"]\n'
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "without allauth",
            {"requirements.txt": "django\n", "config/settings.py": "INSTALLED_APPS = []\n"},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each deployed settings module with accounts."""
        yield from once(self._verdicts(project))

    @staticmethod
    def _verdicts(project: Project) -> Iterator[Verdict]:
        name = "AUTHENTICATION_BACKENDS"
        for module in with_app(project, "allauth.account"):
            setting = module.get(name)
            subject = setting if setting is not None else beside_apps(module, name)
            has_own = holds(project, module, name, _ALLAUTH)
            if has_own is None:
                yield subject.unknown(f"`{name}` is partly computed")
            elif not has_own:
                edit = None if setting is None else adding(project, module, name, _ALLAUTH)
                yield subject.violation(
                    f"allauth cannot log people in without its backend; list `{_ALLAUTH}` beside `{_DJANGO}`",
                    fix=Fix([edit], is_safe=False) if edit is not None else None,
                )
            elif strings(module, name) == [_ALLAUTH] and not _is_social_only(
                module.get("SOCIALACCOUNT_ONLY")
            ):
                if setting is None or not setting.is_known:
                    yield subject.unknown(f"`{name}` is partly computed")
                    continue
                edit = adding(project, module, name, _DJANGO, before=_ALLAUTH)
                yield subject.violation(
                    f"allauth's backend stands alone; list `{_DJANGO}` before it for the admin site",
                    fix=Fix([edit], is_safe=False) if edit is not None else None,
                )
            else:
                yield subject.in_order()


def _is_social_only(setting: object) -> bool:
    return setting is not None and getattr(setting, "value", False) is not False
