"""CEL-09."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline import outline as o
from plumbline.edits import AddImport, Fix, ReplaceText
from plumbline.project import Project
from plumbline.project.events import Task
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_APP = {
    "config/celery.py": 'from celery import Celery\n\napp = Celery("shop")\n',
    "manage.py": "import django\n",
}


class TaskOfTheApplication(Rule):
    """Finds tasks in apps that are bound to the project's Celery application."""

    code = "CEL09"
    slug = "task-of-the-application"
    title = "Apps declare their tasks with @shared_task"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Production Background Tasks with Celery"
    guide_lines = (1096, 1107)
    what = "A task of an app that is declared with `@app.task`, which needs the project's application object."
    why = (
        "The import turns the dependency round: an app that could be used anywhere now needs the project around it, "
        "and importing its tasks sets up the whole application. `@shared_task` binds to it when it is there."
    )
    how = (
        "Write `@shared_task` in place of `@app.task`; it takes the same options. Let the project's package import its "
        "application, so that Django's process has one too."
    )
    applies_when = "apps of the repository have Celery tasks"
    absent = "no app has Celery tasks"
    errata = "Tasks beside the application itself, such as one with a base class of the project, may use it."
    examples = (
        Example(
            "tasks that import the application",
            {
                **_APP,
                "shop/tasks.py": (
                    "from config.celery import app\n\n\n"
                    "@app.task  # <-\ndef ship(order_id):\n    pass\n\n\n"
                    '@app.task(name="count", ignore_result=True)  # <-\ndef count():\n    pass\n'
                ),
            },
            fixed={
                "shop/tasks.py": (
                    "from celery import shared_task\n\nfrom config.celery import app\n\n\n"
                    "@shared_task\ndef ship(order_id):\n    pass\n\n\n"
                    '@shared_task(name="count", ignore_result=True)\ndef count():\n    pass\n'
                )
            },
        ),
        Example(
            "a shared task",
            {
                **_APP,
                "shop/tasks.py": (
                    "from celery import shared_task\n\n\n@shared_task\ndef ship(order_id):\n    pass\n"
                ),
            },
            state="pass",
        ),
        Example(
            "a task with a base of the project, beside the application",
            {
                **_APP,
                "config/tasks.py": (
                    "from config.base import TracedTask\nfrom config.celery import app\n\n\n"
                    "@app.task(base=TracedTask)\ndef beat():\n    pass\n"
                ),
                "shop/tasks.py": (
                    "from celery import shared_task\n\n\n@shared_task\ndef ship(order_id):\n    pass\n"
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
        """One verdict for each task that does not stand beside the application."""
        apps = project.events.celery_apps
        homes = {app.path.rpartition("/")[0] for app in apps.values()}
        for task in project.events.tasks:
            function = task.function
            if (
                task.framework != "celery"
                or task.factory is not None
                or function.module.role != "source"
                or function.path.rpartition("/")[0] in homes
            ):
                continue
            names = [name for name, _ in function.decorators]
            bound = next(
                (index for index, name in enumerate(names) if name.removesuffix(".task") in apps),
                None,
            )
            if bound is None:
                yield function.in_order()
            else:
                line = _line(task, bound)
                place = project.located_in(function.module, line, f"@{names[bound]}")
                yield function.violation(
                    f"the task `{function.name}` is bound to the project's Celery application; declare it with "
                    "`@shared_task`",
                    at=place if line else None,
                    fix=_fix(task, bound, line),
                )


def _line(task: Task, index: int) -> int:
    """The line of a decorator, 0 if it cannot be told: one without brackets stands above what has a line."""
    decorators = task.function.outline.decorators
    decorator = decorators[index]
    if isinstance(decorator, o.Invocation):
        return decorator.line
    below = decorators[index + 1] if index + 1 < len(decorators) else None
    if below is not None and not isinstance(below, o.Invocation):
        return 0
    return (below.line if below is not None else task.function.line) - 1


def _fix(task: Task, index: int, line: int) -> Fix | None:
    """Change the decorator and import it. Options may belong to the application: unsafe where there are any."""
    decorator = task.function.outline.decorators[index]
    if not line or not isinstance(decorator, o.Ref | o.Invocation):
        return None
    return Fix(
        [
            ReplaceText(task.function.path, line, f"@{decorator.name}", "@shared_task"),
            AddImport(task.function.path, "celery", "shared_task"),
        ],
        is_safe=task.options is None or not task.options.keywords,
    )
