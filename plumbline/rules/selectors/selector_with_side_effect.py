"""SEL-03."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.project.functions import CallSite, effect_kind
from plumbline.project.writes import changes_rows
from plumbline.rule import Basis, Effort, Example, Level, Rule, Verdict


class SelectorWithSideEffect(Rule):
    """Finds selectors that write to the database or enqueue tasks."""

    code = "SEL03"
    slug = "selector-with-side-effect"
    title = "Selectors neither write nor enqueue"
    level = Level.SHOULD
    basis = Basis.DERIVED
    section = "Selectors Pattern"
    guide_lines = (264, 284)
    effort = Effort.HOUR
    what = (
        "A call in a selectors module that creates, saves, updates or deletes rows, `get_or_create` included, "
        "or that puts a "
        "task on a queue. Caching a result and locking rows with `select_for_update` are part of reading."
    )
    why = (
        "A selector is called freely: in templates, in permission checks, twice per page. That is only safe "
        "while asking a "
        "question never changes the answer."
    )
    how = (
        "Move the writing part to a service and let whoever wants both call both. `get_or_create` becomes a "
        "selector that may "
        "return nothing and a service that creates."
    )
    applies_when = "the repository has functions in selectors modules"
    absent = "no selectors module has a function"
    examples = (
        Example(
            "selectors that write or enqueue",
            {
                "shop/selectors.py": (
                    "from shop.models import Order\nfrom shop.tasks import order_index\n\n"
                    "def order_get(*, number, user):\n"
                    "    order, _ = Order.objects.get_or_create(number=number)  # <-\n"
                    "    order.seen = True\n"
                    "    order.save(update_fields=['seen'])  # <-\n"
                    "    order.views.create(user=user)  # <-\n"
                    "    order_index.delay(order.pk)  # <-\n"
                    "    return order\n\n"
                    "def order_list(*, user):\n"
                    "    orders = Order.objects.filter(user=user)\n"
                    "    orders.update(seen=True)  # <-\n"
                    "    Order.objects.filter(user=None).delete()  # <-\n"
                    "    return orders\n"
                ),
                "shop/models.py": (
                    "from django.db import models\n\nclass Order(models.Model):\n    seen = models.BooleanField()\n"
                ),
                "shop/tasks.py": (
                    "from celery import shared_task\n\n@shared_task\ndef order_index(pk):\n    return pk\n"
                ),
            },
        ),
        Example(
            "reading",
            {
                "shop/selectors.py": (
                    "from shop.models import Order\n\n"
                    "def order_list(*, user):\n    return Order.objects.filter(user=user).select_related('user')\n"
                ),
                "shop/models.py": "from django.db import models\n\nclass Order(models.Model):\n    pass\n",
            },
            state="pass",
        ),
        Example(
            "caches, locks, dictionaries, sets and files",
            {
                "shop/selectors.py": (
                    "import hashlib\n\nfrom django.core.cache import cache\nfrom shop.models import Order\n\n"
                    "def order_counts(*, user):\n"
                    "    counts = {}\n"
                    "    counts.update(open=1)\n"
                    "    digest = hashlib.sha256()\n"
                    "    digest.update(b'x')\n"
                    "    seen = set()\n"
                    "    seen.add(1)\n"
                    "    cache.set('counts', counts, 60)\n"
                    "    cache.delete('old')\n"
                    "    user.session.save()\n"
                    "    return counts\n\n"
                    "def order_lock(*, pk):\n    return Order.objects.select_for_update().get(pk=pk)\n"
                ),
                "shop/models.py": "from django.db import models\n\nclass Order(models.Model):\n    pass\n",
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "a service may write",
            {
                "shop/services.py": (
                    "from shop.models import Order\n\ndef order_create():\n    return Order.objects.create()\n"
                ),
                "shop/models.py": "from django.db import models\n\nclass Order(models.Model):\n    pass\n",
            },
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """Judge each function of a selectors module by the calls in it."""
        for function in project.functions_in("selectors"):
            found = [(call, what) for call in function.calls if (what := _effect(call))]
            for call, what in found:
                yield call.violation(
                    f"selector `{function.name}` {what} by `{call.outline.name}`; move that to a service"
                )
            if not found:
                yield function.in_order()


def _effect(call: CallSite) -> str:
    """What a call does that a selector should not; empty if nothing is seen."""
    if changes_rows(call):
        return "writes"
    return "enqueues a task" if effect_kind(call) == "task" else ""
