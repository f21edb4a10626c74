"""TPL-02."""

from __future__ import annotations

import re
from collections.abc import Iterator

from plumbline.edits import Fix, ReplaceTag
from plumbline.outline import Tag
from plumbline.project import Project
from plumbline.project.partials import no_partials
from plumbline.project.templates import Template
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_DJANGO = {"requirements.txt": "django>=6.0\n"}
_FOREIGN = re.compile(r"""(["'])[^"'#]+#\w+\1""")


class UndefinedPartial(Rule):
    """Finds uses of template partials that raise when the template is rendered."""

    code = "TPL02"
    slug = "undefined-partial"
    title = "`{% partial %}` names one partial of its own template"
    level = Level.SHOULD
    basis = Basis.DERIVED
    section = "Template Partials"
    guide_lines = (1205, 1227)
    what = (
        "A `{% partial %}` tag with anything but one argument, or with a name that no `{% partialdef %}` of the same "
        "file defines. In a "
        "template that extends another the name may come from elsewhere, so only the number of arguments is judged."
    )
    why = (
        "The tag renders a partial of the template in which it stands. More arguments are a syntax error as soon as "
        "the template is "
        "loaded; an unknown name is one when it is rendered."
    )
    how = (
        'Use `{% include "components/card.html#card" with title=order.name %}` for a partial of another file or to '
        "pass values; keep "
        "`{% partial card %}` for one that the same file defines."
    )
    applies_when = "Django is 6.0 or newer, or django-template-partials is installed, and templates use partials"
    absent = "no template uses a partial"
    errata = (
        "The guide's sample calls `{% partial %}` with another template's partial and `with`: Django 6.1 refuses to "
        "load it. The "
        "form that works is `include` with `#name`."
    )
    needs = ("template",)
    examples = (
        Example(
            "a partial of another file, a wrong name, no name",
            {
                **_DJANGO,
                "templates/components/card.html": "{% partialdef card %}x{% endpartialdef %}\n",
                "templates/orders/list.html": (
                    "{% partialdef row %}<li>{{ order }}</li>{% endpartialdef %}\n"
                    '{% partial "components/card.html#card" with title=order.name %}{# <- #}\n'
                    '{% partial "components/card.html#card" %}{# <- #}\n'
                    "{% partial rows %}{# <- #}\n"
                    "{% partial %}{# <- #}\n"
                    "{% partial row %}\n"
                ),
            },
            fixed={
                "templates/orders/list.html": (
                    "{% partialdef row %}<li>{{ order }}</li>{% endpartialdef %}\n"
                    '{% include "components/card.html#card" with title=order.name %}\n'
                    '{% include "components/card.html#card" %}\n{% partial rows %}\n{% partial %}\n'
                    "{% partial row %}\n"
                )
            },
        ),
        Example(
            "defined before or after, inline or not",
            {
                **_DJANGO,
                "templates/orders/list.html": (
                    "{% partial head %}{% partialdef head %}x{% endpartialdef %}\n"
                    "{% partialdef row inline %}y{% endpartialdef row %}{% partial row %}\n"
                    '{% include "components/card.html#card" with title=order.name %}\n'
                ),
            },
            state="pass",
        ),
        Example(
            "the name may come from a template up or down the chain",
            {
                **_DJANGO,
                "templates/base.html": "{% partialdef menu %}x{% endpartialdef %}{% partial menu %}\n",
                "templates/page.html": '{% extends "base.html" %}\n{% block body %}{% partial menu %}{% endblock %}\n',
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "a tag of that name from another library, on an older Django",
            {
                "requirements.txt": "django>=5.2,<6\n",
                "templates/page.html": '{% load blocks %}{% partial "card.html" title=x %}\n',
            },
            state="not_applicable",
        ),
        Example(
            "no partials",
            {**_DJANGO, "templates/page.html": "<p>{{ x }}</p>\n"},
            state="not_applicable",
        ),
    )

    def not_applicable(self, project: Project) -> str | None:
        """Why the statement does not apply here, or None if it does."""
        return no_partials(project)

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each subject."""
        for template in project.templates:
            for tag in template.tags_named("partial"):
                subject = template.located(tag)
                words = tag.rest.split()
                if len(words) != 1:
                    yield subject.violation(
                        f"`{{% partial {tag.rest} %}}` takes exactly one name; use `include` with `#name` to pass "
                        f"values"
                        if words
                        else "`{% partial %}` names no partial; name one that this template defines",
                        fix=_fix(template, tag),
                    )
                elif words[0] in template.partials:
                    yield subject.in_order()
                elif template.has_parent:
                    yield subject.unknown(f"a parent of `{template.name}` may define `{words[0]}`")
                else:
                    yield subject.violation(
                        f"`{words[0]}` is no partial of this template; define it by `partialdef`, or use "
                        "`include` with `#name` for one of another file",
                        fix=_fix(template, tag),
                    )


def _fix(template: Template, tag: Tag) -> Fix | None:
    """Include the partial, of another file or with values; what is passed must follow ``with``."""
    name, *rest = tag.rest.split(None, 1) or [""]
    if rest and not rest[0].startswith("with "):
        return None
    if name in template.partials:
        name = f'"{template.name}#{name}"'
    elif not _FOREIGN.fullmatch(name):
        return None
    new = " ".join(["{% include", name, *rest, "%}"])
    return Fix([ReplaceTag(template.path, tag.line, tag.name, tag.rest, new)])
