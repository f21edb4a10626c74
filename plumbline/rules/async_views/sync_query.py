"""ASY-04."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.project.async_queries import query_verdicts
from plumbline.rule import Basis, Effort, Example, Level, Rule, Verdict

_MODELS = (
    "from django.db import models\n\n\n"
    "class Order(models.Model):\n"
    "    paid = models.BooleanField()\n"
)


class SyncQuery(Rule):
    """Finds database queries that block the event loop."""

    code = "ASY04"
    slug = "sync-query-in-async-function"
    title = "Async functions query the database by its async methods"
    level = Level.MUST
    basis = Basis.MARKED
    section = "Async Views and Authentication"
    guide_lines = (1277, 1312)
    what = (
        "In an `async def`: a queryset or manager method that asks the database at once (`get`, `create`, "
        "`count`, `exists`, "
        "…) without its `a`, a plain `for`, comprehension, `list()` or `len()` over a queryset, `save()` or "
        "`delete()` of a "
        "model instance, `get_object_or_404`."
    )
    why = (
        "Django refuses such a call in the event loop with `SynchronousOnlyOperation`; where the check is "
        "switched off, every "
        "other request of the process waits for the database."
    )
    how = (
        "Use the twin with an `a` and await it (`await Order.objects.aget(…)`, `await order.asave()`), `async for`, "
        "`[order async for order in orders]`, `aget_object_or_404`; wrap what has no twin in `sync_to_async`."
    )
    applies_when = "an async function uses the ORM"
    absent = "no async function uses the ORM"
    effort = Effort.MINUTES
    errata = (
        "The guide's own good samples filter by `request.user`, which loads the session at once and raises; "
        "`await request.auser()` is the form that works."
    )
    examples = (
        Example(
            "queries and iteration in an async view",
            {
                "shop/models.py": _MODELS,
                "shop/views.py": (
                    "from django.shortcuts import get_object_or_404\n\nfrom shop.models import Order\n\n\n"
                    "async def orders(request, pk):\n"
                    "    order = Order.objects.get(pk=pk)  # <-\n"
                    "    same = get_object_or_404(Order, pk=pk)  # <-\n"
                    "    paid = list(Order.objects.filter(paid=True))  # <-\n"
                    "    if Order.objects.filter(paid=True).exists():  # <-\n"
                    "        pass\n"
                    "    for item in Order.objects.all():  # <-\n"
                    "        pass\n"
                    "    return [item.pk for item in Order.objects.order_by('pk')]  # <-\n"
                ),
            },
            fixed={
                "shop/views.py": (
                    "from django.shortcuts import get_object_or_404\n\n"
                    "from shop.models import Order\n\n\n"
                    "async def orders(request, pk):\n    order = await Order.objects.aget(pk=pk)\n"
                    "    same = get_object_or_404(Order, pk=pk)\n"
                    "    paid = [item async for item in Order.objects.filter(paid=True)]\n"
                    "    if await Order.objects.filter(paid=True).aexists():\n        pass\n"
                    "    async for item in Order.objects.all():\n        pass\n"
                    "    return [item.pk async for item in Order.objects.order_by('pk')]\n"
                )
            },
        ),
        Example(
            "through names",
            {
                "shop/models.py": _MODELS,
                "shop/views.py": (
                    "from shop.models import Order\n\n\n"
                    "async def orders(request, pk):\n"
                    "    waiting = Order.objects.filter(paid=False)\n"
                    "    waiting = waiting.order_by('pk')\n"
                    "    number = waiting.count()  # <-\n"
                    "    for item in waiting:  # <-\n"
                    "        pass\n"
                    "    total = len(waiting)  # <-\n"
                    "    order = await Order.objects.aget(pk=pk)\n"
                    "    order.save()  # <-\n"
                ),
            },
            fixed={
                "shop/views.py": (
                    "from shop.models import Order\n\n\n"
                    "async def orders(request, pk):\n    waiting = Order.objects.filter(paid=False)\n"
                    "    waiting = waiting.order_by('pk')\n    number = await waiting.acount()\n"
                    "    async for item in waiting:\n        pass\n    total = len(waiting)\n"
                    "    order = await Order.objects.aget(pk=pk)\n    await order.asave()\n"
                )
            },
        ),
        Example(
            "the async forms",
            {
                "shop/models.py": _MODELS,
                "shop/views.py": (
                    "from shop.models import Order\n\n\n"
                    "async def orders(request, pk):\n"
                    "    order = await Order.objects.aget(pk=pk)\n"
                    "    await order.asave()\n"
                    "    async for item in Order.objects.filter(paid=True):\n"
                    "        pass\n"
                    "    waiting = Order.objects.filter(paid=False)\n"
                    "    number = await waiting.acount()\n"
                    "    waiting = [item async for item in waiting]\n"
                    "    return len(waiting), [item.pk async for item in Order.objects.all()]\n"
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "sync code handed to a thread",
            {
                "shop/models.py": _MODELS,
                "shop/views.py": (
                    "from asgiref.sync import sync_to_async\n\nfrom shop.models import Order\n\n\n"
                    "async def orders(request, pk):\n"
                    "    def load():\n"
                    "        return list(Order.objects.filter(paid=True))\n\n"
                    "    @sync_to_async\n"
                    "    def first():\n"
                    "        return Order.objects.first()\n\n"
                    "    order = await sync_to_async(Order.objects.get)(pk=pk)\n"
                    "    number = await sync_to_async(lambda: Order.objects.count())()\n"
                    "    paid = await sync_to_async(list)(Order.objects.filter(paid=True))\n"
                    "    await Order.objects.acount()\n"
                    "    return await sync_to_async(load)()\n"
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "a dictionary's `get` is no query",
            {
                "shop/models.py": _MODELS,
                "shop/views.py": (
                    "from shop.models import Order\n\n\n"
                    "async def orders(request):\n"
                    "    page = request.GET.get('page')\n"
                    "    options = {}\n"
                    "    options.get('x')\n"
                    "    options.update(page=page)\n"
                    "    await Order.objects.acreate(paid=bool(options))\n"
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "sync functions may query as they like",
            {
                "shop/models.py": _MODELS,
                "shop/views.py": (
                    "from shop.models import Order\n\n\n"
                    "def orders(request):\n    return list(Order.objects.all())\n"
                ),
            },
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each place in an async function that asks the database."""
        for function in project.functions.asynchronous:
            yield from query_verdicts(project, function)
