"""CEL-05."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from plumbline.project import Project
from plumbline.project.celery_config import CeleryConfig
from plumbline.project.events import Task
from plumbline.project.settings import UNKNOWN
from plumbline.rule import Basis, Effort, Example, Level, Rule, Verdict

_LATE, _REJECT, _PREFETCH = (
    "task_acks_late",
    "task_reject_on_worker_lost",
    "worker_prefetch_multiplier",
)
_APP = (
    "from celery import Celery\n\n"
    'app = Celery("shop")\n'
    'app.config_from_object("django.conf:settings", namespace="CELERY")\n'
)
_SETTINGS = 'INSTALLED_APPS = []\nCELERY_BROKER_URL = "redis://localhost"\n'


class EarlyAcknowledgement(Rule):
    """Finds Celery configurations that lose a task with its worker."""

    code = "CEL05"
    slug = "early-acknowledgement"
    title = "Messages are acknowledged after the task, rejected with a lost worker, and fetched one by one"
    level = Level.MAY
    basis = Basis.EXAMPLE
    preview = True
    section = "Production Background Tasks with Celery"
    guide_lines = (1074, 1076)
    effort = Effort.HOUR
    what = (
        "A Celery application without `task_acks_late`, or with it and without `task_reject_on_worker_lost` or a "
        "prefetch multiplier that somebody chose."
    )
    why = (
        "By default a message is gone as soon as a worker takes it; a worker that is killed loses the task. With late "
        "acknowledgement the broker hands it out again, and a worker that fetched four keeps them from idle ones."
    )
    how = (
        "Set `CELERY_TASK_ACKS_LATE = True`, `CELERY_TASK_REJECT_ON_WORKER_LOST = True` and "
        "`CELERY_WORKER_PREFETCH_MULTIPLIER = 1` where every task may run twice. Give a task that may not "
        "`acks_late=False`."
    )
    applies_when = "the repository makes a Celery application"
    absent = "no Celery application is made here"
    errata = (
        "The three belong together, and only where tasks may run twice: a task that kills its worker comes back for "
        "ever. Many short tasks want a larger prefetch, so any multiplier that is set is in order."
    )
    examples = (
        Example(
            "the defaults",
            {
                "config/celery.py": _APP.replace('"shop")', '"shop")  # <-'),
                "config/settings.py": _SETTINGS,
                "manage.py": "import django\n",
            },
        ),
        Example(
            "late, but not rejected, and four at a time",
            {
                "config/celery.py": _APP.replace('"shop")', '"shop")  # <-'),
                "config/settings.py": _SETTINGS + "CELERY_TASK_ACKS_LATE = True\n",
                "manage.py": "import django\n",
            },
        ),
        Example(
            "all three",
            {
                "config/celery.py": _APP,
                "config/settings.py": _SETTINGS
                + (
                    "CELERY_TASK_ACKS_LATE = True\nCELERY_TASK_REJECT_ON_WORKER_LOST = True\n"
                    "CELERY_WORKER_PREFETCH_MULTIPLIER = 1\n"
                ),
                "manage.py": "import django\n",
            },
            state="pass",
        ),
        Example(
            "many short tasks, fetched by the dozen",
            {
                "config/celery.py": _APP,
                "config/settings.py": _SETTINGS
                + (
                    "CELERY_TASK_ACKS_LATE = True\nCELERY_TASK_REJECT_ON_WORKER_LOST = True\n"
                    "CELERY_WORKER_PREFETCH_MULTIPLIER = 12\n"
                ),
                "manage.py": "import django\n",
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "a repository without Celery",
            {"shop/apps.py": "import django\n"},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each option of each configuration; one place is judged once."""
        tasks = [task for task in project.events.tasks if task.framework == "celery"]
        seen: set[tuple[str, int, str]] = set()
        for config in project.celery_configs:
            late = _late(config, tasks)
            wanted = [(_LATE, late)]
            if late is True:
                wanted += [(name, config.value(name)) for name in (_REJECT, _PREFETCH)]
            for name, value in wanted:
                place = config.located(name)
                if (place.path, place.line, name) in seen:
                    continue
                seen.add((place.path, place.line, name))
                if value is UNKNOWN:
                    yield place.unknown(f"`{name}` is computed, or set where it cannot be read")
                elif value is True or (name == _PREFETCH and config.get(name) is not None):
                    yield place.in_order()
                else:
                    yield place.violation(_MESSAGES[name])


_MESSAGES = {
    _LATE: "`task_acks_late` is off, so a worker that is killed loses its task; set it where tasks may run twice",
    _REJECT: "`task_reject_on_worker_lost` is off, so the task of a lost worker is acknowledged all the same",
    _PREFETCH: "`worker_prefetch_multiplier` is left at 4, so a busy worker keeps tasks from idle ones; set it to 1",
}


def _late(config: CeleryConfig, tasks: list[Task]) -> Any:  # noqa: ANN401
    """Whether tasks are acknowledged late: all by the configuration, or each by itself."""
    value = config.value(_LATE)
    if not value and tasks and all(task.option("acks_late") is True for task in tasks):
        return True
    return value
