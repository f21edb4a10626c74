"""TSK-06."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline import outline as o
from plumbline.project import Project
from plumbline.project.events import Task
from plumbline.rule import Effort, Example, Level, Rule, Verdict

_HEAD = "import time\n\nfrom django.tasks import task\n\n\n"
_SLEEPS = frozenset(("time.sleep", "asyncio.sleep"))


class HomeMadeRetry(Rule):
    """Finds tasks of Django's framework that retry or repeat themselves by hand."""

    code = "TSK06"
    slug = "home-made-retry"
    title = "What must retry, repeat or chain belongs to Celery"
    level = Level.MAY
    preview = True
    section = "Background Tasks"
    guide_lines = (1033, 1043)
    effort = Effort.DAYS
    what = (
        "A task of `django.tasks` that sleeps in a loop or after an error, queues itself again, or queues another task "
        "after an error."
    )
    why = (
        "Django's framework has no retries, schedules or chains. Built by hand they hold a worker while they sleep, "
        "lose count when it restarts, and differ from task to task."
    )
    how = (
        "Where work must retry, run on a schedule or continue in steps, make it a Celery task: `autoretry_for` with "
        "`retry_backoff`, beat, chains. Leave the simple tasks where they are."
    )
    applies_when = "the repository declares tasks with Django's framework"
    absent = "no task is declared with Django's framework"
    examples = (
        Example(
            "waiting in a loop, and starting over",
            {
                "shop/tasks.py": (
                    f"{_HEAD}@task\ndef pay(order_id):  # <-\n"
                    "    for attempt in range(5):\n        time.sleep(2**attempt)\n\n\n"
                    "@task\ndef poll(order_id):  # <-\n    poll.enqueue(order_id)\n"
                ),
            },
        ),
        Example(
            "a task that does one thing, with a short pause",
            {
                "shop/tasks.py": f"{_HEAD}@task\ndef ship(order_id):\n    time.sleep(1)\n    notify(order_id)\n",
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
        """One verdict for each task."""
        for task in project.events.tasks:
            function = task.function
            if task.framework != "django" or function.module.role != "source":
                continue
            found = _home_made(task)
            if found:
                yield function.violation(
                    f"`{function.name}` {found}; a Celery task would do that by a declaration"
                )
            else:
                yield function.in_order()


def _home_made(task: Task) -> str:
    own = task.function.qualified_name
    for call in task.function.calls:
        is_after_error = call.has(o.IN_EXCEPT)
        if call.target in _SLEEPS and (call.has(o.IN_LOOP) or is_after_error):
            return "waits and tries again"
        if call.method in ("enqueue", "aenqueue"):
            if call.target.startswith(f"{own}."):
                return "queues itself again"
            if is_after_error:
                return "queues more after an error"
    return ""
