"""MOD-08."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.rule import Effort, Example, Level, Rule, Verdict
from plumbline.words import is_plural, plural


class SingularReverseName(Rule):
    code = "MOD08"
    slug = "singular-reverse-name"
    title = "The reverse side of a to-many relation has a plural name"
    level = Level.MUST
    section = "Models"
    guide_lines = (172, 184)
    effort = Effort.HOUR
    what = (
        "A `related_name` on a `ForeignKey` or `ManyToManyField` whose last word is singular. Names that hide the reverse side "
        "(`+`), that are computed, or that end in a placeholder are left alone."
    )
    why = (
        "The reverse side of these relations is a manager over many rows. `user.order.all()` reads as one order and is "
        "mistaken for one; `user.orders.all()` cannot be."
    )
    how = (
        "Rename it to the plural of what the rows are, then follow the old name through queries (`order__total`), templates, "
        "serializers and `prefetch_related` strings. No migration touches the table."
    )
    applies_when = "the repository has models with foreign keys or many-to-many fields that name their reverse side"
    absent = "no to-many relation names its reverse side"
    errata = "The guide does not mention `OneToOneField`: its reverse side is one object, so it is exempt here."
    examples = (
        Example(
            "a singular name on a foreign key",
            {
                "shop/models.py": (
                    "from django.db import models\n\n"
                    "class Order(models.Model):\n"
                    '    user = models.ForeignKey("auth.User", models.CASCADE, related_name="order")  # <-\n'
                    '    tags = models.ManyToManyField("Tag", related_name="orders")\n'
                )
            },
        ),
        Example(
            "a relation declared through a subclass and an alias",
            {
                "shop/fields.py": (
                    "from django.db.models import ForeignKey as FK\n\nclass OwnerKey(FK):\n    pass\n"
                ),
                "shop/models.py": (
                    "from django.db.models import Model\nfrom .fields import OwnerKey\n\n"
                    "class Base(Model):\n    class Meta:\n        abstract = True\n\n"
                    "class Invoice(Base):\n"
                    '    owner = OwnerKey("auth.User", on_delete=1, related_name="invoice")  # <-\n'
                ),
            },
        ),
        Example(
            "plural, uncountable, hidden and placeholder names",
            {
                "shop/models.py": (
                    "from django.db import models\n\n"
                    "class Photo(models.Model):\n"
                    '    album = models.ForeignKey("Album", models.CASCADE, related_name="photos")\n'
                    '    owner = models.ForeignKey("auth.User", models.CASCADE, related_name="media")\n'
                    '    editor = models.ForeignKey("auth.User", models.CASCADE, related_name="+")\n'
                    '    site = models.ForeignKey("Site", models.CASCADE, related_name="%(app_label)s_%(class)s")\n'
                )
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "a one-to-one relation is singular on both sides",
            {
                "shop/models.py": (
                    "from django.db import models\n\n"
                    "class Profile(models.Model):\n"
                    '    user = models.OneToOneField("auth.User", models.CASCADE, related_name="profile")\n'
                )
            },
            state="not_applicable",
            is_trap=True,
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        for model in project.models:
            for field in model.fields:
                name = field.keyword("related_name")
                if field.relation not in ("ForeignKey", "ManyToManyField") or not isinstance(
                    name, str
                ):
                    continue
                if name.endswith(("+", ")s")) or not name:
                    continue
                if is_plural(name):
                    yield field.in_order()
                else:
                    yield field.violation(
                        f"`{model.name}.{field.name}` names its reverse side `{name}`; "
                        f"a to-many relation reads better as `{plural(name)}`"
                    )
