"""MOD-07."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.project.reverse_names import suggested_reverse_name
from plumbline.rule import Basis, Effort, Example, Level, Rule, Verdict


class MissingRelatedName(Rule):
    """Finds to-many relations that leave the name of their reverse side to Django."""

    code = "MOD07"
    slug = "missing-related-name"
    title = "Foreign keys and many-to-many fields name their reverse side"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Models"
    guide_lines = (176, 186)
    effort = Effort.HOUR
    what = (
        "A `ForeignKey` or `ManyToManyField` without `related_name`. A model whose `Meta` gives a "
        "`default_related_name` has "
        "named them all; `+` names a side by hiding it; a symmetrical relation to `self` has no other side."
    )
    why = (
        "Without it the other model grows an attribute like `orderitem_set`: a name that no one chose, that "
        "appears in no file, "
        "and that changes when the class is renamed. A second relation between the same models then clashes."
    )
    how = (
        "Add `related_name` with the plural of what the rows are, or `+` if nobody follows the relation "
        "backwards, and replace "
        "uses of the old `…_set` name. Queries that used the lower-case model name as a lookup need the new name too."
    )
    applies_when = "the repository has models with foreign keys or many-to-many fields"
    absent = "no model has a to-many relation"
    errata = "The guide shows `related_name` on every foreign key but demands only its shape, so this weighs nothing."
    examples = (
        Example(
            "relations without a name for the way back",
            {
                "shop/models.py": (
                    "from django.db import models\n\n"
                    "class OrderItem(models.Model):\n"
                    '    order = models.ForeignKey("Order", on_delete=models.CASCADE)  # <-\n'
                    '    tags = models.ManyToManyField("Tag")  # <-\n'
                    '    product = models.ForeignKey("Product", models.CASCADE, related_name="order_items")\n'
                )
            },
        ),
        Example(
            "named, hidden, named by position and named for the whole model",
            {
                "shop/models.py": (
                    "from django.db import models\n\n"
                    "class OrderItem(models.Model):\n"
                    '    product = models.ForeignKey("Product", models.CASCADE, related_name="order_items")\n'
                    '    editor = models.ForeignKey("auth.User", models.CASCADE, related_name="+")\n'
                    '    buyer = models.ForeignKey("auth.User", models.CASCADE, "purchases")\n'
                    '    labels = models.ManyToManyField("Label", "items")\n\n'
                    "class Note(models.Model):\n"
                    '    order = models.ForeignKey("Order", on_delete=models.CASCADE)\n\n'
                    "    class Meta:\n"
                    '        default_related_name = "notes"\n'
                )
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "no other side, or one that cannot be seen from here",
            {
                "shop/fields.py": (
                    "from django.db import models\n\n"
                    "class OwnerKey(models.ForeignKey):\n"
                    "    def __init__(self, **kwargs):\n"
                    '        kwargs.setdefault("related_name", "+")\n'
                    "        super().__init__(**kwargs)\n"
                ),
                "shop/models.py": (
                    "from django.db import models\n\nfrom .fields import OwnerKey\n\n"
                    "class Person(models.Model):\n"
                    '    friends = models.ManyToManyField("self")\n'
                    '    knows = models.ManyToManyField("self", symmetrical=False)  # <-\n'
                    "    owner = OwnerKey()\n"
                    "    team = models.ForeignKey(**TEAM)\n"
                    '    profile = models.OneToOneField("Profile", models.CASCADE)\n'
                ),
            },
            is_trap=True,
        ),
        Example(
            "a model without relations",
            {
                "shop/models.py": (
                    "from django.db import models\n\n"
                    "class Tag(models.Model):\n    name = models.CharField(max_length=9)\n"
                )
            },
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """Judge each relation that has a reverse side with many rows."""
        for model in project.models:
            for field in model.fields:
                if field.relation not in ("ForeignKey", "ManyToManyField") or field.is_symmetrical:
                    continue
                if field.reverse_name is not None or model.cls.option("default_related_name"):
                    yield field.in_order()
                elif field.has_keyword("related_name") or not field.is_direct:
                    yield field.unknown(f"the options of `{model.name}.{field.name}` are computed")
                else:
                    yield field.violation(
                        f"`{model.name}.{field.name}` has no `related_name`; "
                        f"name its reverse side, for instance `{suggested_reverse_name(field)}`"
                    )
