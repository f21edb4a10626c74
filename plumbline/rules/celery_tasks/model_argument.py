"""CEL-11."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline import outline as o
from plumbline.knowledge import LIFECYCLE_SIGNALS
from plumbline.project import Function, Project
from plumbline.project.events import task_arguments
from plumbline.project.functions import CallSite
from plumbline.project.orm import kind_of_name, models_in
from plumbline.rule import Basis, Effort, Example, Level, Rule, Verdict

_MODELS = (
    "from django.db import models\n\n\n"
    "class Order(models.Model):\n"
    "    total = models.IntegerField()\n"
)
_TASK = "from celery import shared_task\n\n\n@shared_task\ndef ship(order_id):\n    pass\n"


class ModelArgument(Rule):
    """Finds model instances handed to Celery tasks."""

    code = "CEL11"
    slug = "model-instance-argument"
    title = "Tasks take ids, not model instances"
    level = Level.MUST
    basis = Basis.MARKED
    section = "Production Background Tasks with Celery"
    guide_lines = (1158, 1170)
    effort = Effort.HOUR
    what = (
        "A Celery task with a parameter annotated as a model or queryset, and a dispatch (`delay`, "
        "`apply_async`, `s`, "
        "`send_task`, `partial(task.delay, …)`) whose argument is a model instance: fetched or created just "
        "before, a "
        "parameter annotated as a model, the instance of a signal, or `self` in a model."
    )
    why = (
        "JSON cannot carry an instance, so the dispatch raises. With pickle it travels as it was at that moment: "
        "by the time "
        "the task runs the row may have changed or be gone, and saving the old copy overwrites the new row."
    )
    how = (
        "Pass the primary key and fetch the row in the task: `ship.delay(order.pk)`, then "
        "`Order.objects.get(pk=order_id)`. Dispatch after commit, so that the row is there."
    )
    applies_when = "the repository has Celery tasks"
    absent = "no Celery tasks"
    examples = (
        Example(
            "a task that asks for an instance",
            {
                "shop/models.py": _MODELS,
                "shop/tasks.py": (
                    "from celery import shared_task\n\nfrom shop.models import Order\n\n\n"
                    "@shared_task\n"
                    "def ship(order: Order):  # <-\n    pass\n\n\n"
                    "@shared_task(bind=True)\n"
                    'def ship_all(self, orders: list["Order"]):  # <-\n    pass\n'
                ),
            },
        ),
        Example(
            "instances handed over",
            {
                "shop/models.py": _MODELS
                + "\n    def send(self):\n        from shop.tasks import ship\n\n        ship.delay(self)  # <-\n",
                "shop/tasks.py": _TASK,
                "shop/services.py": (
                    "from functools import partial\n\nfrom django.db import transaction\n\n"
                    "from shop.models import Order\nfrom shop.tasks import ship\n\n\n"
                    "def order_create(total):\n"
                    "    order = Order.objects.create(total=total)\n"
                    "    ship.delay(order)  # <-\n"
                    "    ship.apply_async(args=[order], countdown=5)  # <-\n"
                    '    ship.apply_async(kwargs={"order_id": order})  # <-\n'
                    "    transaction.on_commit(lambda: ship.delay(order))  # <-\n"
                    "    transaction.on_commit(partial(ship.delay, order))  # <-\n\n\n"
                    "def order_send(order: Order):\n"
                    "    ship.si(order)  # <-\n"
                ),
            },
        ),
        Example(
            "the instance of a signal",
            {
                "shop/models.py": _MODELS,
                "shop/tasks.py": _TASK,
                "shop/signals.py": (
                    "from django.db.models.signals import post_save\nfrom django.dispatch import receiver\n\n"
                    "from shop.tasks import ship\n\n\n"
                    "@receiver(post_save)\n"
                    "def order_saved(sender, instance, **kwargs):\n"
                    "    ship.delay(instance)  # <-\n"
                ),
            },
        ),
        Example(
            "ids",
            {
                "shop/models.py": _MODELS,
                "shop/tasks.py": (
                    "from celery import shared_task\n\nfrom shop.models import Order\n\n\n"
                    "@shared_task\n"
                    "def ship(order_id: int, model: type[Order] | None = None, wrap: Wrapper[Order] = None):\n"
                    "    order = Order.objects.get(pk=order_id)\n"
                ),
                "shop/services.py": (
                    "from shop.models import Order\nfrom shop.tasks import ship\n\n\n"
                    "def order_create(total):\n"
                    "    order = Order.objects.create(total=total)\n"
                    "    ship.delay(order.pk)\n"
                    "    ids = Order.objects.values_list('pk', flat=True)\n"
                    "    ship.delay(list(ids))\n"
                ),
            },
            state="pass",
        ),
        Example(
            "dataclasses and pydantic models are not models of Django",
            {
                "shop/tasks.py": (
                    "import django\nfrom dataclasses import dataclass\n\nfrom celery import shared_task\n"
                    "from pydantic import BaseModel\n\n\n"
                    "@dataclass\nclass Parcel:\n    weight: int\n\n\n"
                    "class Address(BaseModel):\n    city: str\n\n\n"
                    "@shared_task\n"
                    "def ship(parcel: Parcel, to: Address):\n    pass\n\n\n"
                    "def send():\n    parcel = Parcel(1)\n    ship.delay(parcel)\n"
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "a function that is no task may take instances",
            {
                "shop/models.py": _MODELS,
                "shop/services.py": "from shop.models import Order\n\n\ndef ship(order: Order):\n    pass\n",
            },
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each task, and one for each dispatch that hands something over."""
        for task in project.events.tasks:
            if task.framework != "celery" or task.function.module.role != "source":
                continue
            function = task.function
            wrong = [
                parameter.name
                for parameter in task.parameters
                if models_in(project, function.module, parameter.annotation, function.index)
            ]
            if wrong:
                yield function.violation(
                    f"`{function.name}` takes a model in `{'`, `'.join(wrong)}`; take the primary key and fetch "
                    "the row in "
                    "the task"
                )
            else:
                yield function.in_order()
        for task, call in project.events.dispatches():
            if task.framework != "celery" or (
                call.function and call.function.module.role != "source"
            ):
                continue
            arguments = task_arguments(call)
            wrong = [
                value.name
                for _, value in arguments
                if isinstance(value, o.Ref) and _is_instance(project, call, value.name)
            ]
            if wrong:
                yield call.violation(
                    f"`{task.function.name}` is handed the instance `{'`, `'.join(wrong)}`; hand over `{wrong[0]}.pk`"
                )
            elif arguments:
                yield call.in_order()


def _is_instance(project: Project, call: CallSite, name: str) -> bool:
    if name == "request.user" or name.endswith(".request.user"):
        return True
    if "." in name:
        return False
    if name == "instance" and call.function is not None:
        return _is_lifecycle_receiver(project, call.function)
    return kind_of_name(project, call, name) is not None


def _is_lifecycle_receiver(project: Project, function: Function) -> bool:
    """Whether a function, or the one around it, receives the lifecycle signals of models."""
    names = {function.qualified_name}
    if function.is_nested:
        names.add(project.functions.by_index[function.path, function.outline.parent].qualified_name)
    return any(
        receiver.function.qualified_name in names
        and not LIFECYCLE_SIGNALS.isdisjoint(receiver.signals)
        for receiver in project.events.receivers
    )
