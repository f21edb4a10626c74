"""MOD-03."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Model, Project
from plumbline.project.models import Field
from plumbline.rule import Example, Level, Located, Rule, Verdict


class FieldAfterOtherMembers(Rule):
    """Finds fields declared below ``Meta``, ``__str__`` or a method."""

    code = "MOD03"
    slug = "field-after-other-members"
    title = "Fields stand before Meta and methods"
    level = Level.MUST
    section = "Models"
    guide_lines = (134, 172)
    what = (
        "A model with a field or relation below its `Meta`, its `__str__`, a property or a method. Each model "
        "is reported once, "
        "at the first such field. Constants, managers, trackers and nested choices may stand anywhere; so may "
        "fields under a "
        "condition, and a function that a field refers to may stand above it."
    )
    why = (
        "A model is first of all its columns. When they stand together at the top, a reader sees the whole "
        "table without "
        "scrolling past code, and nobody adds a column twice."
    )
    how = (
        "Move the field up to the other fields. Mind that the order of fields is the order of generated "
        "columns, forms and "
        "positional arguments; no migration is needed for existing tables."
    )
    applies_when = "the repository has models with fields beside a `Meta`, a `__str__` or methods"
    absent = "no model has both fields and other members"
    examples = (
        Example(
            "fields below Meta and below methods",
            {
                "shop/models.py": (
                    "from django.db import models\n\n"
                    "class Order(models.Model):\n"
                    "    number = models.IntegerField()\n\n"
                    '    class Meta:\n        ordering = ["number"]\n\n'
                    "    note = models.TextField()  # <-\n"
                    "    total = models.IntegerField()\n\n"
                    "class Customer(models.Model):\n"
                    "    @property\n    def title(self):\n        return self.name\n\n"
                    "    name = models.CharField(max_length=9)  # <-\n\n"
                    "class Product(models.Model):\n"
                    "    name = models.CharField(max_length=9)\n\n"
                    "    def __str__(self):\n        return self.name\n"
                )
            },
        ),
        Example(
            "a relation declared by inheritance and a custom field",
            {
                "core/fields.py": "from django.db import models\n\nclass MoneyField(models.DecimalField):\n    pass\n",
                "core/models.py": (
                    "from django.db import models\n\n"
                    "class Base(models.Model):\n    class Meta:\n        abstract = True\n"
                ),
                "shop/models.py": (
                    "from core.fields import MoneyField\nfrom core.models import Base\n\n"
                    "class Order(Base):\n"
                    "    def total(self):\n        return self.price\n\n"
                    "    price = MoneyField()  # <-\n"
                ),
            },
        ),
        Example(
            "the guide's order",
            {
                "shop/models.py": (
                    "from django.db import models\n\n"
                    "class Order(models.Model):\n"
                    "    number = models.IntegerField()\n"
                    '    user = models.ForeignKey("auth.User", models.CASCADE, related_name="orders")\n\n'
                    '    class Meta:\n        ordering = ["number"]\n\n'
                    "    def __str__(self):\n        return str(self.number)\n"
                )
            },
            state="pass",
        ),
        Example(
            "constants, nested choices, managers and trackers anywhere; a field under a condition",
            {
                "shop/models.py": (
                    "from model_utils import FieldTracker\n\n"
                    "from django.conf import settings\nfrom django.db import models\n\n"
                    "class Order(models.Model):\n"
                    "    class State(models.TextChoices):\n        OPEN = 'o'\n\n"
                    "    LIMIT = 5\n"
                    "    state = models.CharField(max_length=9, choices=State.choices)\n\n"
                    "    class Meta:\n        ordering = ['state']\n\n"
                    "    objects = models.Manager()\n"
                    "    tracker = FieldTracker()\n"
                    "    EDITABLE = ['state']\n\n"
                    "    def __str__(self):\n        return self.state\n\n"
                    "    if settings.USE_NOTES:\n        note = models.TextField()\n"
                )
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "a function that a field needs stands above it",
            {
                "shop/models.py": (
                    "from django.db import models\n\n"
                    "class Photo(models.Model):\n"
                    "    def path(instance, name):\n        return name\n\n"
                    "    image = models.ImageField(upload_to=path)\n\n"
                    "    class Meta:\n        verbose_name = 'photo'\n"
                )
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "a form is not a model",
            {
                "shop/forms.py": (
                    "from django import forms\n\n"
                    "class OrderForm(forms.Form):\n"
                    "    class Meta:\n        fields = []\n\n"
                    "    note = forms.CharField()\n"
                )
            },
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """Judge each model that has fields and something else to order them by."""
        for model in project.models:
            members = {id(member) for member in model.body}
            fields = [field for field in model.fields if id(field.member) in members]
            other = _first_other(model)
            if not fields or other is None:
                continue
            late = [field for field in fields if field.line > other.line]
            if late:
                yield model.cls.violation(_message(model, late, other), at=late[0])
            else:
                yield model.cls.in_order()


def _first_other(model: Model) -> Located | None:
    """Whichever of ``Meta``, ``__str__`` and the methods and properties stands first."""
    callables = {id(member) for member in model.callables}
    for member in model.body:
        is_meta = member.kind == "class" and member.name == "Meta"
        is_text = member.kind == "function" and member.name == "__str__"
        if is_meta or is_text or id(member) in callables:
            return model.cls.located(member)
    return None


def _message(model: Model, late: list[Field], other: Located) -> str:
    name = other.symbol.rpartition(".")[2]
    one = f"`{model.name}.{late[0].name}`"
    found = f"{one} and {len(late) - 1} more stand" if len(late) > 1 else f"{one} stands"
    return f"{found} below `{name}`; move fields to the top of the class"
