"""RUF-07."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.project.models import Field
from plumbline.rule import Basis, Effort, Example, Level, Rule, Verdict

_FILES = frozenset(("django.db.models.FileField", "django.db.models.ImageField"))


class NullableTextColumn(Rule):
    """Finds text columns with ``null=True``."""

    code = "RUF07"
    slug = "nullable-text-column"
    title = "Text columns are not nullable"
    level = Level.SHOULD
    basis = Basis.DERIVED
    section = "Ruff Configuration"
    guide_lines = (71, 91)
    effort = Effort.HOUR
    what = (
        "A `CharField`, `TextField` or other text field, one by inheritance too, with `null=True`. A field that "
        "is unique (alone "
        "or in a constraint) and `blank=True`, or not editable, needs `null` to let several rows leave it out, and is "
        "in order."
    )
    why = (
        "Django writes a missing text as an empty string. With `null=True` there are two values for nothing, "
        "and every filter, "
        "template and comparison has to think of both: `name=''` no longer finds the rows without a name."
    )
    how = (
        'Fill the nulls with `""` in a data migration, then replace `null=True` by `blank=True, default=""` and '
        "let a second "
        "migration make the column `NOT NULL`."
    )
    applies_when = "the repository has models with text columns"
    absent = "no model has a text column"
    errata = (
        "The guide only names this as something that Ruff catches (DJ001). Unlike Ruff, Plumbline follows "
        "inheritance of models "
        "and fields across files, and accepts nulls under a `UniqueConstraint`."
    )
    examples = (
        Example(
            "nullable text, directly and through a field of one's own",
            {
                "core/fields.py": "from django.db import models\n\nclass PhoneField(models.CharField):\n    pass\n",
                "core/models.py": (
                    "from django.db import models as db\n\n"
                    "class Base(db.Model):\n    class Meta:\n        abstract = True\n"
                ),
                "shop/models.py": (
                    "from django.db import models\n\nfrom core.fields import PhoneField\n"
                    "from core.models import Base\n\n"
                    "class Order(Base):\n"
                    "    note = models.TextField(null=True, blank=True)  # <-\n"
                    "    phone = PhoneField(max_length=20, null=True)  # <-\n"
                    "    code = models.SlugField(unique=True, null=True)  # <-\n"
                    "    name = models.CharField(max_length=20, blank=True)\n"
                ),
            },
        ),
        Example(
            "a base class of a package that is a model by its place and name",
            {
                "shop/models.py": (
                    "from django.db import models\nfrom django_softdelete.models import SoftDeleteModel\n\n"
                    "class Order(SoftDeleteModel):\n"
                    "    note = models.TextField(null=True, blank=True)  # <-\n"
                ),
            },
        ),
        Example(
            "text that is never null",
            {
                "shop/models.py": (
                    "from django.db import models\n\n"
                    "class Order(models.Model):\n"
                    '    note = models.TextField(blank=True, default="")\n'
                    "    code = models.CharField(max_length=9, null=False)\n"
                )
            },
            state="pass",
        ),
        Example(
            "unique texts that may be left out",
            {
                "shop/models.py": (
                    "from django.db import models\nfrom django.db.models.functions import Lower\n\n"
                    "class Order(models.Model):\n"
                    "    code = models.CharField(max_length=9, unique=True, null=True, blank=True)\n"
                    "    hash = models.CharField(max_length=9, unique=True, null=True, editable=False)\n"
                    "    slug = models.SlugField(null=True, blank=True)\n"
                    "    mark = models.SlugField(null=True, blank=True)\n"
                    "    name = models.CharField(max_length=9, null=True, blank=True)\n\n"
                    "    class Meta:\n"
                    "        constraints = [\n"
                    '            models.UniqueConstraint(fields=["shop", "slug"], name="one"),\n'
                    '            models.UniqueConstraint(Lower("name"), "shop", name="two"),\n'
                    "        ]\n"
                    '        unique_together = [("shop", "mark")]\n'
                )
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "columns that are not text: JSON, dates, files, foreign keys",
            {
                "shop/fields.py": "from django.db import models\n\nclass TagsField(models.JSONField):\n    pass\n",
                "shop/models.py": (
                    "from django.db import models\n\nfrom .fields import TagsField\n\n"
                    "class Order(models.Model):\n"
                    "    extra = models.JSONField(null=True)\n"
                    "    tags = TagsField(null=True)\n"
                    "    paid_at = models.DateTimeField(null=True)\n"
                    "    picture = models.ImageField(null=True)\n"
                    '    user = models.ForeignKey("auth.User", models.SET_NULL, null=True, related_name="orders")\n'
                ),
            },
            state="not_applicable",
            is_trap=True,
        ),
        Example(
            "Oracle keeps an empty string as null",
            {
                "config/settings.py": (
                    'INSTALLED_APPS = ["shop"]\nROOT_URLCONF = "config.urls"\n'
                    'DATABASES = {"default": {"ENGINE": "django.db.backends.oracle", "NAME": "shop"}}\n'
                ),
                "shop/models.py": (
                    "from django.db import models\n\n"
                    "class Order(models.Model):\n    note = models.TextField(null=True)\n"
                ),
            },
            state="not_applicable",
            is_trap=True,
        ),
        Example(
            "a form field",
            {
                "shop/forms.py": (
                    "from django import forms\n\n"
                    "class OrderForm(forms.Form):\n    note = forms.CharField(null=True)\n"
                )
            },
            state="not_applicable",
        ),
    )

    def not_applicable(self, project: Project) -> str | None:
        """Oracle cannot tell an empty string from null."""
        for module in project.settings.modules:
            databases = module.get("DATABASES")
            if databases is None or not isinstance(databases.value, dict):
                continue
            for options in databases.value.values():
                engine = options.get("ENGINE") if isinstance(options, dict) else None
                if isinstance(engine, str) and "oracle" in engine:
                    return f"{module.name} uses Oracle, which stores empty strings as null"
        return None

    def check(self, project: Project) -> Iterator[Verdict]:
        """Judge each text column."""
        for model in project.models:
            for field in model.fields:
                if field.is_text and field.kind not in _FILES:
                    yield _judged(field)


def _judged(field: Field) -> Verdict:
    null = field.keyword("null")
    name = f"{field.model.name}.{field.name}"
    if not field.has_keyword("null") or null is False or null is None:
        return field.in_order()
    if null is not True:
        return field.unknown(f"whether `{name}` may be null is computed")
    is_unique = field.keyword("unique") is True or field.name in field.model.unique_together
    # A form leaves out what is not editable, so that `blank` says nothing of it.
    may_be_missing = field.keyword("blank") is True or field.keyword("editable") is False
    if is_unique and may_be_missing:
        return field.in_order()
    return field.violation(f"`{name}` is text and nullable; {_remedy(field, is_unique)}")


def _remedy(field: Field, is_unique: bool) -> str:
    if is_unique:
        return "drop `null=True`, or add `blank=True` if several rows may leave it out"
    wanted = [] if field.keyword("blank") is True else ["blank=True"]
    if not field.has_keyword("default") and not field.has_keyword("db_default"):
        wanted.append('default=""')
    return f"use `{', '.join(wanted)}` in place of `null=True`" if wanted else "drop `null=True`"
