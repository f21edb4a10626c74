"""MOD-02."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.rule import Effort, Example, Level, Rule, Verdict
from plumbline.words import is_counted_plural, last_word

_HOLDERS = frozenset(
    ("options", "preferences", "credentials", "details", "statistics", "permissions")
)
"""Plurals of which one row is one set: `UserPreferences`."""


class PluralModelName(Rule):
    """Finds models that are named for several things."""

    code = "MOD02"
    slug = "plural-model-name"
    title = "Model names are singular"
    level = Level.MUST
    section = "Models"
    guide_lines = (119, 130)
    effort = Effort.HOUR
    what = (
        "A model whose name ends in a plural noun, such as `OrderItems`. Words that only look plural (`Status`, "
        "`Address`, `News`) or are not counted (`Settings`, `Metadata`) are singular, and so are words for one set of "
        "things that a row holds (`Preferences`, `Options`). Models without a table of their own are left out."
    )
    why = (
        "An instance is one row, and its class is the name that code reads for it: `item = OrderItems()` says the "
        "wrong thing at every use. Django builds the plural by itself, for the admin and for reverse names."
    )
    how = (
        "Rename the class to the singular. `makemigrations` asks whether the model was renamed and keeps the data; "
        "keep `Meta.db_table` if others read the table by name."
    )
    applies_when = "the repository has models"
    absent = "no model is found"
    examples = (
        Example(
            "plural names",
            {
                "shop/models.py": (
                    "from django.db import models\n\n"
                    "class OrderItems(models.Model):  # <-\n    pass\n\n"
                    "class Companies(models.Model):  # <-\n    pass\n\n"
                    "class Product_Types(models.Model):  # <-\n    pass\n"
                )
            },
        ),
        Example(
            "singular names",
            {
                "shop/models.py": (
                    "from django.db import models\n\n"
                    "class OrderItem(models.Model):\n    pass\n\n"
                    "class HTTPRoute2(models.Model):\n    pass\n"
                )
            },
            state="pass",
        ),
        Example(
            "singular words in s, words that are not counted, one set of things per row",
            {
                "shop/models.py": (
                    "from django.db import models\n\n"
                    "class OrderStatus(models.Model):\n    pass\n\n"
                    "class BillingAddress(models.Model):\n    pass\n\n"
                    "class News(models.Model):\n    pass\n\n"
                    "class Business(models.Model):\n    pass\n\n"
                    "class TaxClass(models.Model):\n    pass\n\n"
                    "class SiteSettings(models.Model):\n    pass\n\n"
                    "class UserPreferences(models.Model):\n    pass\n\n"
                    "class ProductMedia(models.Model):\n    pass\n\n"
                    "class EditReports(models.Model):\n"
                    "    class Meta:\n        managed = False\n        permissions = [('edit', 'Can edit')]\n"
                )
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "no models",
            {"shop/forms.py": "from django import forms\n\nclass Items(forms.Form):\n    pass\n"},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """Judge the last word of each model's name."""
        for model in project.models:
            if model.has_no_table:
                continue
            word = last_word(model.name)
            if is_counted_plural(word) and word not in _HOLDERS:
                yield model.cls.violation(
                    f"model `{model.name}` is named for several; name it for one row"
                )
            else:
                yield model.cls.in_order()
