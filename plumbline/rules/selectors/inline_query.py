"""SEL-01."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Function, Project
from plumbline.project.orm import TERMINAL
from plumbline.project.queries import Query, queries_in
from plumbline.rule import Effort, Example, Level, Rule, Verdict

_SERIALIZERS = (
    "rest_flex_fields.FlexFieldsModelSerializer",
    "rest_flex_fields.serializers.FlexFieldsModelSerializer",
    "drf_writable_nested.WritableNestedModelSerializer",
    "drf_writable_nested.serializers.WritableNestedModelSerializer",
    *(
        f"rest_framework.serializers.{name}"
        for name in (
            "BaseSerializer",
            "Serializer",
            "ModelSerializer",
            "HyperlinkedModelSerializer",
            "ListSerializer",
        )
    ),
)
_HOOKS = ("get_object", "queryset")
"""How the names of methods end that frameworks call for what a view is about: ``get_base_queryset`` too."""
_MODELS = "from django.db import models\n\nclass Order(models.Model):\n    pass\n"


class InlineQuery(Rule):
    """Finds views, serializers and tasks that spell out queries of several steps."""

    code = "SEL01"
    slug = "inline-query"
    title = "Queries of more than one step stand in selectors"
    level = Level.SHOULD
    section = "Selectors Pattern"
    guide_lines = (264, 273)
    effort = Effort.MINUTES
    what = (
        "A read through a manager in a view, a serializer or a task that takes two or more steps (`filter` and "
        "`order_by`, `select_related` and `get`), or that annotates, aggregates or uses `Q`. One plain condition, "
        "its `values`, `get_object_or_404`, `get_queryset` and its like, and `queryset =` are in order. A query that "
        "locks or changes its rows belongs to a service, and one on whatever model a view is given to generic code: "
        "they are not looked at, nor are admin classes, commands and migrations."
    )
    why = (
        "A query in a view can be neither reused nor tested without a request, and its twin in the task next door "
        "drifts away from it. In a selector, who sees what and which relations are loaded is said once."
    )
    how = (
        "Move the query to a function in `selectors.py`, named for what it gives (`order_list`), with keyword "
        "arguments, and call that."
    )
    applies_when = "views, serializers or tasks read through managers"
    absent = "no view, serializer or task reads through a manager"
    errata = (
        "The guide's own good samples of asynchronous views and tasks read inline; they have one condition each, which "
        "is accepted."
    )
    examples = (
        Example(
            "in a view, a serializer and a task",
            {
                "shop/views.py": (
                    "from django.db.models import Count, Q\nfrom rest_framework.decorators import api_view\n"
                    "from rest_framework.response import Response\n\nfrom shop.models import Order\n\n"
                    '@api_view(["GET"])\n'
                    "def orders(request):\n"
                    '    found = Order.objects.filter(user=request.user).order_by("pk")  # <-\n'
                    "    open = Order.objects.filter(Q(open=True) | Q(new=True))  # <-\n"
                    "    last = Order.objects.get(Q(open=True) | Q(new=True))  # <-\n"
                    "    return Response([found, open])\n"
                ),
                "shop/serializers.py": (
                    "from django.db.models import Count\nfrom rest_framework import serializers\n\n"
                    "from shop.models import Order\n\n"
                    "class OrderSerializer(serializers.ModelSerializer):\n"
                    "    def get_count(self, order):\n"
                    '        return Order.objects.aggregate(count=Count("pk"))  # <-\n'
                ),
                "shop/tasks.py": (
                    "from celery import shared_task\n\nfrom shop.models import Order\n\n"
                    "@shared_task\n"
                    "def remind():\n"
                    "    for order in (\n"
                    "        Order.objects.filter(paid=False)  # <-\n"
                    '        .select_related("user")\n'
                    "        .iterator()\n"
                    "    ):\n"
                    "        order.remind()\n"
                ),
                "shop/models.py": _MODELS,
            },
        ),
        Example(
            "a selector and one condition",
            {
                "shop/views.py": (
                    "from rest_framework.decorators import api_view\nfrom rest_framework.response import Response\n\n"
                    "from shop.models import Order\nfrom shop.selectors import order_list\n\n"
                    '@api_view(["GET"])\n'
                    "def orders(request, pk):\n"
                    "    first = Order.objects.get(pk=pk)\n"
                    "    return Response([first, order_list(user=request.user)])\n"
                ),
                "shop/selectors.py": (
                    "from shop.models import Order\n\n"
                    'def order_list(*, user):\n    return Order.objects.filter(user=user).order_by("pk")\n'
                ),
                "shop/models.py": _MODELS,
            },
            state="pass",
        ),
        Example(
            "hooks, shortcuts, class attributes, admin, commands, writes",
            {
                "shop/views.py": (
                    "from django.contrib import admin\nfrom django.shortcuts import get_object_or_404\n"
                    "from django.views.generic import ListView\n\nfrom shop.models import Order\n\n"
                    "class Orders(ListView):\n"
                    '    queryset = Order.objects.filter(open=True).order_by("pk")\n\n'
                    "    def get_queryset(self):\n"
                    '        return Order.objects.filter(user=self.request.user).order_by("pk")\n\n'
                    "    def get_filtered_queryset(self):\n"
                    '        return Order.objects.filter(user=self.request.user).order_by("pk")\n\n'
                    "    def get(self, request, pk):\n"
                    "        objects = Order.objects.all()\n"
                    "        objects.filter(pk=pk).order_by(pk)\n"
                    "        Order.objects.filter(pk=pk).filter(open=True).exists()\n"
                    '        Order.objects.filter(pk=pk).values_list("pk", flat=True)\n'
                    "        old = Order.objects.filter(pk=pk).exclude(open=True)\n"
                    "        old.delete()\n"
                    '        self.model.objects.filter(pk=pk).order_by("pk")\n'
                    '        Order.objects.select_related("user").select_for_update().get(pk=pk)\n'
                    "        Order.objects.filter(pk=pk).exclude(open=False).update(seen=True)\n"
                    "        Order.objects.all().count()\n"
                    "        return get_object_or_404(Order, pk=pk)\n\n"
                    "class OrderAdmin(admin.ModelAdmin):\n"
                    "    def close(self, request, queryset):\n"
                    '        return Order.objects.filter(open=True).order_by("pk")\n'
                ),
                "shop/management/commands/report.py": (
                    "from django.core.management.base import BaseCommand\n\nfrom shop.models import Order\n\n"
                    "class Command(BaseCommand):\n"
                    "    def handle(self, *args, **options):\n"
                    '        return Order.objects.filter(open=True).order_by("pk")\n'
                ),
                "shop/models.py": _MODELS,
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "no reads",
            {
                "shop/services.py": (
                    "from shop.models import Order\n\ndef order_create():\n    return Order.objects.create()\n"
                ),
                "shop/models.py": _MODELS,
            },
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """Judge each read through a manager in an edge."""
        for function in _edges(project):
            for query in queries_in(project, function):
                if query.is_locking or _is_changed(query) or _is_generic(query):
                    continue
                if query.is_trivial:
                    yield query.call.in_order()
                else:
                    yield query.call.violation(
                        f"`{function.name}` spells out a query on `{query.manager.rpartition('.')[0]}` "
                        f"({_described(query)}); move it to a selector"
                    )


def _is_generic(query: Query) -> bool:
    """Whether the model is only known when the code runs (``self.Meta.model``), so that no app's selectors fit."""
    name = query.manager.rpartition(".")[0].rpartition(".")[2]
    return name[:1].islower() and name != "get_user_model()"


