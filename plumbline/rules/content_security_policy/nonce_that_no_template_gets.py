"""CSP-03."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.edits import Fix
from plumbline.project import Project
from plumbline.project.installed import (
    adding_context_processor,
    engines,
    has_context_processor,
    once,
    place,
)
from plumbline.project.policies import CONTEXT_PROCESSOR, MIDDLEWARE, NONCE, active_policies
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_ENGINE = "django.template.backends.django.DjangoTemplates"
_POLICY = (
    "from django.utils.csp import CSP\n\n"
    f'INSTALLED_APPS = []\nMIDDLEWARE = ["{MIDDLEWARE}"]\n'
    'SECURE_CSP = {"default-src": [CSP.SELF], "script-src": [CSP.SELF, CSP.NONCE]}\n'
)


class NonceThatNoTemplateGets(Rule):
    """Finds policies with a nonce that no template can write."""

    code = "CSP03"
    slug = "nonce-that-no-template-gets"
    title = "A nonce in the policy comes with the context processor that hands it to templates"
    level = Level.SHOULD
    basis = Basis.DERIVED
    section = "Content Security Policy"
    guide_lines = (765, 784)
    what = (
        "`CSP.NONCE` in a policy while no engine in `TEMPLATES` has the context processor "
        f"`{CONTEXT_PROCESSOR}`."
    )
    why = (
        "Without the context processor `csp_nonce` is an empty string in every template. The header then names a nonce "
        "that no element carries, and browsers refuse the page's inline scripts and styles."
    )
    how = (
        f"Add `{CONTEXT_PROCESSOR}` to `context_processors` of the engine in `TEMPLATES`, and write "
        '`nonce="{{ csp_nonce }}"` on the inline elements.'
    )
    applies_when = (
        "an active policy holds `CSP.NONCE` and pages are rendered by Django's template engine"
    )
    absent = "no Content Security Policy with a nonce is set up"
    errata = (
        "The guide loads a template library `csp`, which does not exist in Django. What the sample needs is the "
        "context processor; Django's own check `security.W027` asks for it too."
    )
    examples = (
        Example(
            "a nonce without the context processor",
            {
                "config/settings.py": (
                    f"{_POLICY}TEMPLATES = [  # <-\n    {{\n"
                    f'        "BACKEND": "{_ENGINE}",\n'
                    '        "OPTIONS": {\n            "context_processors": [\n'
                    '                "django.template.context_processors.request",\n'
                    "            ],\n        },\n    },\n]\n"
                )
            },
            fixed={
                "config/settings.py": (
                    f"{_POLICY}TEMPLATES = [\n    {{\n"
                    f'        "BACKEND": "{_ENGINE}",\n'
                    '        "OPTIONS": {\n            "context_processors": [\n'
                    '                "django.template.context_processors.request",\n'
                    f'                "{CONTEXT_PROCESSOR}",\n'
                    "            ],\n        },\n    },\n]\n"
                )
            },
        ),
        Example(
            "an engine without any context processor",
            {
                "config/settings.py": f'{_POLICY}TEMPLATES = [{{"BACKEND": "{_ENGINE}", "OPTIONS": {{}}}}]  # <-\n'
            },
            fixed={
                "config/settings.py": (
                    f'{_POLICY}TEMPLATES = [{{"BACKEND": "{_ENGINE}", '
                    f'"OPTIONS": {{"context_processors": ["{CONTEXT_PROCESSOR}"]}}}}]\n'
                )
            },
        ),
        Example(
            "the context processor is there",
            {
                "config/settings.py": (
                    f'{_POLICY}TEMPLATES = [{{"BACKEND": "{_ENGINE}", '
                    f'"OPTIONS": {{"context_processors": ["{CONTEXT_PROCESSOR}"]}}}}]\n'
                )
            },
            state="pass",
        ),
        Example(
            "pages by Jinja, whose environment hands out the nonce",
            {
                "config/settings.py": (
                    f'{_POLICY}TEMPLATES = [{{"BACKEND": "django.template.backends.jinja2.Jinja2"}}]\n'
                )
            },
            state="not_applicable",
            is_trap=True,
        ),
        Example(
            "an API without pages",
            {"config/settings.py": _POLICY},
            state="not_applicable",
            is_trap=True,
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each ``TEMPLATES`` that a policy with a nonce meets."""
        yield from once(self._verdicts(project))

    def _verdicts(self, project: Project) -> Iterator[Verdict]:
        for policy in active_policies(project):
            if not policy.holds(NONCE) or not engines(policy.module):
                continue
            subject = place(policy.module, "TEMPLATES")
            has_it = has_context_processor(policy.module, CONTEXT_PROCESSOR)
            if has_it:
                yield subject.in_order()
            elif has_it is None or project.calls.named("get_nonce"):
                yield subject.unknown("the nonce may reach templates in another way")
            else:
                edit = adding_context_processor(project, policy.module, CONTEXT_PROCESSOR)
                yield subject.violation(
                    f"`{policy.name}` names a nonce that no template gets; add `{CONTEXT_PROCESSOR}` to the context "
                    "processors",
                    fix=Fix([edit]) if edit is not None else None,
                )
