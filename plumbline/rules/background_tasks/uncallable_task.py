"""TSK-04."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.edits import Fix, RenameCall
from plumbline.project import Project
from plumbline.project.functions import CallSite
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_TASKS = "from django.tasks import task\n\n\n@task\ndef ship(order_id):\n    pass\n"


class UncallableTask(Rule):
    """Finds tasks of Django's framework that are called like functions."""

    code = "TSK04"
    slug = "background-task-called"
    title = "Background tasks are started with enqueue"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Background Tasks"
    guide_lines = (1014, 1023)
    what = "A call of a function that `@task` of `django.tasks` has made a task: `ship(order_id)`."
    why = "The decorator leaves a task object, which is not callable: the call raises TypeError when it is reached."
    how = (
        "Queue it with `ship.enqueue(order_id=order.pk)`; in a coroutine `await ship.aenqueue(…)`. To run it at once, "
        "as in a test, use `ship.call(…)`."
    )
    applies_when = "a task of Django's framework is called or queued"
    absent = "no task of Django's framework is called or queued"
    examples = (
        Example(
            "called like a function",
            {
                "shop/tasks.py": _TASKS,
                "shop/views.py": "from shop.tasks import ship\n\n\ndef order(request, pk):\n    ship(pk)  # <-\n",
            },
            fixed={
                "shop/views.py": "from shop.tasks import ship\n\n\ndef order(request, pk):\n    ship.enqueue(pk)\n"
            },
        ),
        Example(
            "queued, and run at once by call",
            {
                "shop/tasks.py": _TASKS,
                "shop/views.py": (
                    "from shop.tasks import ship\n\n\n"
                    "def order(request, pk):\n    ship.enqueue(pk)\n    ship.using(priority=5).enqueue(pk)\n\n\n"
                    "def order_now(request, pk):\n    ship.call(pk)\n"
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
        """One verdict for each call and each dispatch."""
        tasks = {
            task.function.qualified_name: task.function
            for task in project.events.tasks
            if task.framework == "django"
        }
        if not tasks:
            return
        for task, call in project.events.dispatches():
            if task.framework == "django":
                yield call.in_order()
        for call in project.calls.named(*{function.name for function in tasks.values()}):
            function = tasks.get(call.target)
            if function is not None:
                yield call.violation(
                    f"`{function.name}` is a task and cannot be called; use `{function.name}.enqueue(…)`",
                    fix=_fix(call),
                )


def _fix(call: CallSite) -> Fix:
    """Queue it. Unsafe: what the caller does with the result no longer fits."""
    edit = RenameCall(
        call.path, call.line, call.column, call.outline.name, f"{call.method}.enqueue"
    )
    return Fix([edit], is_safe=False)
