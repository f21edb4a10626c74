"""TSK-01."""

from __future__ import annotations

from collections.abc import Iterator

from packaging.version import Version

from plumbline.project import Project
from plumbline.rule import Example, Level, Rule, Verdict

_SINCE = Version("6.0")
_TASK = "from django.tasks import task\n\n\n@task\ndef ship(order_id):\n    pass\n"


class TasksBeforeDjango6(Rule):
    """Finds uses of Django's task framework in projects that allow a Django without it."""

    code = "TSK01"
    slug = "django-tasks-before-django-6"
    title = "Only projects on Django 6.0 or later use django.tasks"
    level = Level.MAY
    section = "Background Tasks"
    guide_lines = (994, 1000)
    what = "An import of `django.tasks` in a project whose declared or locked Django is older than 6.0."
    why = "The module came with Django 6.0. On an older one the import fails and takes the whole app with it."
    how = (
        "Raise the lower bound of Django to 6.0, or use the backport: install `django-tasks` and import from "
        "`django_tasks`, which has the same names."
    )
    applies_when = "a task is declared with `django.tasks`"
    absent = "no task is declared with `django.tasks`"
    examples = (
        Example(
            "Django 5.2 will do",
            {
                "pyproject.toml": '[project]\nname = "shop"\ndependencies = ["django>=5.2"]\n',
                "shop/tasks.py": _TASK,
            },
            reports=("pyproject.toml",),
        ),
        Example(
            "a pinned Django",
            {"requirements.txt": "celery\ndjango==5.2.4  # <-\n", "shop/tasks.py": _TASK},
        ),
        Example(
            "Django 6.0 or later",
            {
                "pyproject.toml": '[project]\nname = "shop"\ndependencies = ["django>=6.0"]\n',
                "shop/tasks.py": _TASK,
            },
            state="pass",
        ),
        Example(
            "the backport runs on older ones",
            {
                "pyproject.toml": '[project]\nname = "shop"\ndependencies = ["django>=5.2", "django-tasks"]\n',
                "shop/tasks.py": _TASK.replace("django.tasks", "django_tasks"),
            },
            state="not_applicable",
            is_trap=True,
        ),
        Example(
            "a project without tasks",
            {"shop/apps.py": "import django\n"},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for the repository."""
        users = [
            task.function.path
            for task in project.events.tasks
            if task.framework == "django" and task.function.decorated("django.tasks.task")
        ]
        if not users:
            return
        minimum = project.dependencies.minimum("django")
        dependency = project.dependencies.get("django")
        place = dependency or project.repository("django version", "pyproject.toml")
        if minimum is None:
            yield place.unknown("no lower bound of Django is declared")
        elif minimum < _SINCE:
            yield place.violation(
                f"`{users[0]}` uses `django.tasks`, which Django {minimum} does not have; ask for 6.0 or later"
            )
        else:
            yield place.in_order()