def _is_changed(query: Query) -> bool:
    """Whether the rows are updated or deleted under the name that the query gets."""
    bound = query.call.outline.bound
    changes = {f"{bound}.{step}" for step in ("update", "delete", "aupdate", "adelete")}
    return bool(bound) and any(call.name in changes for call in query.call.siblings)


def _described(query: Query) -> str:
    """The steps of a query, and that it uses ``Q`` where that is what makes it more than one condition."""
    steps = query.shaping or [step for step in query.steps if step in TERMINAL][-1:]
    shown = ", ".join(f"`{step}`" for step in steps)
    return f"{shown} with `Q`" if query.uses_q else shown


def _edges(project: Project) -> list[Function]:
    """Function views, methods of views and serializers, and tasks, each once and without hooks for querysets."""
    found: dict[tuple[str, int], Function] = {}
    functions = [*project.views.functions(), *(task.function for task in project.events.tasks)]
    for function in functions:
        found[function.path, function.index] = function
    serializers = [cls for name in _SERIALIZERS for cls in project.classes.heirs(name)]
    for cls in (*project.views.classes(), *serializers):
        if cls.module.role == "source" and cls.module.may_call("objects", "_manager"):
            for index, outline in cls.methods():
                if not outline.name.endswith(_HOOKS):
                    found[cls.path, index] = project.functions.by_index[cls.path, index]
    return [
        function
        for function in found.values()
        if function.module.may_call("objects", "_manager") and "/migrations/" not in function.path
    ]
