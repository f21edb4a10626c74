"""CSP-05."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline import outline as o
from plumbline.edits import Fix, ReplaceTag
from plumbline.project import Project
from plumbline.project.templates import Template
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_PROJECT = {
    "pyproject.toml": '[project]\nname = "shop"\ndependencies = ["django>=6.0"]\n',
    "config/settings.py": "INSTALLED_APPS = []\n",
}


class CspTemplateLibrary(Rule):
    """Finds templates that load a library which nothing provides."""

    code = "CSP05"
    slug = "csp-template-library"
    title = "No template loads a `csp` library for Django's own policy"
    level = Level.SHOULD
    basis = Basis.DERIVED
    section = "Content Security Policy"
    guide_lines = (777, 784)
    needs = ("template",)
    what = "`{% load csp %}` in a repository in which neither django-csp nor an app of its own provides such a library."
    why = (
        "Django has no template library of this name, so the template raises TemplateSyntaxError as soon as it is "
        "rendered. The nonce needs no library: the context processor puts it in `csp_nonce`."
    )
    how = (
        "Take `csp` out of the tag, and the whole tag where nothing else is loaded by it. See that `TEMPLATES` has the "
        "context processor `django.template.context_processors.csp`."
    )
    applies_when = "a template loads a library named `csp`"
    absent = "no template loads a library named `csp`"
    errata = (
        "The guide's own sample begins with this tag. It is a leftover of django-csp and fails with Django's built-in "
        "policy, so the tag is what is reported."
    )
    examples = (
        Example(
            "the tag of another package",
            {
                **_PROJECT,
                "templates/base.html": "{% load csp %}  {# <- #}\n<p>{{ csp_nonce }}</p>\n",
                "templates/page.html": "{% load i18n csp static %}  {# <- #}\n<p></p>\n",
            },
            fixed={
                "templates/base.html": "<p>{{ csp_nonce }}</p>\n",
                "templates/page.html": "{% load i18n static %}\n<p></p>\n",
            },
        ),
        Example(
            "django-csp is installed",
            {
                "requirements.txt": "django\ndjango-csp\n",
                "templates/base.html": "{% load csp %}\n",
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "a library of the project's own",
            {
                **_PROJECT,
                "shop/templatetags/csp.py": "from django import template\n\nregister = template.Library()\n",
                "shop/templates/base.html": "{% load csp %}\n",
            },
            state="pass",
        ),
        Example(
            "templates without it",
            {**_PROJECT, "templates/base.html": "{% load i18n %}\n"},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each tag that loads the library."""
        found = [
            (template, tag)
            for template in project.templates
            for tag in template.tags_named("load")
            if _is_loaded(tag)
        ]
        if not found:
            return
        is_provided = _is_provided(project)
        for template, tag in found:
            subject = template.located(tag)
            if is_provided:
                yield subject.in_order()
            elif not project.dependencies.is_known:
                yield subject.unknown("what is installed is not declared here")
            else:
                yield subject.violation(
                    "no installed app has a template library `csp`; take it out of the tag, `csp_nonce` comes from the "
                    "context processor",
                    fix=_fix(template, tag),
                )


def _is_loaded(tag: o.Tag) -> bool:
    words = tag.rest.split()
    return words[-1:] == ["csp"] if "from" in words else "csp" in words


def _is_provided(project: Project) -> bool:
    return (
        project.installs("django-csp")
        or "csp" in project.imported_packages
        or any(path.endswith("templatetags/csp.py") for path in project.outlines)
        or any(
            isinstance(name, str) and name == "csp"
            for module in project.settings.modules
            if (apps := module.get("INSTALLED_APPS")) is not None
            for name in apps.items
        )
        or any("libraries" in str(module.get("TEMPLATES")) for module in project.settings.modules)
    )


def _fix(template: Template, tag: o.Tag) -> Fix:
    words = tag.rest.split()
    left = [] if "from" in words else [word for word in words if word != "csp"]
    new = f"{{% load {' '.join(left)} %}}" if left else ""
    return Fix([ReplaceTag(template.path, tag.line, tag.name, tag.rest, new)])
