"""CPK-02."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline import knowledge
from plumbline.project import Model, Project
from plumbline.project.models import Field
from plumbline.rule import Basis, Example, Level, Rule, Verdict


class BrokenCompositeKey(Rule):
    """Finds composite primary keys that Django's checks reject."""

    code = "CPK02"
    slug = "broken-composite-key"
    title = "A composite primary key is named pk and made of columns that exist and are never null"
    level = Level.SHOULD
    basis = Basis.DERIVED
    section = "Composite Primary Keys"
    guide_lines = (1232, 1247)
    what = (
        "A `CompositePrimaryKey` under another name than `pk`, with fewer than two parts, or with a part that is no "
        "column of the model or may be null. A foreign key counts by its own name and by its column's (`order`, "
        "`order_id`); fields of base classes in the repository count too."
    )
    why = (
        "Django refuses such a model: its checks report models.E042, or the class itself cannot be made. The key is "
        "what every query, form and cache uses to find the row."
    )
    how = "Name the attribute `pk`, list existing columns by name and drop `null=True` from each of them."
    applies_when = "the repository has a model with a composite primary key"
    absent = "no model has a composite primary key"
    examples = (
        Example(
            "another name, a missing part, a nullable part",
            {
                "shop/models.py": (
                    "from django.db import models\n\n"
                    "class Item(models.Model):\n"
                    '    key = models.CompositePrimaryKey("a", "b")  # <-\n'
                    "    a = models.IntegerField()\n    b = models.IntegerField()\n\n"
                    "class Line(models.Model):\n"
                    '    pk = models.CompositePrimaryKey("order_id", "number")  # <-\n'
                    '    order = models.ForeignKey("Order", models.CASCADE)\n\n'
                    "class Visit(models.Model):\n"
                    '    pk = models.CompositePrimaryKey("day", "place")  # <-\n'
                    "    day = models.DateField(null=True)\n    place = models.IntegerField()\n"
                )
            },
        ),
        Example(
            "columns by name",
            {
                "shop/models.py": (
                    "from django.db import models\n\n"
                    "class OrderItem(models.Model):\n"
                    '    pk = models.CompositePrimaryKey("order_id", "product")\n'
                    '    order = models.ForeignKey("Order", models.CASCADE)\n'
                    '    product = models.ForeignKey("Product", models.CASCADE)\n'
                )
            },
            state="pass",
        ),
        Example(
            "a part that is inherited",
            {
                "shop/models.py": (
                    "from django.db import models\n\n"
                    "class Owned(models.Model):\n"
                    "    tenant = models.IntegerField()\n\n"
                    "    class Meta:\n        abstract = True\n\n"
                    "class Order(Owned):\n"
                    '    pk = models.CompositePrimaryKey("tenant", "number")\n'
                    "    number = models.IntegerField()\n"
                )
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "an ordinary key",
            {
                "shop/models.py": (
                    "from django.db import models\n\n"
                    "class Order(models.Model):\n    number = models.IntegerField(primary_key=True)\n"
                )
            },
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """Judge each composite key by its name and parts."""
        for model, field in project.apps.composite:
            yield _judged(project, model, field)


def _judged(project: Project, model: Model, field: Field) -> Verdict:
    if field.name != "pk":
        return field.violation(
            f"the composite key of `{model.name}` is named `{field.name}`; name it `pk`"
        )
    parts = [part for part in field.value.args if isinstance(part, str)]
    if len(parts) < len(field.value.args):
        return field.unknown(f"the parts of the key of `{model.name}` are computed")
    if len(parts) < 2:
        return field.violation(
            f"the composite key of `{model.name}` has {len(parts)} part; it needs two"
        )
    columns = _columns(project, model)
    for part in parts:
        column = columns.get(part)
        if column is None:
            if model.cls.unknown_bases or _has_outside_fields(model):
                return field.unknown(f"`{part}` may come from a base class that is not here")
            return field.violation(
                f"the key of `{model.name}` names `{part}`, which is no column of it; list its columns"
            )
        if column.keyword("null") is True:
            return field.violation(
                f"the key of `{model.name}` includes `{part}`, which may be null; drop `null=True`"
            )
    return field.in_order()


def _columns(project: Project, model: Model) -> dict[str, Field]:
    """Fields by name and by column name, those of base classes too."""
    found: dict[str, Field] = {}
    bases = [project.apps.models_by_name.get(cls.qualified_name) for cls in model.cls.ancestors]
    for base in (model, *bases):
        for field in base.fields if base is not None else ():
            found.setdefault(field.name, field)
            if field.relation:
                found.setdefault(f"{field.name}_id", field)
    return found


def _has_outside_fields(model: Model) -> bool:
    """Whether it inherits from another package's model, or from a mixin of the repository that is no model."""
    outside = any(
        base != knowledge.MODEL and not base.startswith("defines.")
        for base in model.cls.external_bases
    )
    return outside or any(not cls.inherits(knowledge.MODEL) for cls in model.cls.ancestors)
