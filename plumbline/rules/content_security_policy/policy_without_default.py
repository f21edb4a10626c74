"""CSP-08."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.project.policies import MIDDLEWARE
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_HEAD = f'from django.utils.csp import CSP\n\nINSTALLED_APPS = []\nMIDDLEWARE = ["{MIDDLEWARE}"]\n'


class PolicyWithoutDefault(Rule):
    """Finds policies without ``default-src``."""

    code = "CSP08"
    slug = "policy-without-default-source"
    title = "A policy has a `default-src`"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Content Security Policy"
    guide_lines = (762, 774)
    what = "`SECURE_CSP` or `SECURE_CSP_REPORT_ONLY` without a `default-src` directive."
    why = (
        "A kind of resource that no directive names is unrestricted unless `default-src` covers it. A policy of single "
        "directives therefore leaves open what its author did not think of, fonts, frames or workers for instance."
    )
    how = (
        'Begin the policy with `"default-src": [CSP.SELF]`, or `[CSP.NONE]` where each kind is listed, and loosen it '
        "directive by directive."
    )
    applies_when = "a Content Security Policy of Django's own is set up"
    absent = "no Content Security Policy of Django's own is set up"
    examples = (
        Example(
            "scripts only",
            {"config/settings.py": f'{_HEAD}SECURE_CSP = {{"script-src": [CSP.SELF]}}  # <-\n'},
        ),
        Example(
            "a default for the rest",
            {
                "config/settings.py": (
                    f'{_HEAD}SECURE_CSP = {{"default-src": [CSP.SELF], "script-src": [CSP.NONCE]}}\n'
                )
            },
            state="pass",
        ),
        Example(
            "the default comes from a shared policy",
            {
                "config/settings.py": (
                    f'{_HEAD}BASE = {{"default-src": [CSP.SELF]}}\nSECURE_CSP = {{**BASE, "img-src": ["https:"]}}\n'
                )
            },
            state="pass",
        ),
        Example(
            "no policy",
            {"config/settings.py": "INSTALLED_APPS = []\n"},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each policy."""
        for policy in project.policies:
            subject = policy.setting
            if "default-src" in policy.directives:
                yield subject.in_order()
            elif policy.is_open:
                yield subject.unknown("the policy is partly computed")
            else:
                yield subject.violation(
                    f"`{policy.name}` has no `default-src`, so what it does not name is unrestricted; add "
                    '`"default-src": [CSP.SELF]`'
                )
