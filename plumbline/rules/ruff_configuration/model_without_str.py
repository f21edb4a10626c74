"""RUF-08."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline import knowledge
from plumbline.project import Model, Project
from plumbline.rule import Basis, Example, Level, Rule, Verdict


class ModelWithoutStr(Rule):
    """Finds concrete models that neither define nor inherit ``__str__``."""

    code = "RUF08"
    slug = "model-without-str"
    title = "Concrete models say what a row is called"
    level = Level.SHOULD
    basis = Basis.DERIVED
    section = "Ruff Configuration"
    guide_lines = (71, 91)
    what = (
        "A model with a table of its own that has no `__str__`, neither in its body nor from an abstract base, "
        "a mixin or a "
        "parent, in whatever file. Abstract models, proxies, tables of many-to-many relations (`through=`) and "
        "models without any table or column need none; where a "
        "base comes from a package that is not known, nothing is said."
    )
    why = (
        "Without it a row shows up as `Order object (17)` in the admin, in forms, in logs and in error reports: "
        "just where "
        "someone needs to know which one it is."
    )
    how = "Add a `__str__` that returns what people call a row, from its own columns so that it costs no query."
    applies_when = "the repository has models with tables of their own"
    absent = "no concrete model is defined"
    errata = (
        "The guide only names this as something that Ruff catches (DJ008). Ruff sees direct subclasses of "
        "`models.Model` in one "
        "file at a time; Plumbline follows bases, so inherited methods count and indirect models are seen."
    )
    examples = (
        Example(
            "models without a text, one of them indirectly a model",
            {
                "core/models.py": (
                    "from django.db import models\n\n"
                    "class Base(models.Model):\n    class Meta:\n        abstract = True\n"
                ),
                "shop/models.py": (
                    "from django.db import models\n\nfrom core.models import Base\n\n"
                    "class Order(models.Model):  # <-\n    number = models.IntegerField()\n\n"
                    "class Customer(Base):  # <-\n    name = models.CharField(max_length=9)\n\n"
                    "class Product(Base):\n    def __str__(self):\n        return 'x'\n"
                ),
            },
        ),
        Example(
            "inherited from an abstract base, a mixin or a package",
            {
                "core/models.py": (
                    "from django.db import models\n\n"
                    "class Named:\n    def __str__(self):\n        return self.name\n\n"
                    "class Base(models.Model):\n"
                    "    class Meta:\n        abstract = True\n\n"
                    "    def __str__(self):\n        return 'x'\n"
                ),
                "shop/models.py": (
                    "from django.contrib.auth.models import AbstractUser\nfrom django.db import models\n\n"
                    "from core.models import Base, Named\n\n"
                    "class Order(Base):\n    pass\n\n"
                    "class Tag(Named, models.Model):\n    pass\n\n"
                    "class User(AbstractUser):\n    pass\n\n"
                    "class Lazy(models.Model):\n    __str__ = Named.__str__\n"
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "proxies, tables of a relation and bases that are not known",
            {
                "shop/models.py": (
                    "from django.db import models\nfrom audited import AuditedModel\n\n"
                    "class Order(models.Model):\n"
                    '    tags = models.ManyToManyField("Tag", through="shop.OrderTag", related_name="orders")\n\n'
                    "    def __str__(self):\n        return 'x'\n\n"
                    "class OrderTag(models.Model):\n"
                    '    order = models.ForeignKey(Order, models.CASCADE, related_name="order_tags")\n\n'
                    "class OpenOrder(Order):\n    class Meta:\n        proxy = True\n\n"
                    "class Entry(AuditedModel, models.Model):\n    pass\n\n"
                    "class Access(models.Model):\n    class Meta:\n        managed = False\n\n"
                    "class Report(models.Model):\n    class Meta:\n        default_permissions = ()\n"
                )
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "abstract models only",
            {
                "shop/models.py": (
                    "from django.db import models\n\n"
                    "class Base(models.Model):\n    class Meta:\n        abstract = True\n"
                )
            },
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """Judge each model with a table of its own."""
        tables = {field.through for model in project.models for field in model.fields} - {""}
        for model in project.models:
            cls = model.cls
            if model.is_abstract or model.is_proxy or model.has_no_table:
                continue
            if cls.qualified_name in tables or cls.name in tables:
                continue
            if cls.defines("__str__"):
                yield cls.in_order()
            elif cls.unknown_bases:
                yield cls.unknown(f"what `{cls.unknown_bases[0]}` defines is not known")
            elif _has_columns(project, model):
                yield cls.violation(
                    f"`{model.name}` has no `__str__`; add one that names a row by its own columns"
                )


def _has_columns(project: Project, model: Model) -> bool:
    """Whether a row has anything beside its key to be named by."""
    known = project.apps.models_by_name
    above = [
        known[cls.qualified_name] for cls in model.cls.ancestors if cls.qualified_name in known
    ]
    return any(item.fields for item in (model, *above)) or model.cls.external_bases != {
        knowledge.MODEL
    }
