"""TSK-05."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline import outline as o
from plumbline.edits import AddImport, DeferCall, Fix
from plumbline.project import Project
from plumbline.project.functions import CallSite
from plumbline.project.writes import changes_rows
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_TASKS = "from django.tasks import task\n\n\n@task\ndef ship(order_id):\n    pass\n"
_HEAD = "from django.db import transaction\n\nfrom shop.models import Order\nfrom shop.tasks import ship\n\n\n"


class EnqueueBeforeCommit(Rule):
    """Finds tasks that are queued for rows which are not committed yet."""

    code = "TSK05"
    slug = "enqueue-before-commit"
    title = "A task for a row is queued after the row's transaction"
    level = Level.SHOULD
    basis = Basis.DERIVED
    section = "Background Tasks"
    guide_lines = (1018, 1022)
    what = (
        "`enqueue` of a task inside `transaction.atomic()`, after a write in the same function and without "
        "`transaction.on_commit`."
    )
    why = (
        "A worker may take the task before the transaction ends and find no row, or the old one. If the transaction "
        "rolls back, the task runs for something that never happened."
    )
    how = (
        "Hand it to the transaction: `transaction.on_commit(lambda: ship.enqueue(order_id=order.pk))`, or with "
        "`functools.partial` in a loop. Or queue it below the block."
    )
    applies_when = "a task of Django's framework is queued"
    absent = "no task of Django's framework is queued"
    errata = (
        "The guide queues in the view after the service has returned, which is in order as long as the request has no "
        "transaction of its own. The backport may wait for the commit by itself and is not judged."
    )
    examples = (
        Example(
            "queued inside the block",
            {
                "shop/tasks.py": _TASKS,
                "shop/services.py": (
                    f"{_HEAD}def order_create(total):\n"
                    "    with transaction.atomic():\n"
                    "        order = Order.objects.create(total=total)\n"
                    "        ship.enqueue(order_id=order.pk)  # <-\n\n\n"
                    "@transaction.atomic\n"
                    "def order_pay(order):\n"
                    "    order.save()\n"
                    "    ship.enqueue(order.pk)  # <-\n"
                ),
            },
            fixed={
                "shop/services.py": (
                    f"{_HEAD}def order_create(total):\n"
                    "    with transaction.atomic():\n"
                    "        order = Order.objects.create(total=total)\n"
                    "        transaction.on_commit(lambda: ship.enqueue(order_id=order.pk))\n\n\n"
                    "@transaction.atomic\n"
                    "def order_pay(order):\n"
                    "    order.save()\n"
                    "    transaction.on_commit(lambda: ship.enqueue(order.pk))\n"
                )
            },
        ),
        Example(
            "after commit",
            {
                "shop/tasks.py": _TASKS,
                "shop/services.py": (
                    f"from functools import partial\n\n{_HEAD}def order_create(total):\n"
                    "    with transaction.atomic():\n"
                    "        order = Order.objects.create(total=total)\n"
                    "        transaction.on_commit(lambda: ship.enqueue(order_id=order.pk))\n"
                    "        transaction.on_commit(partial(ship.enqueue, order.pk))\n"
                    "    ship.enqueue(order_id=order.pk)\n"
                ),
            },
            state="pass",
        ),
        Example(
            "without a transaction each write is committed at once",
            {
                "shop/tasks.py": _TASKS,
                "shop/services.py": (
                    f"{_HEAD}def order_create(total):\n"
                    "    order = Order.objects.create(total=total)\n    ship.enqueue(order_id=order.pk)\n"
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "a project without tasks",
            {"shop/apps.py": "import django\n"},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each dispatch."""
        for task, call in project.events.dispatches():
            if task.framework != "django":
                continue
            if not _is_early(call):
                yield call.in_order()
            elif not task.function.decorated("django.tasks.task"):
                yield call.unknown("the backport may wait for the commit by itself")
            else:
                yield call.violation(
                    f"`{task.function.name}` is queued before the row that it needs is committed; "
                    "hand it to `transaction.on_commit`",
                    fix=_fix(call),
                )


def _is_early(call: CallSite) -> bool:
    """Whether a dispatch runs at once, in a transaction that has already written."""
    function = call.function
    if function is None or call.has(o.IN_LAMBDA) or call.method not in ("enqueue", "aenqueue"):
        return False
    is_decorated = any(name.rpartition(".")[2] == "atomic" for name, _ in function.decorators)
    if not is_decorated and not call.has(o.IN_ATOMIC):
        return False
    return any(
        changes_rows(other) and (is_decorated or other.has(o.IN_ATOMIC))
        for other in function.calls
        if other.line < call.line
    )


def _fix(call: CallSite) -> Fix | None:
    """Queue it after commit. Unsafe: the names in it are read later. In a loop they would be those of its end."""
    if call.has(o.IN_LOOP) or call.has(o.AWAITED) or not call.has(o.DISCARDED):
        return None
    defer = DeferCall(call.path, call.line, call.column, call.outline.name, "transaction.on_commit")
    return Fix([defer, AddImport(call.path, "django.db", "transaction")], is_safe=False)
