"""CPK-04."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline import outline as o
from plumbline.project import Class, Project
from plumbline.rule import Basis, Effort, Example, Level, Located, Rule, Verdict

_MODEL = (
    "from django.db import models\n\n"
    "class OrderItem(models.Model):\n"
    '    pk = models.CompositePrimaryKey("order_id", "number")\n'
    "    order_id = models.IntegerField()\n    number = models.IntegerField()\n\n"
    "class Order(models.Model):\n    number = models.IntegerField()\n"
)


class CompositeKeyInAdmin(Rule):
    """Finds models with a composite primary key that are registered in the admin."""

    code = "CPK04"
    slug = "composite-key-in-admin"
    title = "Models with a composite primary key are not registered in the admin"
    level = Level.SHOULD
    basis = Basis.DERIVED
    section = "Composite Primary Keys"
    guide_lines = (1232, 1247)
    effort = Effort.HOUR
    what = (
        "`admin.site.register(…)` or `@admin.register(…)` with a model that has, or inherits, a `CompositePrimaryKey`. "
        "Registrations in a loop or with computed models are not seen."
    )
    why = (
        "The admin builds its addresses from one key per row. `register` raises `ImproperlyConfigured` for such a "
        "model, and since `admin.py` is loaded at start, the whole project stays down."
    )
    how = (
        "Take the registration out; show the rows as an inline list of your own, or in a view, or give the model a "
        "surrogate key if staff must edit it."
    )
    applies_when = "the repository has a model with a composite primary key"
    absent = "no model has a composite primary key"
    errata = "The guide shows a composite key without saying that the admin refuses it; Django 6.1 still does."
    examples = (
        Example(
            "registered by call and by decorator",
            {
                "shop/models.py": _MODEL,
                "shop/admin.py": (
                    "from django.contrib import admin\n\nfrom shop.models import Order, OrderItem\n\n"
                    "admin.site.register([Order, OrderItem])  # <-\n\n"
                    "@admin.register(OrderItem)\n"
                    "class OrderItemAdmin(admin.ModelAdmin):  # <-\n    pass\n"
                ),
            },
        ),
        Example(
            "another model is registered",
            {
                "shop/models.py": _MODEL,
                "shop/admin.py": (
                    "from django.contrib import admin\n\nfrom shop.models import Order\n\n"
                    "admin.site.register(Order)\n"
                ),
            },
            state="pass",
        ),
        Example(
            "ordinary keys",
            {
                "shop/models.py": "from django.db import models\n\nclass Order(models.Model):\n    pass\n",
                "shop/admin.py": (
                    "from django.contrib import admin\n\nfrom shop.models import Order\n\n"
                    "admin.site.register(Order)\n"
                ),
            },
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """Judge each composite key by the registrations of its model."""
        if not project.apps.composite:
            return
        registered = list(_registrations(project))
        for model, field in project.apps.composite:
            places = [
                place for cls, place in registered if cls is model.cls or model.cls in cls.ancestors
            ]
            for place in places:
                yield place.violation(
                    f"`{model.name}` has a composite primary key, which the admin refuses; take the registration out"
                )
            if not places:
                yield field.in_order()


def _registrations(project: Project) -> Iterator[tuple[Class, Located]]:
    """The models of the repository that are registered in the admin, and where."""
    for call in project.calls.named("register"):
        if call.outline.name.endswith("site.register") and call.outline.args:
            first = call.outline.args[0]
            for item in first.items if isinstance(first, o.Many) else [first]:
                module = project.names.modules[call.path]
                if isinstance(item, o.Ref):
                    name = project.names.resolve(module, item.name, call.outline.scope)
                    if (cls := project.classes.by_name.get(name)) is not None:
                        yield cls, call
    for admin in project.classes.heirs("django.contrib.admin.ModelAdmin"):
        for decorator in admin.outline.decorators:
            if isinstance(decorator, o.Invocation) and decorator.name.endswith("register"):
                for item in decorator.args:
                    cls = (
                        project.classes.by_name.get(admin.resolve(item.name))
                        if isinstance(item, o.Ref)
                        else None
                    )
                    if cls is not None:
                        yield cls, admin
