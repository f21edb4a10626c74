"""CSP-02."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.edits import Fix
from plumbline.project import Project
from plumbline.project.installed import adding, holds, once, place
from plumbline.project.policies import MIDDLEWARE, SETTINGS
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_SECURITY = "django.middleware.security.SecurityMiddleware"
_MANAGE = "import django\n"
_POLICY = 'SECURE_CSP = {"default-src": ["\'self\'"]}'


class PolicyWithoutMiddleware(Rule):
    """Finds a policy that nothing sends, and a middleware that has no policy to send."""

    code = "CSP02"
    slug = "policy-without-its-middleware"
    title = "The middleware and the policy settings appear together"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Content Security Policy"
    guide_lines = (750, 775)
    what = (
        "`SECURE_CSP` or `SECURE_CSP_REPORT_ONLY` in settings that do not list Django's middleware for them, and the "
        "middleware in settings that give it no policy while no view sets one of its own."
    )
    why = (
        "Either half alone does nothing, and does it silently. A site whose settings read as if it had a policy is "
        "unprotected without anybody noticing."
    )
    how = (
        f"Put `{MIDDLEWARE}` in `MIDDLEWARE`, near the top beside `SecurityMiddleware`, and the policy in "
        "`SECURE_CSP`. Begin with `SECURE_CSP_REPORT_ONLY` if you do not know yet what the pages load."
    )
    applies_when = "deployed settings hold the middleware or one of the policy settings"
    absent = "neither Django's middleware for a Content Security Policy nor a policy is set up"
    examples = (
        Example(
            "a policy that nothing sends",
            {
                "manage.py": _MANAGE,
                "config/settings.py": (
                    "INSTALLED_APPS = []\n"
                    f'MIDDLEWARE = [\n    "{_SECURITY}",\n    "shop.middleware.Last",\n]\n'
                    f"{_POLICY}  # <-\n"
                ),
            },
            fixed={
                "config/settings.py": (
                    "INSTALLED_APPS = []\n"
                    f'MIDDLEWARE = [\n    "{_SECURITY}",\n    "{MIDDLEWARE}",\n    "shop.middleware.Last",\n]\n'
                    f"{_POLICY}\n"
                )
            },
        ),
        Example(
            "a middleware without a policy",
            {
                "manage.py": _MANAGE,
                "config/settings.py": f'INSTALLED_APPS = []\nMIDDLEWARE = ["{MIDDLEWARE}"]  # <-\n',
            },
        ),
        Example(
            "both",
            {
                "manage.py": _MANAGE,
                "config/settings.py": f'INSTALLED_APPS = []\nMIDDLEWARE = ["{MIDDLEWARE}"]\n{_POLICY}\n',
            },
            state="pass",
        ),
        Example(
            "policies of single views alone",
            {
                "manage.py": _MANAGE,
                "config/settings.py": f'INSTALLED_APPS = []\nMIDDLEWARE = ["{MIDDLEWARE}"]\n',
                "shop/views.py": (
                    "from django.utils.csp import CSP\nfrom django.views.decorators.csp import csp_override\n\n\n"
                    '@csp_override({"default-src": [CSP.SELF]})\ndef index(request):\n    return None\n'
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "neither",
            {"manage.py": _MANAGE, "config/settings.py": "INSTALLED_APPS = []\nMIDDLEWARE = []\n"},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each deployed settings module that has either half."""
        yield from once(self._verdicts(project))

    def _verdicts(self, project: Project) -> Iterator[Verdict]:
        with_policy = {policy.module.path for policy in project.policies}
        for policy in project.policies:
            if policy.is_sent is None:
                yield policy.setting.unknown("`MIDDLEWARE` is partly computed")
            elif policy.is_sent:
                yield policy.setting.in_order()
            else:
                edit = adding(project, policy.module, "MIDDLEWARE", MIDDLEWARE, after=_SECURITY)
                yield policy.setting.violation(
                    f"`{policy.name}` is never sent; add `{MIDDLEWARE}` to `MIDDLEWARE`",
                    fix=Fix([edit], is_safe=False) if edit is not None else None,
                )
        for module in project.settings.deployed:
            if module.path in with_policy or any(module.get(name) for name in SETTINGS):
                continue
            if holds(project, module, "MIDDLEWARE", MIDDLEWARE):
                subject = place(module, "MIDDLEWARE")
                if project.calls.named("csp_override", "csp_report_only_override"):
                    yield subject.in_order()
                elif module.is_open:
                    yield subject.unknown("a policy may come from elsewhere")
                else:
                    yield subject.violation(
                        "the Content Security Policy middleware has no policy to send; give it `SECURE_CSP`"
                    )
