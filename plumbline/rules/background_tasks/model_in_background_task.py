"""TSK-03."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.project.orm import models_in
from plumbline.rule import Basis, Effort, Example, Level, Rule, Verdict

_MODELS = "from django.db import models\n\n\nclass Order(models.Model):\n    total = models.IntegerField()\n"


class ModelInBackgroundTask(Rule):
    """Finds tasks of Django's framework that ask for model instances."""

    code = "TSK03"
    slug = "model-instance-in-background-task"
    title = "Background tasks take ids and plain values"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Background Tasks"
    guide_lines = (1002, 1011)
    effort = Effort.HOUR
    what = "A task of `django.tasks` with a parameter that is annotated as a model or a queryset."
    why = (
        "Arguments travel as JSON, so `enqueue` raises TypeError for an instance. In tests it may pass unnoticed, "
        "where the function runs through `task.call`."
    )
    how = (
        "Take the primary key (`order_id: int`) and fetch the row in the task. It is then as fresh as it can be, and "
        "the message stays small."
    )
    applies_when = "the repository declares tasks with Django's framework"
    absent = "no task is declared with Django's framework"
    examples = (
        Example(
            "a task that wants the row",
            {
                "shop/models.py": _MODELS,
                "shop/tasks.py": (
                    "from django.tasks import task\n\nfrom shop.models import Order\n\n\n"
                    "@task\ndef ship(order: Order) -> None:  # <-\n    pass\n\n\n"
                    "@task(takes_context=True)\n"
                    'async def ship_all(context, orders: "list[Order]") -> None:  # <-\n    pass\n'
                ),
            },
        ),
        Example(
            "ids, in a plain and an asynchronous task",
            {
                "shop/models.py": _MODELS,
                "shop/tasks.py": (
                    "from django.tasks import task\n\nfrom shop.models import Order\n\n\n"
                    "@task\ndef ship(order_id: int) -> None:\n    order = Order.objects.get(pk=order_id)\n\n\n"
                    "@task\nasync def count(ids: list[int]) -> None:\n    pass\n"
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "classes that are no models",
            {
                "shop/tasks.py": (
                    "from dataclasses import dataclass\n\nfrom django.tasks import task\n"
                    "from pydantic import BaseModel\n\n\n"
                    "@dataclass\nclass Parcel:\n    weight: int\n\n\n"
                    "class Address(BaseModel):\n    city: str\n\n\n"
                    "@task\ndef ship(parcel: Parcel, to: Address) -> None:\n    pass\n"
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "a project without tasks",
            {"shop/models.py": _MODELS},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each task."""
        for task in project.events.tasks:
            function = task.function
            if task.framework != "django" or function.module.role != "source":
                continue
            wrong = [
                parameter.name
                for parameter in task.parameters
                if models_in(project, function.module, parameter.annotation, function.index)
            ]
            if wrong:
                yield function.violation(
                    f"`{function.name}` takes a model in `{'`, `'.join(wrong)}`; take the primary key"
                )
            else:
                yield function.in_order()
