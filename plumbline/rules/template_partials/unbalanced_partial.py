"""TPL-03."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.outline import Tag
from plumbline.project import Project
from plumbline.project.partials import no_partials
from plumbline.project.templates import Template
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_DJANGO = {"requirements.txt": "django>=6.0\n"}


class UnbalancedPartial(Rule):
    """Finds partials that are defined twice or never closed."""

    code = "TPL03"
    slug = "unbalanced-partial"
    title = "Each partial of a template is defined once and closed"
    level = Level.SHOULD
    basis = Basis.DERIVED
    section = "Template Partials"
    guide_lines = (1207, 1220)
    what = (
        "A `{% partialdef %}` without a name, with a name that the same file has used for another partial, or "
        "without its `{% endpartialdef %}`; an end tag that names another partial or closes none."
    )
    why = (
        "Django refuses to load such a template: every page that uses any part of it answers with a "
        "`TemplateSyntaxError`."
    )
    how = (
        "Give each partial of a file its own name and close it. An end tag may repeat the name, which keeps long "
        "partials readable; it must then be the same one."
    )
    applies_when = "a template defines a partial"
    absent = "no template defines a partial"
    needs = ("template",)
    examples = (
        Example(
            "one name twice, one partial open, one closed under another name",
            {
                **_DJANGO,
                "templates/a.html": (
                    "{% partialdef row %}x{% endpartialdef %}\n"
                    "{% partialdef row %}y{% endpartialdef %}{# <- #}\n"
                ),
                "templates/b.html": "<p>\n{% partialdef row %}x{# <- #}\n</p>\n",
                "templates/c.html": "{% partialdef row %}\nx\n{% endpartialdef card %}{# <- #}\n",
                "templates/d.html": "{% partialdef row %}x{% endpartialdef %}\n{% endpartialdef %}{# <- #}\n",
                "templates/e.html": "{% partialdef %}x{% endpartialdef %}{# <- #}\n",
            },
        ),
        Example(
            "several partials, one inside another, with and without the name at the end",
            {
                **_DJANGO,
                "templates/a.html": (
                    "{% partialdef list inline %}\n"
                    "{% partialdef row %}x{% endpartialdef %}\n"
                    "{% endpartialdef list %}\n"
                    "{% partialdef card inline %}y{% endpartialdef card %}\n"
                ),
                "templates/b.html": "{% partialdef row %}z{% endpartialdef row %}\n",
            },
            state="pass",
        ),
        Example(
            "what a verbatim block or a comment holds defines nothing",
            {
                **_DJANGO,
                "templates/a.html": (
                    "{% verbatim %}{% partialdef row %}{% endverbatim %}\n"
                    "{# {% partialdef row %} #}\n"
                    "{% partialdef row %}x{% endpartialdef %}\n"
                ),
            },
            state="pass",
        ),
        Example(
            "tags of that name from another library, on an older Django",
            {"requirements.txt": "django>=5.2,<6\n", "templates/a.html": "{% partialdef row %}\n"},
            state="not_applicable",
        ),
        Example(
            "no partials",
            {**_DJANGO, "templates/a.html": "<p>{{ x }}</p>\n"},
            state="not_applicable",
        ),
    )

    def not_applicable(self, project: Project) -> str | None:
        """Why the statement does not apply here, or None if it does."""
        return no_partials(project)

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each partial that is defined, and for each end tag that closes none."""
        for template in project.templates:
            if template.partials or template.tags_named("partialdef"):
                yield from _verdicts(template)


def _verdicts(template: Template) -> Iterator[Verdict]:
    seen: set[str] = set()
    waiting: list[tuple[Tag, str]] = []
    for tag in template.outline.tags:
        words = tag.rest.split()
        if tag.name == "partialdef":
            name = words[0] if words else ""
            waiting.append((tag, _wrong_start(name, seen)))
            seen.add(name)
        elif tag.name == "endpartialdef":
            if not waiting:
                yield template.located(tag).violation(
                    "`{% endpartialdef %}` closes no partial; remove it, or define the partial above"
                )
                continue
            start, wrong = waiting.pop()
            subject = template.located(start)
            opened = start.rest.split()[:1]
            if wrong:
                yield subject.violation(wrong)
            elif words and words != opened:
                yield subject.violation(
                    f"`{{% endpartialdef {tag.rest} %}}` stands where `{opened[0]}` is open; name the same partial",
                    at=template.located(tag),
                )
            else:
                yield subject.in_order()
    for start, wrong in waiting:
        yield template.located(start).violation(
            wrong
            or f"the partial `{start.rest.split()[0]}` is never closed; add `{{% endpartialdef %}}`"
        )


def _wrong_start(name: str, seen: set[str]) -> str:
    """What is wrong with a definition by itself; empty if nothing."""
    if not name:
        return "`{% partialdef %}` names no partial; give it a name"
    if name in seen:
        return f"the partial `{name}` is defined above already; give this one another name"
    return ""
