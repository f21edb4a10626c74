"""MOD-10."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_OPTIONS = ("db_table", "ordering", "indexes", "constraints", "unique_together", "index_together")


class ModelLeftToDefaults(Rule):
    """Finds models that decide on neither table, order nor indexes."""

    code = "MOD10"
    slug = "model-left-to-defaults"
    title = "Meta says table, order or indexes"
    level = Level.MAY
    basis = Basis.EXAMPLE
    preview = True
    section = "Models"
    guide_lines = (151, 160)
    what = (
        "A model with a table of its own whose `Meta`, inherited ones included, sets none of `db_table`, `ordering`, "
        "`indexes` and constraints. Abstract and proxy models and models without fields are left out."
    )
    why = (
        "Without an order the database returns rows as it likes, which shows as pages that repeat rows. Which queries "
        "a table must serve is best decided while the model is written."
    )
    how = (
        "Consider `ordering` for models that are listed, `indexes` for what is filtered by, and `db_table` where "
        "others read the table. If none is needed, leave the model as it is."
    )
    applies_when = "the repository has models with tables"
    absent = "no model has a table"
    errata = "Preview: the guide only shows such a `Meta` in a sample; many models need none of it."
    examples = (
        Example(
            "nothing said",
            {
                "shop/models.py": (
                    "from django.db import models\n\n"
                    "class Order(models.Model):  # <-\n    number = models.IntegerField()\n\n"
                    "class Item(models.Model):  # <-\n"
                    "    number = models.IntegerField()\n\n"
                    '    class Meta:\n        verbose_name = "item"\n'
                )
            },
        ),
        Example(
            "an order, an index, and an order that is inherited",
            {
                "shop/models.py": (
                    "from django.db import models\n\n"
                    "class Named(models.Model):\n"
                    "    name = models.CharField(max_length=9)\n\n"
                    '    class Meta:\n        abstract = True\n        ordering = ["name"]\n\n'
                    "class Product(Named):\n    price = models.IntegerField()\n\n"
                    "class Order(models.Model):\n"
                    "    number = models.IntegerField()\n\n"
                    '    class Meta:\n        indexes = [models.Index(fields=["number"])]\n'
                )
            },
            state="pass",
        ),
        Example(
            "only an abstract model",
            {
                "shop/models.py": (
                    "from django.db import models\n\n"
                    "class Named(models.Model):\n"
                    "    name = models.CharField(max_length=9)\n\n"
                    "    class Meta:\n        abstract = True\n"
                )
            },
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """Judge each model that has a table and fields of its own."""
        for model in project.models:
            if model.is_abstract or model.is_proxy or model.has_no_table or not model.fields:
                continue
            if any(model.cls.option(name) is not None for name in _OPTIONS):
                yield model.cls.in_order()
            elif model.cls.unknown_bases:
                yield model.cls.unknown(f"`{model.name}` may inherit a Meta that is not here")
            else:
                yield model.cls.violation(
                    f"`{model.name}` leaves table, order and indexes to defaults; decide in its `Meta`"
                )
