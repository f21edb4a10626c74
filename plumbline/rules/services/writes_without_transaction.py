"""SVC-04."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline import outline as o
from plumbline.project import Function, Project
from plumbline.project.functions import CallSite
from plumbline.project.settings import UNKNOWN
from plumbline.project.writes import changes_rows
from plumbline.rule import Basis, Example, Level, Rule, Verdict


class WritesWithoutTransaction(Rule):
    """Finds services that write several times without a transaction."""

    code = "SVC04"
    slug = "writes-without-transaction"
    title = "Services that write several times do so in one transaction"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Services Pattern"
    guide_lines = (234, 262)
    what = (
        "A function of a services module that writes rows in two places, or in a loop, outside `transaction.atomic`. A "
        "single bulk operation is one write; of writes under conditions one counts, and only below another write. A "
        "function that is called in a transaction only is in order, and so is everything where `ATOMIC_REQUESTS` is on."
    )
    why = (
        "If the second write fails, the first stays: an order without items, money taken without a receipt. Nothing "
        "repairs such rows, and the next attempt finds them in its way."
    )
    how = (
        "Decorate the service with `@transaction.atomic`, or put the writes into one `with transaction.atomic():`. "
        "What cannot be undone, mail and tasks, goes into `transaction.on_commit`."
    )
    applies_when = "the repository has services that write several times"
    absent = "no service writes more than once"
    errata = (
        "The guide's sample service is atomic but no sentence asks for it, so this weighs nothing."
    )
    examples = (
        Example(
            "two writes, and a write in a loop",
            {
                "shop/services.py": (
                    "from shop.models import Item, Order\n\n"
                    "def order_create(*, user, names):  # <-\n"
                    "    order = Order.objects.create(user=user)\n"
                    "    order.total = 3\n"
                    "    order.save()\n"
                    "    return order\n\n"
                    "def items_create(*, names):  # <-\n"
                    "    for name in names:\n"
                    "        Item.objects.create(name=name)\n"
                ),
                "shop/models.py": (
                    "from django.db import models\n\n"
                    "class Order(models.Model):\n    pass\n\nclass Item(models.Model):\n    pass\n"
                ),
            },
        ),
        Example(
            "in a transaction",
            {
                "shop/services.py": (
                    "from django.db import transaction\n\nfrom shop.models import Item, Order\n\n"
                    "@transaction.atomic\n"
                    "def order_create(*, user):\n"
                    "    order = Order.objects.create(user=user)\n"
                    "    Item.objects.create(order=order)\n"
                    "    return order\n\n"
                    "def order_close(*, order):\n"
                    "    with transaction.atomic():\n"
                    "        order.save()\n"
                    "        Item.objects.filter(order=order).update(open=False)\n"
                ),
                "shop/models.py": (
                    "from django.db import models\n\n"
                    "class Order(models.Model):\n    pass\n\nclass Item(models.Model):\n    pass\n"
                ),
            },
            state="pass",
        ),
        Example(
            "a caller that is atomic, a bulk operation, branches",
            {
                "shop/services.py": (
                    "from django.db import transaction\n\nfrom shop.models import Item, Order\n\n"
                    "@transaction.atomic\n"
                    "def order_create(*, user):\n"
                    "    order = Order.objects.create(user=user)\n"
                    "    _items_create(order)\n"
                    "    return order\n\n"
                    "def _items_create(order):\n"
                    '    Item.objects.create(order=order, name="a")\n'
                    '    Item.objects.create(order=order, name="b")\n\n'
                    "def items_create(*, names):\n"
                    "    Item.objects.bulk_create([Item(name=name) for name in names])\n\n"
                    "def order_toggle(*, order):\n"
                    "    if order.open:\n"
                    "        Order.objects.filter(pk=order.pk).update(open=False)\n"
                    "    else:\n"
                    "        Order.objects.filter(pk=order.pk).update(open=True)\n"
                ),
                "shop/models.py": (
                    "from django.db import models\n\n"
                    "class Order(models.Model):\n    pass\n\nclass Item(models.Model):\n    pass\n"
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "every request is a transaction",
            {
                "config/settings.py": (
                    'ROOT_URLCONF = "config.urls"\n'
                    'DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "ATOMIC_REQUESTS": True}}\n'
                ),
                "shop/services.py": (
                    "from shop.models import Order\n\n"
                    "def order_create(*, user):\n"
                    "    Order.objects.create(user=user)\n"
                    "    Order.objects.create(user=user)\n"
                ),
                "shop/models.py": "from django.db import models\n\nclass Order(models.Model):\n    pass\n",
            },
            state="not_applicable",
            is_trap=True,
        ),
    )

    def not_applicable(self, project: Project) -> str | None:
        """With ``ATOMIC_REQUESTS`` a transaction is around already."""
        for module in project.settings.deployed:
            databases = module.get("DATABASES")
            default = (
                databases.value.get("default")
                if databases and isinstance(databases.value, dict)
                else None
            )
            if isinstance(default, dict) and default.get("ATOMIC_REQUESTS", False) not in (
                False,
                UNKNOWN,
            ):
                return f"{module.name} makes every request one transaction (ATOMIC_REQUESTS)"
        return None

    def check(self, project: Project) -> Iterator[Verdict]:
        """Judge each function of a services module that writes several times."""
        for function in project.functions_in("services"):
            writes = [
                call for call in function.calls if changes_rows(call) and not call.has(o.IN_EXCEPT)
            ]
            if _weight(function, writes) < 2:
                continue
            loose = [call for call in writes if not call.has(o.IN_ATOMIC)]
            if not loose or _is_atomic(function) or _is_covered(project, function):
                yield function.in_order()
            else:
                yield function.violation(
                    f"`{function.name}` writes several times ({_listed(writes)}) without a transaction; make it atomic"
                )


def _weight(function: Function, writes: list[CallSite]) -> int:
    """How many writes happen in one run: one in a loop counts twice; those under a condition once, all together.

    What stands under a condition counts only below another write, and not where a bare ``return`` may part them.
    """
    always = [call for call in writes if not call.has(o.CONDITIONAL)]
    first = min((call.line for call in always), default=None)
    may_part = bool(function.outline.exits & o.RETURNS_NOTHING)
    has_more = (
        first is not None
        and not may_part
        and any(call.has(o.CONDITIONAL) and call.line > first for call in writes)
    )
    return sum(2 if call.has(o.IN_LOOP) else 1 for call in always) + has_more


def _is_atomic(function: Function) -> bool:
    return any(name.rpartition(".")[2] == "atomic" for name, _ in function.decorators)


def _is_covered(project: Project, function: Function) -> bool:
    """Whether every call of it stands in a transaction."""
    calls = [
        call
        for call in project.calls.named(function.name)
        if call.target
        == (function.qualified_name if function.owner is None else f"self.{function.name}")
    ]
    return bool(calls) and all(
        call.has(o.IN_ATOMIC) or (call.function is not None and _is_atomic(call.function))
        for call in calls
    )


def _listed(writes: list[CallSite]) -> str:
    names = list(dict.fromkeys(f"`{call.outline.name}`" for call in writes))
    return ", ".join(names[:3]) + (", …" if len(names) > 3 else "")
