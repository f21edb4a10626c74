"""AUTH-08."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.edits import Fix, ReplaceString
from plumbline.project import Project
from plumbline.project.installed import adding, holds, once
from plumbline.project.settings import Setting, SettingsModule
from plumbline.rule import Basis, Example, Level, Located, Rule, Verdict

_FORMS = {
    "AuthenticateForm": "allauth.mfa.base.forms",
    "ReauthenticateForm": "allauth.mfa.base.forms",
    "ActivateTOTPForm": "allauth.mfa.totp.forms",
    "DeactivateTOTPForm": "allauth.mfa.totp.forms",
    "GenerateRecoveryCodesForm": "allauth.mfa.recovery_codes.forms",
    "AddWebAuthnForm": "allauth.mfa.webauthn.forms",
    "AuthenticateWebAuthnForm": "allauth.mfa.webauthn.forms",
    "EditWebAuthnForm": "allauth.mfa.webauthn.forms",
    "LoginWebAuthnForm": "allauth.mfa.webauthn.forms",
    "ReauthenticateWebAuthnForm": "allauth.mfa.webauthn.forms",
    "SignupWebAuthnForm": "allauth.mfa.webauthn.forms",
}
_NAMES = (
    "MFA_ADAPTER", "MFA_FORMS", "MFA_SUPPORTED_TYPES", "MFA_TOTP_ISSUER", "MFA_TOTP_PERIOD", "MFA_TOTP_DIGITS",
    "MFA_RECOVERY_CODE_COUNT", "MFA_RECOVERY_CODE_DIGITS", "MFA_PASSKEY_LOGIN_ENABLED", "MFA_PASSKEY_SIGNUP_ENABLED",
    "MFA_ALLOW_UNVERIFIED_EMAIL", "MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN", "MFA_TRUST_ENABLED",
)  # fmt: skip
_APPS = 'INSTALLED_APPS = ["allauth", "allauth.account", "allauth.mfa"]\n'
_REQUIREMENTS = "django\ndjango-allauth[mfa]\n"


class BrokenMfaSettings(Rule):
    """Finds settings for a second factor that have no app, or name forms that do not exist."""

    code = "AUTH08"
    slug = "broken-mfa-settings"
    title = "Settings for a second factor have their app, and name forms that exist"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Authentication with django-allauth"
    guide_lines = (825, 830)
    what = (
        "`MFA_…` settings of allauth without `allauth.mfa` in `INSTALLED_APPS`, and entries of `MFA_FORMS` that name "
        "no existing form."
    )
    why = (
        "Settings without the app do nothing: the site looks protected by a second factor and is not. A path to a "
        "missing form fails at the moment somebody logs in."
    )
    how = (
        "Install `allauth.mfa` and run `migrate`. Name forms where they are: "
        "`allauth.mfa.base.forms.AuthenticateForm`, `allauth.mfa.totp.forms.ActivateTOTPForm` and so on; entries that "
        "equal the default may go."
    )
    applies_when = "a project with django-allauth sets `MFA_…`"
    absent = "no setting for a second factor of django-allauth"
    errata = (
        "The guide's sample names `allauth.mfa.forms`, which does not exist in allauth 65. The forms have lived in "
        "`allauth.mfa.base.forms` since 0.63."
    )
    examples = (
        Example(
            "paths that do not exist",
            {
                "requirements.txt": _REQUIREMENTS,
                "config/settings.py": (
                    f"{_APPS}MFA_FORMS = {{  # <-\n"
                    '    "authenticate": "allauth.mfa.forms.AuthenticateForm",\n'
                    '    "reauthenticate": "shop.forms.Reauthenticate",\n}\n'
                ),
            },
            fixed={
                "config/settings.py": (
                    f"{_APPS}MFA_FORMS = {{\n"
                    '    "authenticate": "allauth.mfa.base.forms.AuthenticateForm",\n'
                    '    "reauthenticate": "shop.forms.Reauthenticate",\n}\n'
                )
            },
        ),
        Example(
            "settings without the app",
            {
                "requirements.txt": _REQUIREMENTS,
                "config/settings.py": (
                    'INSTALLED_APPS = ["allauth", "allauth.account"]\nMFA_TOTP_ISSUER = "Shop"  # <-\n'
                ),
            },
            fixed={
                "config/settings.py": (
                    'INSTALLED_APPS = ["allauth", "allauth.account", "allauth.mfa"]\nMFA_TOTP_ISSUER = "Shop"\n'
                )
            },
        ),
        Example(
            "app and existing forms",
            {
                "requirements.txt": _REQUIREMENTS,
                "config/settings.py": (
                    f'{_APPS}MFA_FORMS = {{"authenticate": "allauth.mfa.base.forms.AuthenticateForm"}}\n'
                ),
            },
            state="pass",
        ),
        Example(
            "the app with its defaults",
            {"requirements.txt": _REQUIREMENTS, "config/settings.py": _APPS},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each settings module with such settings, and one for each form."""
        if project.uses("allauth", "django-allauth"):
            yield from once(self._verdicts(project))

    @staticmethod
    def _verdicts(project: Project) -> Iterator[Verdict]:
        for module in project.settings.deployed:
            settings = [found for name in _NAMES if (found := module.get(name)) is not None]
            if not settings:
                continue
            subject = settings[0]
            held = holds(project, module, "INSTALLED_APPS", "allauth.mfa")
            if held is None:
                yield subject.unknown("`INSTALLED_APPS` is partly computed")
            elif held:
                yield _as_app(subject).in_order()
            else:
                edit = adding(
                    project, module, "INSTALLED_APPS", "allauth.mfa", after="allauth.account"
                )
                yield _as_app(subject).violation(
                    f"`{subject.name}` has no effect without `allauth.mfa`; add it to `INSTALLED_APPS`",
                    fix=Fix([edit], is_safe=False) if edit is not None else None,
                )
            yield from _forms(project, module)


def _as_app(setting: Setting) -> Located:
    return Located(
        setting.path, setting.line, setting.end_line, 0, f"{setting.symbol}:app", "allauth.mfa"
    )


def _forms(project: Project, module: SettingsModule) -> Iterator[Verdict]:
    setting = module.get("MFA_FORMS")
    if setting is None or not isinstance(setting.value, dict):
        return
    for key, path in setting.value.items():
        if not isinstance(path, str) or not path.startswith("allauth."):
            continue
        subject = Located(
            setting.path, setting.line, setting.end_line, 0, f"{setting.symbol}[{key}]", path
        )
        home, _, name = path.rpartition(".")
        if _FORMS.get(name) == home:
            yield subject.in_order()
        elif name in _FORMS and home == "allauth.mfa.forms":
            right = f"{_FORMS[name]}.{name}"
            steps = project.names.modules[setting.path].outline.assignments
            has_line = any(step.line == setting.line and step.operator == "=" for step in steps)
            edit = ReplaceString(setting.path, setting.line, path, f'"{right}"')
            yield subject.violation(
                f"`{path}` does not exist; name `{right}`", fix=Fix([edit]) if has_line else None
            )
        elif home == "allauth.mfa.forms" or home in _FORMS.values():
            yield subject.violation(f"`{path}` does not exist in allauth; name a form that does")
        else:
            yield subject.unknown("not a form that is known here")
