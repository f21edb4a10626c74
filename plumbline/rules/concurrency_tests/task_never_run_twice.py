"""CON-03."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from plumbline.project import Project
from plumbline.project.functions import is_write
from plumbline.rule import Basis, Effort, Example, Level, Rule, Verdict

_CELERY = {"requirements.txt": "django\ncelery\n"}
_TASK = {
    "shop/tasks.py": (
        "from celery import shared_task\n\nfrom shop.models import Order\n\n\n"
        "@shared_task\ndef close_orders():\n    Order.objects.filter(open=True).update(open=False)\n"
    )
}
_TEST = "from shop.tasks import close_orders\n\n\ndef test_it(db):\n    close_orders()\n"


class TaskNeverRunTwice(Rule):
    """Finds tasks that write rows and that no test runs twice in a row."""

    code = "CON03"
    slug = "task-never-run-twice"
    title = "A test runs each writing task twice"
    level = Level.MAY
    basis = Basis.EXAMPLE
    preview = True
    section = "Thread Safety / Idempotence Testing"
    guide_lines = (2120, 2132)
    effort = Effort.HOUR
    what = (
        "A task that writes to the database, tested, where no single test runs it at least twice."
    )
    why = "Queues deliver some messages twice. Whether a task bears that shows only when it is run twice."
    how = "Add a test that runs the task two times with the same arguments and asserts the same result as after one."
    applies_when = "tests run tasks that write"
    absent = "no test runs a task that writes"
    errata = "Whether a second run matters cannot be told from outside, so this is advice and never scores."
    examples = (
        Example(
            "run once",
            {
                **_CELERY,
                "shop/tasks.py": _TASK["shop/tasks.py"].replace("orders():", "orders():  # <-"),
                "shop/tests/test_tasks.py": _TEST,
            },
        ),
        Example(
            "run twice",
            {**_CELERY, **_TASK, "shop/tests/test_tasks.py": _TEST + "    close_orders.apply()\n"},
            state="pass",
        ),
        Example("not tested", {**_CELERY, **_TASK}, state="not_applicable"),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each task that writes and that tests run."""
        for task in project.events.tasks:
            function = task.function
            if not any(is_write(call) for call in function.calls):
                continue
            runs: Counter[str] = Counter()
            for module in project.calls.modules(
                function.name, "apply", "delay", "apply_async", "call", tests=True
            ):
                if not module.may_call(function.name):
                    continue
                for call in module.calls:
                    head, _, last = call.name.rpartition(".")
                    if (last == function.name and head != "self") or head.rpartition(".")[
                        2
                    ] == function.name:
                        runs[f"{module.path}:{call.scope}"] += 1
            if runs and max(runs.values()) > 1:
                yield function.in_order()
            elif runs:
                yield function.violation(
                    f"no test runs the task `{function.name}` twice; add one that shows a second run changes nothing"
                )
