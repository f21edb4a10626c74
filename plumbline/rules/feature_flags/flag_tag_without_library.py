"""WAF-05."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.edits import Fix, ReplaceTag
from plumbline.project import Project
from plumbline.project.flags import KINDS
from plumbline.project.installed import engines
from plumbline.project.settings import UNKNOWN
from plumbline.project.templates import Template
from plumbline.rule import Basis, Example, Level, Verdict
from plumbline.rules.feature_flags.waffle_rule import WaffleRule

_BASE = {"requirements.txt": "django\ndjango-waffle\n"}
_LIBRARY = "waffle_tags"
_DJANGOS = frozenset("static i18n l10n tz cache humanize custom_tags".split())


class FlagTagWithoutLibrary(WaffleRule):
    """Finds templates that use waffle's tags without loading them."""

    code = "WAF05"
    slug = "flag-tag-without-library"
    title = "Templates load the tags of waffle that they use"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Feature Flags with django-waffle"
    guide_lines = (2382, 2397)
    needs = ("template",)
    what = "A template with `{% flag %}`, `{% switch %}` or `{% sample %}` that does not load `waffle_tags`."
    why = (
        "Django raises a TemplateSyntaxError when the template is compiled; a child does not inherit what its "
        "parent loads."
    )
    how = "Write `{% load waffle_tags %}` at the top of the template, below `{% extends %}`."
    applies_when = "django-waffle is installed and templates use its tags"
    absent = "no template uses a tag of waffle"
    errata = (
        "Where another library that is loaded may define a tag of the same name, or `builtins` holds waffle's, "
        "nothing is reported."
    )
    examples = (
        Example(
            "not loaded",
            {**_BASE, "shop/templates/a.html": '{% flag "x" %}new{% endflag %}{# <- #}\n'},
            fixed={
                "shop/templates/a.html": '{% load waffle_tags %}{% flag "x" %}new{% endflag %}\n'
            },
        ),
        Example(
            "loaded, all or by name",
            {
                **_BASE,
                "shop/templates/a.html": '{% load i18n waffle_tags %}{% flag "x" %}new{% endflag %}\n',
                "shop/templates/b.html": '{% load switch from waffle_tags %}{% switch "x" %}new{% endswitch %}\n',
            },
            state="pass",
        ),
        Example(
            "builtins",
            {
                **_BASE,
                "manage.py": "import django\n",
                "config/settings.py": (
                    'INSTALLED_APPS = ["waffle"]\nTEMPLATES = [{"BACKEND": '
                    '"django.template.backends.django.DjangoTemplates", "OPTIONS": {"builtins": '
                    '["waffle.templatetags.waffle_tags"]}}]\n'
                ),
                "shop/templates/a.html": '{% flag "x" %}new{% endflag %}\n',
            },
            state="pass",
            is_trap=True,
        ),
        Example("no waffle", {"requirements.txt": "django\n"}, state="not_applicable"),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each template that uses a tag of waffle."""
        is_builtin = _is_builtin(project)
        for template in project.templates:
            tag = next((tag for tag in template.outline.tags if tag.name in KINDS), None)
            if tag is None:
                continue
            place = template.located(tag)
            loaded = _loaded(template)
            if is_builtin or _LIBRARY in loaded:
                yield place.in_order()
            elif loaded - _DJANGOS:
                yield place.unknown(f"`{min(loaded - _DJANGOS)}` may define `{tag.name}`")
            else:
                old = f"{{% {tag.name} {tag.rest} %}}" if tag.rest else f"{{% {tag.name} %}}"
                new = f"{{% load {_LIBRARY} %}}{old}"
                yield place.violation(
                    f"`{tag.name}` is not loaded; write `{{% load {_LIBRARY} %}}` above",
                    fix=Fix([ReplaceTag(template.path, tag.line, tag.name, tag.rest, new)]),
                )


def _loaded(template: Template) -> set[str]:
    """The libraries that a template loads, whole or in part."""
    return {
        word
        for tag in template.tags_named("load")
        for word in (tag.rest.split()[-1:] if " from " in f" {tag.rest} " else tag.rest.split())
    }


def _is_builtin(project: Project) -> bool:
    """Whether the engine knows waffle's tags in every template, or may."""
    for module in project.settings.deployed:
        for engine in engines(module):
            options = engine.get("OPTIONS")
            builtins = options.get("builtins", []) if isinstance(options, dict) else options
            if builtins is UNKNOWN or (
                isinstance(builtins, list)
                and any(item is UNKNOWN or "waffle" in str(item) for item in builtins)
            ):
                return True
    return False
