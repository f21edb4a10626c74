"""AUTH-09."""

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
    with_app,
)
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_PROCESSOR = "django.template.context_processors.request"
_ENGINE = "django.template.backends.django.DjangoTemplates"
_APPS = 'INSTALLED_APPS = ["allauth", "allauth.account"]\n'
_REQUIREMENTS = "django\ndjango-allauth\n"


class MissingRequestContext(Rule):
    """Finds allauth's pages without the request that their templates use."""

    code = "AUTH09"
    slug = "missing-request-context"
    title = "allauth's templates get the request"
    level = Level.SHOULD
    basis = Basis.DERIVED
    section = "Authentication with django-allauth"
    guide_lines = (788, 838)
    what = f"`TEMPLATES` without the context processor `{_PROCESSOR}`, in settings that install `allauth.account`."
    why = (
        "allauth's templates and tags look for `request` in the context: links to providers and forms of several steps "
        "are built from it. Without it they fail or lead nowhere."
    )
    how = f"Add `{_PROCESSOR}` to `context_processors` of the engine in `TEMPLATES`."
    applies_when = (
        "deployed settings install `allauth.account` and render pages by Django's template engine"
    )
    absent = "`allauth.account` is not installed, or no page is rendered"
    errata = "The guide's sample leaves `TEMPLATES` out; allauth's installation notes ask for the context processor."
    examples = (
        Example(
            "without it",
            {
                "requirements.txt": _REQUIREMENTS,
                "config/settings.py": (
                    f'{_APPS}TEMPLATES = [  # <-\n    {{\n        "BACKEND": "{_ENGINE}",\n'
                    '        "OPTIONS": {"context_processors": ["django.contrib.auth.context_processors.auth"]},\n'
                    "    }\n]\n"
                ),
            },
            fixed={
                "config/settings.py": (
                    f'{_APPS}TEMPLATES = [\n    {{\n        "BACKEND": "{_ENGINE}",\n'
                    '        "OPTIONS": {"context_processors": ["django.contrib.auth.context_processors.auth", '
                    f'"{_PROCESSOR}"]}},\n'
                    "    }\n]\n"
                )
            },
        ),
        Example(
            "with it",
            {
                "requirements.txt": _REQUIREMENTS,
                "config/settings.py": (
                    f'{_APPS}TEMPLATES = [{{"BACKEND": "{_ENGINE}", '
                    f'"OPTIONS": {{"context_processors": ["{_PROCESSOR}"]}}}}]\n'
                ),
            },
            state="pass",
        ),
        Example(
            "accounts for programs alone",
            {
                "requirements.txt": _REQUIREMENTS,
                "config/settings.py": (
                    f'{_APPS}HEADLESS_ONLY = True\nTEMPLATES = [{{"BACKEND": "{_ENGINE}", "OPTIONS": {{}}}}]\n'
                ),
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

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each ``TEMPLATES`` that allauth's pages use."""
        yield from once(self._verdicts(project))

    @staticmethod
    def _verdicts(project: Project) -> Iterator[Verdict]:
        for module in with_app(project, "allauth.account"):
            headless = module.get("HEADLESS_ONLY")
            if not engines(module) or (headless is not None and headless.value is not False):
                continue
            subject = place(module, "TEMPLATES")
            has_it = has_context_processor(
                module, _PROCESSOR, "django.core.context_processors.request"
            )
            if has_it:
                yield subject.in_order()
            elif has_it is None:
                yield subject.unknown("`TEMPLATES` is partly computed")
            else:
                edit = adding_context_processor(project, module, _PROCESSOR)
                yield subject.violation(
                    f"allauth's templates need the request; add `{_PROCESSOR}`",
                    fix=Fix([edit]) if edit is not None else None,
                )
