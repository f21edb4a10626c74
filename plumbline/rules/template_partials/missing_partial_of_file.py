"""TPL-04."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.project.partials import Reference, no_partials, references
from plumbline.project.templates import Template
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_DJANGO = {"requirements.txt": "django>=6.0\n"}
_LIST = {
    "shop/templates/orders/list.html": "{% partialdef row %}<li>{{ order }}</li>{% endpartialdef %}\n"
}


class MissingPartialOfFile(Rule):
    """Finds references to partials that their template does not define."""

    code = "TPL04"
    slug = "missing-partial-of-file"
    title = "`file#partial` names a partial that the file defines"
    level = Level.SHOULD
    basis = Basis.DERIVED
    section = "Template Partials"
    guide_lines = (1222, 1230)
    what = (
        'A reference of the form `"orders/list.html#row"`, in `{% include %}`, in `render()`, `get_template()` and '
        "their like, or as a view's `template_name`, where the template of that name defines no partial `row`."
    )
    why = (
        "Django looks for the partial in that very file, not in the templates that it extends or includes. Where it "
        "is missing, `TemplateDoesNotExist` is raised, and only when the fragment is asked for."
    )
    how = (
        "Correct the name, or define the partial in the file with `{% partialdef row %}`. A partial that the parent "
        "template defines is referred to by the parent's name."
    )
    applies_when = "something refers to a partial by `file#name`"
    absent = "nothing refers to a partial by `file#name`"
    needs = ("template", "python")
    examples = (
        Example(
            "misspelt in a template, in a view function and in a view class",
            {
                **_DJANGO,
                **_LIST,
                "shop/templates/page.html": (
                    '{% include "orders/list.html#row" %}\n{% include "orders/list.html#rows" %}{# <- #}\n'
                ),
                "shop/views.py": (
                    "from django.shortcuts import render\n"
                    "from django.views.generic import TemplateView\n\n\n"
                    "def rows(request):\n"
                    '    return render(request, "orders/list.html#rows")  # <-\n\n\n'
                    "class Row(TemplateView):\n"
                    '    template_name = "orders/list.html#line"  # <-\n'
                ),
            },
        ),
        Example(
            "defined by the file",
            {
                **_DJANGO,
                **_LIST,
                "shop/views.py": (
                    "from django.template.loader import render_to_string\n\n\n"
                    "def row(order):\n"
                    '    return render_to_string("orders/list.html#row", {"order": order})\n'
                ),
            },
            state="pass",
        ),
        Example(
            "a computed name, and a template of another package",
            {
                **_DJANGO,
                **_LIST,
                "shop/templates/page.html": (
                    '{% include "orders/list.html#row" %}\n{% include part %}\n{% include "vendor/card.html#body" %}\n'
                ),
                "shop/views.py": (
                    "from django.shortcuts import render\n\n\n"
                    "def part(request, name):\n"
                    '    return render(request, f"orders/list.html#{name}")\n'
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "a fragment of an address is no partial",
            {
                **_DJANGO,
                **_LIST,
                "shop/views.py": (
                    "from django.shortcuts import redirect, render\n\n\n"
                    "def home(request):\n"
                    '    render(request, "orders/list.html#row")\n'
                    '    return redirect("https://example.com/index.html#top")\n'
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "no reference to a partial",
            {**_DJANGO, **_LIST},
            state="not_applicable",
        ),
    )

    def not_applicable(self, project: Project) -> str | None:
        """Why the statement does not apply here, or None if it does."""
        return no_partials(project)

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each reference."""
        by_name: dict[str, list[Template]] = {}
        for reference in references(project):
            if not by_name:
                for template in project.templates:
                    by_name.setdefault(template.name, []).append(template)
            yield _verdict(reference, by_name.get(reference.template, []))


def _verdict(reference: Reference, templates: list[Template]) -> Verdict:
    subject, name = reference.place, reference.template
    if not templates:
        return subject.unknown(f"`{name}` is no template of the repository")
    if not reference.partial:
        return subject.unknown(f"which partial of `{name}` is meant is computed")
    if any(reference.partial in template.partials for template in templates):
        return subject.in_order()
    return subject.violation(
        f"`{name}` defines no partial `{reference.partial}`; correct the name, or define it there"
    )
