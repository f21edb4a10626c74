"""TPL-01."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline import outline as o
from plumbline.project import Project
from plumbline.project.partials import no_partials
from plumbline.project.templates import Template
from plumbline.rule import Example, Level, Rule, Verdict

_DJANGO = {"requirements.txt": "django>=6.0\n"}
_LIMIT = 15
_LOADERS = ("render", "render_to_string", "get_template", "select_template", "TemplateResponse")

_OVERRIDES = ("django/", "admin/", "registration/", "account/", "allauth/", "rest_framework/")
"""Folders in which templates stand to replace those of a package."""


class FragmentInOwnFile(Rule):
    """Points at small templates that one other template alone includes."""

    code = "TPL01"
    slug = "fragment-in-own-file"
    title = "Reusable fragments are template partials"
    level = Level.SHOULD
    section = "Template Partials"
    guide_lines = (1203, 1230)
    preview = True
    what = (
        f"A template of at most {_LIMIT} lines that is included, but by one other template alone, and that no code "
        "renders. Partials that are defined count as in order."
    )
    why = (
        "A fragment that belongs to one page reads best in that page's file. As a file of its own it must be found, "
        "named and kept in step with its only user."
    )
    how = (
        "Move the fragment into the template that includes it, between `{% partialdef name %}` and "
        "`{% endpartialdef %}`, and render it by `{% partial name %}`. Leave it where it is if others will soon need "
        "it: this is advice."
    )
    applies_when = "Django is 6.0 or newer, and templates define partials or include small ones"
    absent = "no template defines a partial or includes a small one"
    errata = "Only a person can say whether two fragments are the same; this looks at size and users alone."
    needs = ("template",)
    examples = (
        Example(
            "a small file for one page",
            {
                **_DJANGO,
                "shop/templates/orders/list.html": '<ul>\n{% include "orders/row.html" %}\n</ul>\n',
                "shop/templates/orders/row.html": "<li>{{ order }}</li>{# <- #}\n",
            },
        ),
        Example(
            "a partial, and a fragment that two pages share",
            {
                **_DJANGO,
                "shop/templates/orders/list.html": (
                    "{% partialdef row %}<li>{{ order }}</li>{% endpartialdef %}\n{% partial row %}\n"
                    '{% include "card.html" %}\n'
                ),
                "shop/templates/orders/page.html": '{% include "card.html" %}\n',
                "shop/templates/card.html": "<b>{{ order }}</b>\n",
            },
            state="pass",
        ),
        Example(
            "a fragment that code renders too, and a large one",
            {
                **_DJANGO,
                "shop/templates/orders/list.html": (
                    "{% partialdef row %}<li>{{ order }}</li>{% endpartialdef %}\n"
                    '{% include "orders/live.html" %}\n{% include "orders/long.html" %}\n'
                ),
                "shop/templates/orders/live.html": "<li>{{ order }}</li>\n",
                "shop/templates/orders/long.html": "<p>\n" * 20,
                "shop/views.py": (
                    "from django.shortcuts import render\n\n\n"
                    "def live(request):\n"
                    '    return render(request, "orders/live.html")\n'
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "neither partials nor includes",
            {**_DJANGO, "shop/templates/a.html": "<p>{{ x }}</p>\n"},
            state="not_applicable",
        ),
        Example(
            "an older Django has no partials",
            {
                "requirements.txt": "django>=5.2,<6\n",
                "shop/templates/a.html": '{% include "b.html" %}\n',
                "shop/templates/b.html": "<p>{{ x }}</p>\n",
            },
            state="not_applicable",
        ),
    )

    def not_applicable(self, project: Project) -> str | None:
        """Why the statement does not apply here, or None if it does."""
        return no_partials(project)

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each partial, and for each small template that only one other includes."""
        by_name: dict[str, Template] = {}
        users: dict[str, set[str]] = {}
        for template in project.templates:
            by_name.setdefault(template.name, template)
            for tag in template.outline.tags:
                if tag.name == "partialdef":
                    yield template.located(tag).in_order()
                elif tag.name in ("include", "extends"):
                    name = tag.rest.partition(" ")[0].strip("\"'").partition("#")[0]
                    place = template.path if tag.name == "include" else f"{template.path} extends"
                    users.setdefault(name, set()).add(place)
        rendered = _rendered(project) if users else set()
        for name, paths in users.items():
            fragment = by_name.get(name)
            user = next(iter(paths))
            if (
                len(paths) == 1
                and fragment is not None
                and not user.endswith(" extends")
                and user != fragment.path
                and fragment.outline.lines <= _LIMIT
                and not fragment.partials
                and name not in rendered
                and not name.startswith(_OVERRIDES)
            ):
                subject = project.located_at(fragment.path, name, name)
                yield subject.violation(
                    f"only `{user.rpartition('templates/')[2]}` includes `{name}`; make it a partial of that file"
                )


def _rendered(project: Project) -> set[str]:
    """Names of templates that code gives to what loads templates."""
    found: set[str] = set()
    for call in project.calls.named(*_LOADERS):
        values = [*call.outline.args, *(value for _, value in call.outline.keywords)]
        for value in values:
            items = value.items if isinstance(value, o.Many) else [value]
            found.update(item for item in items if isinstance(item, str))
    for cls in project.classes:
        for member in cls.members:
            if "template" in member.name and isinstance(member.value, str):
                found.add(member.value)
    return found
