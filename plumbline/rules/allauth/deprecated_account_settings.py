"""AUTH-06."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator

from packaging.version import Version

from plumbline.edits import Edit, Fix, RemoveStatement, ReplaceStatement
from plumbline.project import Project
from plumbline.project.installed import once, with_app
from plumbline.project.settings import Setting, SettingsModule
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_SINCE = Version("65.5")
_METHOD = "ACCOUNT_AUTHENTICATION_METHOD"
_METHODS = {
    "email": '{"email"}',
    "username": '{"username"}',
    "username_email": '{"email", "username"}',
}
_FIELDS = {
    "ACCOUNT_EMAIL_REQUIRED": False,
    "ACCOUNT_USERNAME_REQUIRED": True,
    "ACCOUNT_SIGNUP_EMAIL_ENTER_TWICE": False,
    "ACCOUNT_SIGNUP_PASSWORD_ENTER_TWICE": True,
}
"""The settings that sign-up forms were told by, with their defaults."""
_NEW = {_METHOD: "ACCOUNT_LOGIN_METHODS"} | dict.fromkeys(_FIELDS, "ACCOUNT_SIGNUP_FIELDS")
_APPS = 'INSTALLED_APPS = ["allauth", "allauth.account"]\n'
_REQUIREMENTS = "django\ndjango-allauth==65.21.1\n"


class DeprecatedAccountSettings(Rule):
    """Finds settings of allauth that newer names replace."""

    code = "AUTH06"
    slug = "deprecated-account-settings"
    title = "allauth is told by the names of today"
    level = Level.SHOULD
    basis = Basis.DERIVED
    section = "Authentication with django-allauth"
    guide_lines = (818, 823)
    what = (
        "`ACCOUNT_AUTHENTICATION_METHOD`, `ACCOUNT_EMAIL_REQUIRED`, `ACCOUNT_USERNAME_REQUIRED` and the settings that "
        "ask to enter something twice, in a project that runs allauth 65.5 or later."
    )
    why = (
        "`check` warns of each of them, and a release to come will ignore them. A form that then asks for a user name, "
        "or no longer for an address, is noticed by the people who sign up."
    )
    how = (
        "Say how people log in by `ACCOUNT_LOGIN_METHODS`, a set of `email` and `username`, and what the form asks for "
        "by `ACCOUNT_SIGNUP_FIELDS`, where a star marks what is required."
    )
    applies_when = "deployed settings install `allauth.account` of django-allauth 65.5 or later and set one of these"
    absent = "no setting of allauth's that decides on log-in methods or sign-up fields"
    errata = (
        "The guide's own sample uses three of the old names. They still work in 65.21, with warnings; what is asked "
        "for is what they mean, by the new names."
    )
    examples = (
        Example(
            "the old names",
            {
                "requirements.txt": _REQUIREMENTS,
                "config/settings.py": (
                    f"{_APPS}ACCOUNT_EMAIL_REQUIRED = True  # <-\nACCOUNT_USERNAME_REQUIRED = False  # <-\n"
                    'ACCOUNT_AUTHENTICATION_METHOD = "email"  # <-\n'
                ),
            },
            fixed={
                "config/settings.py": (
                    f'{_APPS}ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]\n'
                    'ACCOUNT_LOGIN_METHODS = {"email"}\n'
                )
            },
        ),
        Example(
            "values from the environment",
            {
                "requirements.txt": _REQUIREMENTS,
                "config/settings.py": (
                    f"import os\n\n{_APPS}"
                    'ACCOUNT_AUTHENTICATION_METHOD = os.environ["LOGIN_BY"]  # <-\n'
                ),
            },
        ),
        Example(
            "the new names",
            {
                "requirements.txt": _REQUIREMENTS,
                "config/settings.py": (
                    f'{_APPS}ACCOUNT_LOGIN_METHODS = {{"email"}}\nACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]\n'
                ),
            },
            state="pass",
        ),
        Example(
            "an allauth that knows only the old names",
            {
                "requirements.txt": "django\ndjango-allauth>=0.61\n",
                "config/settings.py": f"{_APPS}ACCOUNT_EMAIL_REQUIRED = True\n",
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
        """The allauth that may run does not know the newer names."""
        lowest = project.dependencies.minimum("django-allauth")
        if lowest is not None and lowest < _SINCE:
            return f"django-allauth {lowest} may run, which does not know the newer names"
        return None

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each of the settings, old and new."""
        yield from once(self._verdicts(project))

    @staticmethod
    def _verdicts(project: Project) -> Iterator[Verdict]:
        for module in with_app(project, "allauth.account"):
            for name, new in _NEW.items():
                setting = module.get(name)
                if setting is not None:
                    yield setting.violation(
                        f"allauth replaced `{name}`; say it by `{new}`",
                        fix=_fix(project, module, name),
                    )
            for new in dict.fromkeys(_NEW.values()):
                setting = module.get(new)
                if setting is not None:
                    yield setting.in_order()


def _fix(project: Project, module: SettingsModule, name: str) -> Fix | None:
    """Say the same by the new name, where all that decides on it is written as constants at the top of one file."""
    family = [_METHOD] if name == _METHOD else list(_FIELDS)
    settings = [found for each in family if (found := module.get(each)) is not None]
    paths = {setting.path for setting in settings}
    if len(paths) != 1 or not all(_is_constant(project, setting) for setting in settings):
        return None
    path = settings[0].path
    lines = sorted(setting.line for setting in settings)
    new = _NEW[name]
    edits: list[Edit] = [RemoveStatement(path, line) for line in lines[1:]]
    if any(after - before == 1 for before, after in itertools.pairwise(lines[1:])):
        return None
    if module.get(new) is not None:
        return None
    if name == _METHOD:
        value = _METHODS.get(f"{settings[0].value}")
        if value is None:
            return None
    else:
        value = _signup_fields(module)
    is_alone = not any(
        step.target in family
        for other in project.settings.modules
        if other.path != path
        for step in other.module.outline.assignments
    )
    return Fix([ReplaceStatement(path, lines[0], f"{new} = {value}"), *edits], is_safe=is_alone)


def _is_constant(project: Project, setting: Setting) -> bool:
    name = setting.name
    steps = [
        step
        for step in project.names.modules[setting.path].outline.assignments
        if step.target.partition("[")[0] == name
    ]
    return (
        len(steps) == 1
        and steps[0].operator == "="
        and not steps[0].guard
        and isinstance(steps[0].value, bool | str)
    )


def _signup_fields(module: SettingsModule) -> str:
    """What allauth makes of the old settings, in its order."""
    given = {
        name: bool(found.value) if (found := module.get(name)) is not None else default
        for name, default in _FIELDS.items()
    }
    email, username, email_twice, password_twice = given.values()
    fields = ["email*" if email else "email"]
    fields += ["email2*" if email else "email2"] if email_twice else []
    fields += ["username*"] if username else []
    fields += ["password1*", "password2*"] if password_twice else ["password1*"]
    return json.dumps(fields)
