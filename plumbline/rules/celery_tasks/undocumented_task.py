"""CEL-20."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline import outline as o
from plumbline.project import Project
from plumbline.project.events import Task
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_IMPORT = "from celery import shared_task\n\n\n"


class UndocumentedTask(Rule):
    """Finds tasks without annotations or a docstring."""

    code = "CEL20"
    slug = "undocumented-task"
    title = "Tasks are annotated and documented"
    level = Level.MAY
    basis = Basis.EXAMPLE
    preview = True
    section = "Production Background Tasks with Celery"
    guide_lines = (1100, 1131)
    what = "A Celery task that lacks a docstring, the type of a parameter, or the type of what it returns."
    why = (
        "A task is called by name across processes: no editor and no type checker follows the message. Its signature "
        "and its docstring are all that the next caller has, and what an operator reads when it fails."
    )
    how = (
        "Annotate each parameter and the result with plain types (`order_id: int`, `-> None`), and say in one line "
        "what the task does and whether it may run twice."
    )
    applies_when = "the repository has Celery tasks"
    absent = "no Celery tasks"
    examples = (
        Example(
            "a bare task",
            {
                "shop/tasks.py": f"{_IMPORT}@shared_task(bind=True)\ndef ship(self, order_id):  # <-\n    pass\n",
                "manage.py": "import django\n",
            },
        ),
        Example(
            "a task that says what it is",
            {
                "shop/tasks.py": (
                    f"{_IMPORT}@shared_task(bind=True)\n"
                    "def ship(self, order_id: int) -> None:\n"
                    '    """Ship an order; a second run does nothing."""\n'
                ),
                "manage.py": "import django\n",
            },
            state="pass",
        ),
        Example(
            "a repository without Celery tasks",
            {"shop/apps.py": "import django\n"},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each task."""
        for task in project.events.tasks:
            function = task.function
            if task.framework != "celery" or function.module.role != "source":
                continue
            missing = list(_missing(task))
            if missing:
                yield function.violation(f"the task `{function.name}` lacks {', '.join(missing)}")
            else:
                yield function.in_order()


def _missing(task: Task) -> Iterator[str]:
    outline = task.function.outline
    if not outline.documented & o.HAS_DOCSTRING:
        yield "a docstring"
    bare = [item.name for item in task.parameters if not item.annotation and item.kind in "/ak"]
    if bare:
        yield f"types for `{'`, `'.join(bare)}`"
    if not outline.returns:
        yield "the type of its result"
