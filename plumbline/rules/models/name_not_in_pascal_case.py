"""MOD-01."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.rule import Effort, Example, Level, Rule, Verdict
from plumbline.words import pascal_case


class NameNotInPascalCase(Rule):
    """Finds model classes whose names are not in PascalCase."""

    code = "MOD01"
    slug = "model-name-not-in-pascal-case"
    title = "Model names are in PascalCase"
    level = Level.MUST
    section = "Models"
    guide_lines = (121, 130)
    effort = Effort.HOUR
    what = (
        "A model class whose name begins with a small letter or joins words with underscores. Acronyms keep "
        "their capitals "
        "(`URLMap`), and one leading underscore may mark a class as private."
    )
    why = (
        "The name is repeated in table names, content types, permissions, `app.Model` strings and migrations. "
        "One shape for all "
        "of them is what lets people and tools guess it right."
    )
    how = (
        "Rename the class and let `makemigrations` write a `RenameModel`; set `Meta.db_table` to the old "
        "table's name if that "
        "must stay. Then follow the old name through `app.Model` strings, fixtures and permission names."
    )
    applies_when = "the repository defines models"
    absent = "no model is defined"
    examples = (
        Example(
            "underscores and a small first letter",
            {
                "shop/models.py": (
                    "from django.db import models\n\n"
                    "class Order_Item(models.Model):  # <-\n    pass\n\n"
                    "class invoice(models.Model):  # <-\n    pass\n\n"
                    "class Customer(models.Model):\n    pass\n"
                )
            },
        ),
        Example(
            "a model by inheritance from another file",
            {
                "core/models.py": (
                    "from django.db.models import Model as Table\n\n"
                    "class Stamped(Table):\n    class Meta:\n        abstract = True\n"
                ),
                "shop/models.py": (
                    "from core.models import Stamped\n\nclass order_line(Stamped):  # <-\n    pass\n"
                ),
            },
        ),
        Example(
            "PascalCase names",
            {
                "shop/models.py": (
                    "from django.db import models\n\nclass OrderItem(models.Model):\n    pass\n"
                )
            },
            state="pass",
        ),
        Example(
            "acronyms, digits, a private base and bases of geographic models",
            {
                "shop/models.py": (
                    "from django.contrib.gis.db import models\n"
                    "from polymorphic.models import PolymorphicModel\n\n"
                    "class URLMap(models.Model):\n    pass\n\n"
                    "class OAuth2Token(PolymorphicModel):\n    pass\n\n"
                    "class SKU(models.Model):\n    pass\n\n"
                    "class _Base(models.Model):\n    class Meta:\n        abstract = True\n"
                )
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "a class that is no model",
            {"shop/orders.py": "import django\n\nclass order_item:\n    pass\n"},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """Judge each model's class name."""
        for model in project.models:
            name = model.name.removeprefix("_")
            if name[:1].isupper() and "_" not in name:
                yield model.cls.in_order()
            else:
                yield model.cls.violation(
                    f"model `{model.name}` is not in PascalCase; rename it `{pascal_case(model.name)}`"
                )
