"""CPK-03."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.rule import Basis, Effort, Example, Level, Rule, Verdict


class RelationToCompositeKey(Rule):
    """Finds foreign keys and other relations to a model whose primary key is composite."""

    code = "CPK03"
    slug = "relation-to-composite-key"
    title = "No relation leads to a model with a composite primary key"
    level = Level.SHOULD
    basis = Basis.DERIVED
    section = "Composite Primary Keys"
    guide_lines = (1232, 1247)
    effort = Effort.DAYS
    what = (
        "A `ForeignKey`, `OneToOneField` or `ManyToManyField` to a model that has, or inherits from an abstract base, "
        'a `CompositePrimaryKey`. Relations to text (`"shop.OrderItem"`) and to `self` are followed too; a foreign '
        "key with a `to_field` of its own is left alone."
    )
    why = (
        "A foreign key is one column and cannot hold a key of two: Django's checks reject it with fields.E347, and "
        "the migration cannot be made."
    )
    how = (
        "Refer to the parts with one foreign key each, keep a surrogate key on the model that others refer to, or "
        "join by `ForeignObject` where only reading is wanted."
    )
    applies_when = "the repository has a model with a composite primary key"
    absent = "no model has a composite primary key"
    errata = "The guide shows a composite key and does not say that nothing can refer to it; Django 6.1 still refuses."
    examples = (
        Example(
            "relations by class and by name",
            {
                "shop/models.py": (
                    "from django.db import models\n\n"
                    "class OrderItem(models.Model):\n"
                    '    pk = models.CompositePrimaryKey("order_id", "number")\n'
                    "    order_id = models.IntegerField()\n    number = models.IntegerField()\n"
                ),
                "returns/models.py": (
                    "from django.db import models\n\nfrom shop.models import OrderItem\n\n"
                    "class Return(models.Model):\n"
                    "    item = models.ForeignKey(OrderItem, models.CASCADE)  # <-\n"
                    '    others = models.ManyToManyField("shop.OrderItem")  # <-\n'
                ),
            },
        ),
        Example(
            "a composite key that refers to others",
            {
                "shop/models.py": (
                    "from django.db import models\n\n"
                    "class Order(models.Model):\n    number = models.IntegerField()\n\n"
                    "class OrderItem(models.Model):\n"
                    '    pk = models.CompositePrimaryKey("order_id", "number")\n'
                    "    order = models.ForeignKey(Order, models.CASCADE)\n    number = models.IntegerField()\n"
                )
            },
            state="pass",
        ),
        Example(
            "a foreign key to one unique column",
            {
                "shop/models.py": (
                    "from django.db import models\n\n"
                    "class OrderItem(models.Model):\n"
                    '    pk = models.CompositePrimaryKey("order_id", "number")\n'
                    "    order_id = models.IntegerField()\n    number = models.IntegerField()\n"
                    "    code = models.CharField(max_length=9, unique=True)\n\n"
                    "class Return(models.Model):\n"
                    '    item = models.ForeignKey("OrderItem", models.CASCADE, to_field="code")\n'
                )
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "ordinary keys",
            {
                "shop/models.py": (
                    "from django.db import models\n\n"
                    "class Order(models.Model):\n"
                    '    parent = models.ForeignKey("self", models.CASCADE)\n'
                )
            },
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """Judge each composite key by the relations that lead to its model."""
        composite = {model.cls.qualified_name: field for model, field in project.apps.composite}
        if not composite:
            return
        referred: set[str] = set()
        for model in project.models:
            for field in model.fields:
                target = project.apps.target_of(field) if field.relation else None
                if target is None or field.keyword("to_field") is not None:
                    continue
                line = (target.cls, *target.cls.ancestors)
                keys = [cls.qualified_name for cls in line if cls.qualified_name in composite]
                if keys:
                    referred.update(keys)
                    yield field.violation(
                        f"`{model.name}.{field.name}` leads to `{target.name}`, whose primary key is composite; "
                        "refer to its parts"
                    )
        for name, field in composite.items():
            if name not in referred:
                yield field.in_order()
