"""AUTH-02."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.edits import Fix
from plumbline.project import Project
from plumbline.project.installed import adding, giving, holds, once, place, strings
from plumbline.project.settings import SettingsModule
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_REQUIREMENTS = "django\ndjango-allauth\n"


class IncompleteAllauthApps(Rule):
    """Finds settings that install a part of allauth without what that part needs."""

    code = "AUTH02"
    slug = "incomplete-allauth-apps"
    title = "allauth is installed with its account app, and social accounts with a provider"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Authentication with django-allauth"
    guide_lines = (796, 806)
    what = (
        "`INSTALLED_APPS` of a project that depends on django-allauth without `allauth` or `allauth.account`, or with "
        "`allauth.socialaccount` and not one provider."
    )
    why = (
        "The parts of allauth build on each other: social login ends in an account, and the templates live in "
        "`allauth` itself. Social accounts without a provider offer nobody a way to sign in."
    )
    how = (
        "List `allauth` and `allauth.account`, and for social login `allauth.socialaccount` with at least one "
        "`allauth.socialaccount.providers.…`. Run `migrate` afterwards."
    )
    applies_when = "the project depends on django-allauth and has deployed settings"
    absent = "django-allauth is not used"
    errata = "Accounts without social login are in order: the guide's sample merely shows both."
    examples = (
        Example(
            "accounts without the templates they use",
            {
                "requirements.txt": _REQUIREMENTS,
                "config/settings.py": (
                    'INSTALLED_APPS = [  # <-\n    "shop",\n    "allauth.account",\n]\n'
                ),
            },
            fixed={
                "config/settings.py": (
                    'INSTALLED_APPS = [\n    "shop",\n    "allauth",\n    "allauth.account",\n]\n'
                )
            },
        ),
        Example(
            "social accounts without accounts",
            {
                "requirements.txt": _REQUIREMENTS,
                "config/settings.py": (
                    'INSTALLED_APPS = ["allauth", "allauth.socialaccount"]  # <-\n'
                ),
            },
        ),
        Example(
            "social accounts without a provider",
            {
                "requirements.txt": _REQUIREMENTS,
                "config/settings.py": (
                    'INSTALLED_APPS = ["allauth", "allauth.account", "allauth.socialaccount"]  # <-\n'
                ),
            },
        ),
        Example(
            "accounts and a provider",
            {
                "requirements.txt": _REQUIREMENTS,
                "config/settings.py": (
                    'INSTALLED_APPS = ["allauth", "allauth.account", "allauth.socialaccount",\n'
                    '    "allauth.socialaccount.providers.github"]\n'
                ),
            },
            state="pass",
        ),
        Example(
            "accounts alone",
            {
                "requirements.txt": _REQUIREMENTS,
                "config/settings.py": 'INSTALLED_APPS = ["allauth", "allauth.account"]\n',
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
        """One verdict for each deployed settings module."""
        if project.uses("allauth", "django-allauth"):
            yield from once(self._verdicts(project))

    @staticmethod
    def _verdicts(project: Project) -> Iterator[Verdict]:
        for module in project.settings.deployed:
            subject = place(module, "INSTALLED_APPS")
            held = {
                app: holds(project, module, "INSTALLED_APPS", app)
                for app in ("allauth", "allauth.account", "allauth.socialaccount")
            }
            missing = [app for app in ("allauth", "allauth.account") if held[app] is False]
            if missing:
                yield subject.violation(
                    f"django-allauth is used without `{missing[0]}`; add it to `INSTALLED_APPS`",
                    fix=_fix(project, module) if held["allauth.account"] else None,
                )
            elif None in held.values():
                yield subject.unknown("`INSTALLED_APPS` is partly computed")
            elif not held["allauth.socialaccount"] or _has_provider(module):
                yield subject.in_order()
            elif module.is_open or not _is_known(module):
                yield subject.unknown("`INSTALLED_APPS` is partly computed")
            else:
                social = giving(project, module, "INSTALLED_APPS", "allauth.socialaccount")
                yield social.violation(
                    "`allauth.socialaccount` is installed without a provider; add the providers that you use"
                )


def _has_provider(module: SettingsModule) -> bool:
    return any("provider" in item for item in strings(module, "INSTALLED_APPS"))


def _is_known(module: SettingsModule) -> bool:
    """Whether every app is known, so that a provider would be seen."""
    setting = module.get("INSTALLED_APPS")
    return setting is not None and setting.is_known


def _fix(project: Project, module: SettingsModule) -> Fix | None:
    """Install what the accounts build on; templates that an app has by the same name change places."""
    edit = adding(project, module, "INSTALLED_APPS", "allauth", before="allauth.account")
    return Fix([edit], is_safe=False) if edit is not None else None
