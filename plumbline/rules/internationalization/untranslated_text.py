"""I18-01."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline import outline as o
from plumbline.edits import Fix, SetKeyword
from plumbline.project import Module, Project
from plumbline.project.models import Field
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_DJANGO = {"requirements.txt": "django\n"}
_TEXTS = ("verbose_name", "help_text")
_GETTEXT = "django.utils.translation."
_LAZY = (
    "gettext_lazy",
    "pgettext_lazy",
    "ngettext_lazy",
    "ugettext_lazy",
    "format_lazy",
    "lazystr",
)
_HEAD = "from django.db import models\nfrom django.utils.translation import gettext_lazy as _\n\n\n"


class UntranslatedText(Rule):
    """Finds labels of model fields that are not translated where others are."""

    code = "I1801"
    slug = "untranslated-text"
    title = "Labels of fields are translated lazily"
    level = Level.MAY
    basis = Basis.EXAMPLE
    preview = True
    section = "Internationalization Testing"
    guide_lines = (2241, 2262)
    what = (
        "A plain string as `verbose_name` or `help_text` of a model field, or one translated with `gettext` when "
        "the class is made, in a repository that translates the labels of other fields."
    )
    why = (
        "Half-translated forms look broken. What is translated when a module is imported keeps the language of the "
        "server's start."
    )
    how = "Wrap the text in `gettext_lazy`, by convention `_`, and run `makemessages`."
    applies_when = "the repository translates labels of model fields"
    absent = "no model field has a label"
    errata = (
        "Whether a language is missing cannot be told without the catalogues, which are not read."
    )
    examples = (
        Example(
            "one label forgotten, one too early",
            {
                **_DJANGO,
                "shop/models.py": (
                    "from django.db import models\nfrom django.utils.translation import gettext\n"
                    "from django.utils.translation import gettext_lazy as _\n\n\n"
                    "class Order(models.Model):\n"
                    '    name = models.CharField(verbose_name=_("name"), max_length=9)\n'
                    '    note = models.TextField(verbose_name="note")  # <-\n'
                    '    mark = models.TextField(help_text=gettext("mark"))  # <-\n'
                ),
            },
            fixed={
                "shop/models.py": (
                    "from django.db import models\nfrom django.utils.translation import gettext\n"
                    "from django.utils.translation import gettext_lazy as _\n\n\n"
                    "class Order(models.Model):\n"
                    '    name = models.CharField(verbose_name=_("name"), max_length=9)\n'
                    '    note = models.TextField(verbose_name=_("note"))\n'
                    '    mark = models.TextField(help_text=gettext("mark"))\n'
                )
            },
        ),
        Example(
            "all are translated",
            {
                **_DJANGO,
                "shop/models.py": _HEAD
                + 'class Order(models.Model):\n    name = models.CharField(verbose_name=_("name"), max_length=9)\n',
            },
            state="pass",
        ),
        Example(
            "a project in one language",
            {
                **_DJANGO,
                "shop/models.py": (
                    "from django.db import models\n\n\n"
                    'class Order(models.Model):\n    note = models.TextField(verbose_name="note")\n'
                ),
            },
            state="not_applicable",
            is_trap=True,
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each label of a model field, if any is translated."""
        labels = [
            (field, name, value)
            for model in project.models
            for field in model.fields
            for name, value in field.value.keywords
            if name in _TEXTS and value not in ("", None)
        ]
        if not any(_is_translated(project, field, value) for field, _, value in labels):
            return
        for field, name, value in labels:
            label = f"`{field.model.name}.{field.name}`"
            if isinstance(value, str):
                yield field.violation(
                    f"the `{name}` of {label} is not translated; wrap it in `gettext_lazy`",
                    fix=_fix(project, field, name, value),
                )
            elif _is_early(project, field, value):
                yield field.violation(
                    f"the `{name}` of {label} is translated when the module is imported; use `gettext_lazy`"
                )
            else:
                yield field.in_order()


def _function(project: Project, field: Field, value: o.Value) -> str:
    """The function of Django that translates a value; empty if there is none."""
    if not isinstance(value, o.Invocation):
        return ""
    found = field.model.cls.resolve(value.name)
    return found.removeprefix(_GETTEXT) if found.startswith(_GETTEXT) else ""


def _is_translated(project: Project, field: Field, value: o.Value) -> bool:
    return _function(project, field, value) in _LAZY


def _is_early(project: Project, field: Field, value: o.Value) -> bool:
    return _function(project, field, value) in ("gettext", "ugettext", "pgettext", "ngettext")


def _fix(project: Project, field: Field, name: str, value: str) -> Fix | None:
    """Where the module knows a lazy function by a name, and the text is plain. Unsafe: it makes a new message."""
    module: Module = field.model.cls.module
    lazy = next(
        (alias for alias, target in module.imported.items() if target == f"{_GETTEXT}gettext_lazy"),
        None,
    )
    if lazy is None or not value.isprintable() or '"' in value or "\\" in value or len(value) > 200:
        return None
    edit = SetKeyword(
        field.path, field.value.line, _column(field), field.value.name, name, f'{lazy}("{value}")'
    )
    return Fix([edit], is_safe=False) if edit.column >= 0 else None


def _column(field: Field) -> int:
    """The column of the call that makes the field; -1 if it is not among the calls of its module."""
    for call in field.model.cls.module.calls:
        if call.line == field.value.line and call.name == field.value.name:
            return call.column
    return -1
