"""CEL-18."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.outline import DISCARDED
from plumbline.project import Function, Project
from plumbline.project.functions import CallSite
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_TASKS = "from celery import shared_task\n\n\n@shared_task\ndef ship(order_id):\n    pass\n"
_DEPTH = 3


class TaskCalledDirectly(Rule):
    """Finds tasks that run in the request that wanted them queued."""

    code = "CEL18"
    slug = "task-called-directly"
    title = "Views and services queue a task, they do not call it"
    level = Level.SHOULD
    basis = Basis.DERIVED
    preview = True
    section = "Production Background Tasks with Celery"
    guide_lines = (1096, 1131)
    what = "A Celery task that is called like a function, outside tests, other tasks and management commands."
    why = (
        "`ship(order_id)` runs the whole task where it stands: the request waits for it, no worker sees it, and its "
        "retries and limits do not apply. It looks like `ship.delay(order_id)` and nothing warns of the difference."
    )
    how = (
        "Queue it: `ship.delay(order.pk)`, after commit where it needs the row. Where it is meant to run at once, move "
        "the work into a plain function that both the task and the caller use."
    )
    applies_when = "the repository has Celery tasks and calls or queues them"
    absent = "no Celery task is called or queued"
    errata = (
        "A call at once may be meant: in tasks and what only they call, in commands, beside a `delay` of the same task "
        "in the same function, and where the result is used, it is in order."
    )
    examples = (
        Example(
            "a view that waits",
            {
                "shop/tasks.py": _TASKS,
                "shop/views.py": (
                    "import django\nfrom shop.tasks import ship\n\n\n"
                    "def order(request, pk):\n    ship(pk)  # <-\n"
                ),
            },
        ),
        Example(
            "queued",
            {
                "shop/tasks.py": _TASKS,
                "shop/views.py": (
                    "import django\nfrom shop.tasks import ship\n\n\n"
                    "def order(request, pk):\n    ship.delay(pk)\n"
                ),
            },
            state="pass",
        ),
        Example(
            "run at once on purpose",
            {
                "shop/tasks.py": (
                    f"{_TASKS}\n\n@shared_task\ndef ship_all():\n    ship(1)\n    _rest()\n\n\n"
                    "def _rest():\n    ship(2)\n"
                ),
                "shop/management/commands/ship.py": (
                    "from django.core.management.base import BaseCommand\n\nfrom shop.tasks import ship\n\n\n"
                    "class Command(BaseCommand):\n    def handle(self, *args, **options):\n        ship(1)\n"
                ),
                "shop/services.py": (
                    "from shop.tasks import ship\n\n\n"
                    "def order_ship(pk, now):\n"
                    "    if now:\n        ship(pk)\n    else:\n        ship.delay(pk)\n\n\n"
                    "def order_shipped(pk):\n    return ship(pk)\n"
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "a repository without Celery tasks",
            {"shop/apps.py": "import django\n"},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each direct call and each dispatch."""
        tasks = {
            task.function.qualified_name: task.function
            for task in project.events.tasks
            if task.framework == "celery" and task.function.owner is None
        }
        if not tasks:
            return
        queued: set[tuple[str, str]] = set()
        for task, call in project.events.dispatches():
            if task.framework == "celery":
                queued.add((call.symbol, task.function.qualified_name))
                yield call.in_order()
        for call in project.calls.named(*{function.name for function in tasks.values()}):
            called = tasks.get(call.target)
            if called is None or call.function is called:
                continue
            if (call.symbol, call.target) in queued or _is_meant(project, call, tasks):
                yield call.in_order()
            else:
                yield call.violation(
                    f"`{called.name}` runs here and now; queue it with `{called.name}.delay(…)`"
                )


def _is_meant(project: Project, call: CallSite, tasks: dict[str, Function]) -> bool:
    """Whether a direct call has a good reason: its result is used, or nobody waits for it."""
    if not call.has(DISCARDED):
        return True
    parts = call.path.split("/")
    if "management" in parts or call.function is None:
        return True
    return _is_background(project, call.function, tasks, _DEPTH)


def _is_background(
    project: Project, function: Function, tasks: dict[str, Function], depth: int
) -> bool:
    """Whether a function is a task, stands beside tasks, or is only called by such functions."""
    if function.qualified_name in tasks or "tasks" in function.module.name.split("."):
        return True
    if function.is_nested or depth == 0:
        outer = project.functions.by_index.get((function.path, function.outline.parent))
        return outer is not None and _is_background(project, outer, tasks, 0)
    callers = [
        call.function
        for call in project.calls.named(function.name)
        if call.target == function.qualified_name and call.function is not None
    ]
    return bool(callers) and all(
        _is_background(project, caller, tasks, depth - 1) for caller in callers
    )
