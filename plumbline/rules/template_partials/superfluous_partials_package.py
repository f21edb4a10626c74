"""TPL-05."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.edits import Fix, RemoveItem, ReplaceTag
from plumbline.outline import Tag
from plumbline.project import Project
from plumbline.project.partials import BUILT_IN, PACKAGE
from plumbline.project.templates import Template
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_DJANGO = {"requirements.txt": "django>=6.0\ndjango-template-partials>=25.1\n"}
_PARTIAL = "{% partialdef row %}x{% endpartialdef %}{% partial row %}\n"
_SETTINGS = "config/settings.py"


class SuperfluousPartialsPackage(Rule):
    """Finds the package for template partials where Django has them itself."""

    code = "TPL05"
    slug = "superfluous-partials-package"
    title = "On Django 6 or newer, partials need no package and no `{% load partials %}`"
    level = Level.SHOULD
    basis = Basis.DERIVED
    section = "Template Partials"
    guide_lines = (1203, 1205)
    what = (
        "`template_partials` in `INSTALLED_APPS`, or `{% load partials %}` in a template, although the lowest Django "
        "that the project may run on is 6.0."
    )
    why = (
        "Django 6.0 took the package in: the tags are built in and the loaders know `file#name`. The package then only "
        "wraps the template loaders a second time and waits to fall behind."
    )
    how = (
        "Take `template_partials` out of `INSTALLED_APPS`, `{% load partials %}` out of the templates and "
        "`django-template-partials` out of the dependencies. Write `inline` where `inline=True` stands."
    )
    applies_when = "Django is 6.0 or newer, and templates use partials"
    absent = "no template uses a partial"
    needs = ("python", "template", "requirements", "toml")
    examples = (
        Example(
            "the app, and a tag that loads its library",
            {
                **_DJANGO,
                "manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")\n',
                _SETTINGS: (
                    'ROOT_URLCONF = "config.urls"\n'
                    "INSTALLED_APPS = [  # <-\n"
                    '    "django.contrib.admin",\n'
                    '    "template_partials",\n'
                    "]\n"
                ),
                "shop/templates/a.html": "{% load i18n partials %}{# <- #}\n" + _PARTIAL,
                "shop/templates/b.html": "{% load partials %}{# <- #}\n" + _PARTIAL,
            },
            fixed={
                _SETTINGS: (
                    'ROOT_URLCONF = "config.urls"\n'
                    "INSTALLED_APPS = [  # <-\n"
                    '    "django.contrib.admin",\n'
                    "]\n"
                ).replace("  # <-", ""),
                "shop/templates/a.html": "{% load i18n %}\n" + _PARTIAL,
                "shop/templates/b.html": _PARTIAL,
            },
        ),
        Example(
            "what the package alone understands is left to a person",
            {
                **_DJANGO,
                "shop/templates/a.html": (
                    "{% load partials %}{# <- #}\n{% partialdef row inline=True %}x{% endpartialdef %}\n"
                ),
            },
        ),
        Example(
            "Django's own partials",
            {"requirements.txt": "django>=6.0\n", "shop/templates/a.html": _PARTIAL},
            state="pass",
        ),
        Example(
            "a library of one's own of that name",
            {
                "requirements.txt": "django>=6.0\n",
                "shop/templatetags/partials.py": "from django import template\n\nregister = template.Library()\n",
                "shop/templates/a.html": "{% load partials %}\n" + _PARTIAL,
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "Django 5 still needs the package",
            {
                "requirements.txt": "django>=5.2\ndjango-template-partials\n",
                "shop/templates/a.html": "{% load partials %}\n" + _PARTIAL,
            },
            state="not_applicable",
            is_trap=True,
        ),
        Example(
            "no partials",
            {"requirements.txt": "django>=6.0\n", "shop/templates/a.html": "<p>{{ x }}</p>\n"},
            state="not_applicable",
        ),
    )

    def not_applicable(self, project: Project) -> str | None:
        """Why the statement does not apply here, or None if it does."""
        version = project.dependencies.minimum("django")
        if version is None:
            return "which Django is the lowest that may run is not stated"
        if version < BUILT_IN:
            return f"Django {version} has no template partials of its own"
        return None

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each place that uses the package, or one for the repository that does not."""
        found = [*_apps(project), *_loads(project)] if project.uses(*PACKAGE) else []
        yield from found
        if not found and any(template.partials for template in project.templates):
            yield project.repository("template partials").in_order()


def _apps(project: Project) -> Iterator[Verdict]:
    seen: set[tuple[str, int]] = set()
    for module in project.settings.modules:
        setting = module.get("INSTALLED_APPS")
        if setting is None or (setting.path, setting.line) in seen:
            continue
        seen.add((setting.path, setting.line))
        for app in setting.items:
            if isinstance(app, str) and app.partition(".")[0] == PACKAGE[0]:
                edit = RemoveItem(setting.path, setting.line, app)
                yield setting.violation(
                    f"`{app}` is installed, but Django has template partials itself; remove it",
                    fix=Fix([edit], is_safe=False),
                )


def _loads(project: Project) -> Iterator[Verdict]:
    if any(module.name.endswith("templatetags.partials") for module in project.names):
        return
    for template in project.templates:
        for tag in template.tags_named("load"):
            words = tag.rest.split()
            library = words[-1] if "from" in words else "partials"
            if library == "partials" and "partials" in words:
                yield template.located(tag).violation(
                    "`{% load partials %}` is needed no more; Django's tags are built in",
                    fix=_unloaded(template, tag),
                )


def _unloaded(template: Template, tag: Tag) -> Fix | None:
    """The tag without the library, where the template uses nothing that only the package understands."""
    words = tag.rest.split()
    foreign = ("startpartial", "endpartial")
    if any(
        part.name in foreign or (part.name == "partialdef" and "=" in part.rest)
        for part in template.outline.tags
    ):
        return None
    rest = [] if "from" in words else [word for word in words if word != "partials"]
    new = f"{{% load {' '.join(rest)} %}}" if rest else ""
    return Fix([ReplaceTag(template.path, tag.line, tag.name, tag.rest, new)])
