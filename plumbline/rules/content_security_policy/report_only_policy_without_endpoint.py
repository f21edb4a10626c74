"""CSP-07."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.project.policies import MIDDLEWARE
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_HEAD = f'from django.utils.csp import CSP\n\nINSTALLED_APPS = []\nMIDDLEWARE = ["{MIDDLEWARE}"]\n'


class ReportOnlyPolicyWithoutEndpoint(Rule):
    """Finds report-only policies whose reports go nowhere."""

    code = "CSP07"
    slug = "report-only-policy-without-endpoint"
    title = "A report-only policy says where reports go"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Content Security Policy"
    guide_lines = (770, 774)
    what = "`SECURE_CSP_REPORT_ONLY` that has neither a `report-uri` nor a `report-to` directive."
    why = (
        "A report-only policy changes nothing on the page; its one use is the reports. Without an endpoint they end in "
        "the console of each visitor's browser."
    )
    how = (
        'Name an address that accepts the reports: `"report-uri": "/csp-report/"`, a view of your own or a service\'s '
        "URL. With `report-to`, send the `Reporting-Endpoints` header as well."
    )
    applies_when = "a report-only policy is set up"
    absent = "no report-only Content Security Policy is set up"
    examples = (
        Example(
            "reports that nobody gets",
            {
                "config/settings.py": (
                    f'{_HEAD}SECURE_CSP_REPORT_ONLY = {{"default-src": [CSP.SELF]}}  # <-\n'
                )
            },
        ),
        Example(
            "an endpoint",
            {
                "config/settings.py": (
                    f'{_HEAD}SECURE_CSP_REPORT_ONLY = {{"default-src": [CSP.SELF], "report-uri": "/csp-report/"}}\n'
                )
            },
            state="pass",
        ),
        Example(
            "an endpoint by the newer directive",
            {
                "config/settings.py": (
                    f'{_HEAD}SECURE_CSP_REPORT_ONLY = {{"default-src": [CSP.SELF], "report-to": "csp"}}\n'
                )
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "a policy that is enforced",
            {"config/settings.py": f'{_HEAD}SECURE_CSP = {{"default-src": [CSP.SELF]}}\n'},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each report-only policy."""
        for policy in project.policies:
            if policy.is_enforced:
                continue
            subject = policy.setting
            if any(policy.directives.get(name) for name in ("report-uri", "report-to")):
                yield subject.in_order()
            elif policy.is_open:
                yield subject.unknown("the policy is partly computed")
            else:
                yield subject.violation(
                    "`SECURE_CSP_REPORT_ONLY` names no endpoint, so nobody gets its reports; add `report-uri` or "
                    "`report-to`"
                )
