"""SEL-04."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.outline import RETURNED
from plumbline.project import Project
from plumbline.project.orm import LAZY
from plumbline.project.queries import queries_in
from plumbline.rule import Basis, Effort, Example, Level, Rule, Verdict

_LOADING = frozenset(("select_related", "prefetch_related"))
_FLAT = frozenset("values values_list only dates datetimes none aggregate".split())
_MODELS = (
    "from django.db import models\n\n"
    "class Order(models.Model):\n"
    '    user = models.ForeignKey("auth.User", models.CASCADE)\n\n'
    "class Tag(models.Model):\n    pass\n"
)


class UnloadedRelations(Rule):
    """Finds selectors that give lists of rows without any of their relations."""

    code = "SEL04"
    slug = "unloaded-relations"
    title = "Selectors load the relations that their callers walk"
    level = Level.SHOULD
    basis = Basis.DERIVED
    preview = True
    section = "Selectors Pattern"
    guide_lines = (264, 284)
    effort = Effort.MINUTES
    what = (
        "A function of a selectors module that returns a queryset of a model with foreign keys and asks for none of "
        "them by `select_related` or `prefetch_related`. Querysets of values, of chosen columns and single rows are "
        "left alone."
    )
    why = (
        "Each row whose relation is read in a loop or a template costs a query of its own. The selector is the one "
        "place that knows all callers, and the cheapest place to load what they need."
    )
    how = (
        "Look at what templates, serializers and loops read from the rows, and add `select_related` for foreign keys "
        "and `prefetch_related` for the rest. If nothing is read, leave it."
    )
    applies_when = "selectors return querysets of models with foreign keys"
    absent = "no selector returns a queryset of a model with foreign keys"
    errata = "Preview: what callers walk cannot be told without running them, so this only shows where to look."
    examples = (
        Example(
            "no relation loaded",
            {
                "shop/selectors.py": (
                    "from shop.models import Order\n\n"
                    "def order_list(*, user):\n"
                    "    return Order.objects.filter(user=user)  # <-\n"
                ),
                "shop/models.py": _MODELS,
            },
        ),
        Example(
            "a relation loaded",
            {
                "shop/selectors.py": (
                    "from shop.models import Order\n\n"
                    "def order_list(*, user):\n"
                    '    return Order.objects.filter(user=user).select_related("user")\n'
                ),
                "shop/models.py": _MODELS,
            },
            state="pass",
        ),
        Example(
            "values, one row, a model without relations",
            {
                "shop/selectors.py": (
                    "from shop.models import Order, Tag\n\n"
                    "def order_numbers(*, user):\n"
                    '    return Order.objects.filter(user=user).values_list("pk")\n\n'
                    "def order_get(*, pk):\n    return Order.objects.filter(pk=pk).first()\n\n"
                    "def tag_list():\n    return Tag.objects.all()\n"
                ),
                "shop/models.py": _MODELS,
            },
            state="not_applicable",
            is_trap=True,
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """Judge each queryset that a selector returns."""
        for function in project.functions_in("selectors"):
            for query in queries_in(project, function):
                if not query.call.has(RETURNED) or any(step not in LAZY for step in query.steps):
                    continue
                name = function.resolve(query.manager.rpartition(".")[0])
                model = project.apps.models_by_name.get(name)
                if model is None or not _FLAT.isdisjoint(query.steps):
                    continue
                keys = [field.name for field in model.fields if field.relation == "ForeignKey"]
                if not _LOADING.isdisjoint(query.steps):
                    yield query.call.in_order()
                elif keys:
                    yield query.call.violation(
                        f"`{function.name}` gives `{model.name}` rows without their relations "
                        f"({', '.join(keys[:3])}); load those that callers read"
                    )
