"""ASY-05."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from plumbline import outline as o
from plumbline.project import Function, Model, Project
from plumbline.project.orm import INSTANCE, held_by, models_in, steps_of
from plumbline.rule import Basis, Example, Level, Located, Rule, Verdict

_TO_ONE = ("ForeignKey", "OneToOneField")
_DEPTH = 5
_MODELS = (
    "from django.db import models\n\n\n"
    "class Customer(models.Model):\n    name = models.TextField()\n\n\n"
    "class Order(models.Model):\n"
    '    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="orders")\n'
)
_HEAD = "from django.http import JsonResponse\n\nfrom shop.models import Order\n\n\nasync def page(request, pk):\n"


class LazyRelation(Rule):
    """Points at related objects that are loaded by an attribute in the event loop."""

    code = "ASY05"
    slug = "lazy-relation-in-async-function"
    title = "Async code does not load related objects by touching them"
    level = Level.SHOULD
    basis = Basis.DERIVED
    section = "Async Views and Authentication"
    guide_lines = (1281, 1312)
    preview = True
    what = (
        "In an `async def`: `order.customer`, where `order` was got by a query without `select_related` or is a "
        "parameter annotated with its model, and `customer` is a foreign key or one-to-one field of that model."
    )
    why = (
        "The attribute loads the related row when it is first touched, by a sync query. In the event loop that raises "
        "`SynchronousOnlyOperation`, and only where the row was not loaded before."
    )
    how = (
        'Name the relation in the query, `Order.objects.select_related("customer").aget(pk=pk)`, or ask for the row '
        "itself: `await Customer.objects.aget(pk=order.customer_id)`."
    )
    applies_when = "an async function follows a relation of a model instance"
    absent = "no async function follows a relation of a model instance"
    errata = "What a caller has loaded is not seen, so this is advice."
    examples = (
        Example(
            "a query that leaves the relation out",
            {
                "shop/models.py": _MODELS,
                "shop/views.py": (
                    _HEAD + "    order = await Order.objects.aget(pk=pk)\n"
                    '    return JsonResponse({"customer": order.customer.name})  # <-\n'
                ),
            },
        ),
        Example(
            "selected with the row",
            {
                "shop/models.py": _MODELS,
                "shop/views.py": (
                    _HEAD
                    + '    order = await Order.objects.select_related("customer").aget(pk=pk)\n'
                    '    return JsonResponse({"customer": order.customer.name})\n'
                ),
            },
            state="pass",
        ),
        Example(
            "the key alone, and code for a thread",
            {
                "shop/models.py": _MODELS,
                "shop/views.py": (
                    "from asgiref.sync import sync_to_async\n"
                    + _HEAD
                    + "    order = await Order.objects.aget(pk=pk)\n"
                    "    await sync_to_async(lambda: order.customer.delete())()\n"
                    '    return JsonResponse({"customer": order.customer_id})\n'
                ),
            },
            state="not_applicable",
            is_trap=True,
        ),
        Example(
            "sync code",
            {
                "shop/models.py": _MODELS,
                "shop/views.py": _HEAD.replace("async ", "")
                + "    order = Order.objects.get(pk=pk)\n"
                + "    return JsonResponse({'customer': order.customer.name})\n",
            },
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each relation that an async function follows."""
        models: dict[str, Model] | None = None
        for function in project.functions.asynchronous:
            if not any("." in call.outline.name for call in function.calls):
                continue
            if models is None:
                models = {model.cls.qualified_name: model for model in project.models}
            held = dict(_held(project, function, models))
            if held:
                yield from _followed(function, held)


def _held(
    project: Project, function: Function, models: dict[str, Model]
) -> Iterator[tuple[str, tuple[Model, bool]]]:
    """Local names of instances, with the model, and whether the query selected relations."""
    for parameter in function.outline.parameters:
        for written in models_in(project, function.module, parameter.annotation, function.index):
            model = models.get(function.resolve(written))
            if model is not None and "[" not in parameter.annotation:
                yield parameter.name, (model, False)
    for call in function.calls:
        chain = steps_of(call.outline.name)
        if not call.outline.bound or chain is None or not call.has(o.AWAITED):
            continue
        model = models.get(function.resolve(chain[0].rpartition(".")[0]))
        if model is not None and held_by(project, call.outline, function) == INSTANCE:
            is_selected = not {"select_related", "prefetch_related"}.isdisjoint(chain[1])
            yield call.outline.bound, (model, is_selected)


def _followed(function: Function, held: dict[str, tuple[Model, bool]]) -> Iterator[Verdict]:
    seen: set[tuple[str, int]] = set()
    for line, name in _names(function):
        head, _, rest = name.partition(".")
        relation = rest.partition(".")[0].partition("(")[0]
        if head not in held or not relation or (f"{head}.{relation}", line) in seen:
            continue
        model, is_selected = held[head]
        if not any(field.name == relation and field.relation in _TO_ONE for field in model.fields):
            continue
        seen.add((f"{head}.{relation}", line))
        place = Located(function.path, line, line, 0, function.symbol, f"{head}.{relation}")
        if is_selected:
            yield place.in_order()
        else:
            yield place.violation(
                f"`{head}.{relation}` may be loaded in the event loop; name `{relation}` in `select_related`"
            )


def _names(function: Function) -> Iterator[tuple[int, str]]:
    """Every chain in a call of the function, as its name or its argument, with the line of the call."""
    for call in function.calls:
        if call.has(o.IN_LAMBDA):
            continue
        yield call.line, call.outline.name
        values = [*call.outline.args, *(value for _, value in call.outline.keywords)]
        for name in _references(values, 0):
            yield call.line, name


def _references(values: Sequence[o.Value], depth: int) -> Iterator[str]:
    for value in values if depth < _DEPTH else ():
        if isinstance(value, o.Ref):
            yield value.name
        elif isinstance(value, o.Many):
            yield from _references(value.items, depth + 1)
        elif isinstance(value, o.Table):
            yield from _references(value.values, depth + 1)
        elif isinstance(value, o.Text):
            yield from value.fields
