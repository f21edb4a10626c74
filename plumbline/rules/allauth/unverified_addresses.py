"""AUTH-07."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.project.installed import beside_apps, once, with_app
from plumbline.project.setting_values import Symbol
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_NAME = "ACCOUNT_EMAIL_VERIFICATION"
_APPS = 'INSTALLED_APPS = ["allauth", "allauth.account"]\n'
_REQUIREMENTS = "django\ndjango-allauth\n"


class UnverifiedAddresses(Rule):
    """Finds accounts that may be used before their e-mail address is verified."""

    code = "AUTH07"
    slug = "unverified-addresses"
    title = "E-mail addresses must be verified"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Authentication with django-allauth"
    guide_lines = (818, 823)
    what = "`ACCOUNT_EMAIL_VERIFICATION` that is `optional` (the default) or `none` where allauth has accounts."
    why = (
        "Whoever signs up can otherwise give anyone's address and act under it. Password resets, invitations and "
        "linked social accounts all trust that the address is the person's own."
    )
    how = f'Set `{_NAME} = "mandatory"`, and see that mail is sent before you deploy it.'
    applies_when = "deployed settings install `allauth.account`"
    absent = "`allauth.account` is not installed"
    errata = (
        "A site with social accounts only must set `none`, which is in order. Whether sign-up is closed cannot be told "
        "from settings; a team whose tool is internal waives this."
    )
    examples = (
        Example(
            "the default",
            {"requirements.txt": _REQUIREMENTS, "config/settings.py": _APPS},
            reports=("config/settings.py",),
        ),
        Example(
            "switched off",
            {
                "requirements.txt": _REQUIREMENTS,
                "config/settings.py": f'{_APPS}{_NAME} = "none"  # <-\n',
            },
        ),
        Example(
            "mandatory",
            {
                "requirements.txt": _REQUIREMENTS,
                "config/settings.py": f'{_APPS}{_NAME} = "mandatory"\n',
            },
            state="pass",
        ),
        Example(
            "social accounts only",
            {
                "requirements.txt": _REQUIREMENTS,
                "config/settings.py": f'{_APPS}SOCIALACCOUNT_ONLY = True\n{_NAME} = "none"\n',
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
        """One verdict for each deployed settings module with accounts."""
        yield from once(self._verdicts(project))

    @staticmethod
    def _verdicts(project: Project) -> Iterator[Verdict]:
        for module in with_app(project, "allauth.account"):
            setting = module.get(_NAME)
            subject = setting if setting is not None else beside_apps(module, _NAME)
            value = setting.value if setting is not None else "optional"
            if isinstance(value, Symbol):
                value = value.name.rpartition(".")[2].lower()
            only = module.get("SOCIALACCOUNT_ONLY")
            if value in ("mandatory", True) or (only is not None and only.value is True):
                yield subject.in_order()
            elif value in ("optional", "none", False) and (
                setting is not None or not module.is_open
            ):
                yield subject.violation(
                    f'accounts may be used with an unverified address; set `{_NAME} = "mandatory"`'
                )
            else:
                yield subject.unknown(f"`{_NAME}` is computed")
