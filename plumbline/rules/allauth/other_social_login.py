"""AUTH-01."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.project.installed import giving, strings
from plumbline.rule import Effort, Example, Level, Located, Rule, Verdict

_PACKAGES = {
    "social-auth-app-django": "social_django",
    "python-social-auth": "social",
    "django-oauth-client": "oauth_client",
    "django-social-auth": "social_auth",
}
_ENTERPRISE = (
    "saml", "azuread", "okta", "keycloak", "auth0", "open_id_connect", "openid_connect", "cognito", "onelogin", "adfs",
    "ping", "oidc",
)  # fmt: skip


class OtherSocialLogin(Rule):
    """Finds social login by other means than django-allauth."""

    code = "AUTH01"
    slug = "social-login-without-allauth"
    title = "Social login uses django-allauth"
    level = Level.SHOULD
    section = "Authentication with django-allauth"
    guide_lines = (788, 846)
    effort = Effort.DAYS
    needs = ("python", "toml", "requirements")
    what = (
        "Login through OAuth2 providers by social-auth-app-django or by Authlib's client for Django, in a project that "
        "does not use django-allauth."
    )
    why = (
        "allauth brings the providers together with what a sign-in needs beside them: verified e-mail addresses, "
        "accounts that are linked, a second factor. Elsewhere each of these is a package or code of your own."
    )
    how = (
        "Install django-allauth with the providers that you use, move the client ids and secrets to its social "
        "applications, and move the rows that link accounts in a data migration before the old package goes."
    )
    applies_when = "the project has social login, by allauth or by another library"
    absent = "no social login"
    errata = (
        "Single sign-on for one organisation (SAML, OpenID Connect, Azure AD and the like) is not social login and is "
        "left alone."
    )
    examples = (
        Example(
            "another package for the same",
            {
                "requirements.txt": "django\nsocial-auth-app-django==5.4  # <-\n",
                "config/settings.py": (
                    'INSTALLED_APPS = ["social_django"]\n'
                    'AUTHENTICATION_BACKENDS = ["social_core.backends.google.GoogleOAuth2"]\n'
                ),
            },
        ),
        Example(
            "a client of one's own",
            {
                "shop/login.py": (
                    "from authlib.integrations.django_client import OAuth\nfrom django.conf import settings\n\n"
                    'oauth = OAuth()  # <-\noauth.register("google")\n'
                ),
            },
        ),
        Example(
            "allauth",
            {
                "requirements.txt": "django\ndjango-allauth\n",
                "config/settings.py": 'INSTALLED_APPS = ["allauth.socialaccount"]\n',
            },
            state="pass",
        ),
        Example(
            "single sign-on of one organisation",
            {
                "requirements.txt": "django\nsocial-auth-app-django[saml]\n",
                "config/settings.py": (
                    'INSTALLED_APPS = ["social_django"]\n'
                    'AUTHENTICATION_BACKENDS = ["social_core.backends.saml.SAMLAuth"]\n'
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "OpenID Connect for staff",
            {"requirements.txt": "django\nmozilla-django-oidc\n"},
            state="not_applicable",
            is_trap=True,
        ),
        Example("no social login", {"requirements.txt": "django\n"}, state="not_applicable"),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each library that signs people in; which providers it serves, the backends tell."""
        has_allauth = project.uses("allauth", "django-allauth")
        for subject, name in _others(project):
            backends = _backends(project) if name != "Authlib" else [name]
            if backends and all(any(word in item for word in _ENTERPRISE) for item in backends):
                yield subject.in_order()
            elif has_allauth:
                yield subject.unknown(f"{name} stands beside django-allauth")
            elif not backends:
                yield subject.unknown(f"which providers {name} is used for cannot be told")
            else:
                yield subject.violation(
                    f"{name} signs people in; django-allauth does this together with accounts and a second factor"
                )
        if has_allauth:
            dependency = project.dependencies.get("django-allauth")
            subject = dependency or project.repository("allauth", "pyproject.toml")
            yield subject.in_order()


def _others(project: Project) -> Iterator[tuple[Located, str]]:
    for distribution, package in _PACKAGES.items():
        dependency = project.dependencies.get(distribution)
        if dependency is not None:
            yield dependency, distribution
            continue
        for module in project.settings.deployed:
            apps = module.get("INSTALLED_APPS")
            if apps is not None and apps.holds(package):
                yield giving(project, module, "INSTALLED_APPS", package), distribution
                break
    clients = project.calls.named("OAuth") if "authlib" in project.imported_packages else ()
    for call in clients:
        if call.target.startswith("authlib.integrations.django_client."):
            yield call, "Authlib"


def _backends(project: Project) -> list[str]:
    return [
        item
        for module in project.settings.deployed
        for item in strings(module, "AUTHENTICATION_BACKENDS")
        if item.startswith("social")
    ]
