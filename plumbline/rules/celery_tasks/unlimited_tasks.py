"""CEL-04."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from plumbline import outline as o
from plumbline.edits import Assign, Fix
from plumbline.project import Project
from plumbline.project.celery_config import CeleryConfig
from plumbline.project.events import Task
from plumbline.project.settings import UNKNOWN
from plumbline.rule import Basis, Example, Level, Rule, Verdict

HARD, SOFT = "task_time_limit", "task_soft_time_limit"
_APP = (
    "from celery import Celery\n\n"
    'app = Celery("shop")\n'
    'app.config_from_object("django.conf:settings", namespace="CELERY")\n'
)
_SETTINGS = 'INSTALLED_APPS = []\nCELERY_BROKER_URL = "redis://localhost"\n'


class UnlimitedTasks(Rule):
    """Finds Celery configurations under which a task may run for ever."""

    code = "CEL04"
    slug = "unlimited-tasks"
    title = "Every task has a hard time limit and a soft one below it"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Production Background Tasks with Celery"
    guide_lines = (1068, 1080)
    what = (
        "A Celery application without `task_time_limit` or `task_soft_time_limit` whose tasks do not all set "
        "their own, and "
        "a soft limit that is not below its hard limit."
    )
    why = (
        "Celery lets a task run for ever. One that waits for a dead peer holds a worker process until somebody "
        "notices. The "
        "soft limit raises an exception in the task, so that it can clean up; it must come before the hard one, "
        "which kills "
        "the process."
    )
    how = (
        "Set both for all tasks, `CELERY_TASK_TIME_LIMIT = 30 * 60` and `CELERY_TASK_SOFT_TIME_LIMIT = 25 * 60`, "
        "and give "
        "long tasks their own `time_limit` and `soft_time_limit`."
    )
    applies_when = "the repository makes a Celery application"
    absent = "no Celery application is made here"
    errata = (
        "Limits may stand in the settings, on the application, in `task_annotations`, in the worker's command or "
        "on each "
        "task; all count."
    )
    examples = (
        Example(
            "no limits at all",
            {
                "config/celery.py": _APP.replace('"shop")', '"shop")  # <-'),
                "config/settings.py": _SETTINGS,
                "manage.py": "import django\n",
            },
            fixed={
                "config/settings.py": (
                    _SETTINGS
                    + "CELERY_TASK_TIME_LIMIT = 30 * 60\nCELERY_TASK_SOFT_TIME_LIMIT = 25 * 60\n"
                )
            },
        ),
        Example(
            "no soft limit",
            {
                "config/celery.py": _APP,
                "config/settings.py": _SETTINGS + "CELERY_TASK_TIME_LIMIT = 30 * 60  # <-\n",
                "manage.py": "import django\n",
            },
            fixed={
                "config/settings.py": (
                    _SETTINGS
                    + "CELERY_TASK_TIME_LIMIT = 30 * 60\nCELERY_TASK_SOFT_TIME_LIMIT = 25 * 60\n"
                )
            },
        ),
        Example(
            "a hard limit that a function gives, and no soft limit",
            {
                "config/celery.py": _APP,
                "config/settings.py": _SETTINGS
                + 'CELERY_TASK_TIME_LIMIT = from_environment("LIMIT", 1800)  # <-\n',
                "manage.py": "import django\n",
            },
        ),
        Example(
            "a soft limit that never comes first, for all tasks and for one",
            {
                "config/celery.py": _APP
                + "app.conf.update(task_time_limit=60, task_soft_time_limit=60)  # <-\n",
                "config/settings.py": _SETTINGS,
                "shop/tasks.py": (
                    "from celery import shared_task\n\n\n"
                    "@shared_task(time_limit=30, soft_time_limit=40)\n"
                    "def count():  # <-\n    pass\n"
                ),
                "manage.py": "import django\n",
            },
        ),
        Example(
            "both limits in the settings",
            {
                "config/celery.py": _APP,
                "config/settings.py": _SETTINGS
                + "CELERY_TASK_TIME_LIMIT = 30 * 60\nCELERY_TASK_SOFT_TIME_LIMIT = CELERY_TASK_TIME_LIMIT - 60\n",
                "manage.py": "import django\n",
            },
            state="pass",
        ),
        Example(
            "each task has limits of its own",
            {
                "config/celery.py": _APP,
                "config/settings.py": _SETTINGS,
                "shop/tasks.py": (
                    "from config.celery import app\n\n\n"
                    "@app.task(time_limit=60, soft_time_limit=50)\ndef count():\n    pass\n"
                ),
                "manage.py": "import django\n",
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "limits in the command that starts the worker",
            {
                "config/celery.py": _APP,
                "config/settings.py": _SETTINGS,
                "Procfile": "worker: celery -A config worker --time-limit=60 --soft-time-limit=50\n",
                "manage.py": "import django\n",
            },
            state="pass",
        ),
        Example(
            "limits that come from the environment",
            {
                "config/celery.py": _APP,
                "config/settings.py": "import os\n"
                + _SETTINGS
                + 'CELERY_TASK_TIME_LIMIT = int(os.environ["HARD"])\n'
                + 'CELERY_TASK_SOFT_TIME_LIMIT = int(os.environ["SOFT"])\n',
                "manage.py": "import django\n",
            },
            state="pass",
        ),
        Example(
            "a repository without Celery",
            {"shop/apps.py": "import django\n"},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each configuration, and one for each task that sets both limits."""
        tasks = [task for task in project.events.tasks if task.framework == "celery"]
        seen: set[tuple[str, int]] = set()
        for config in project.celery_configs:
            verdict = _judge(config, tasks, project.worker_command_limits)
            place = (verdict.at or verdict.subject).path, (verdict.at or verdict.subject).line
            if place not in seen:
                seen.add(place)
                yield verdict
        for task in tasks if project.celery_configs else ():
            hard, soft = (
                _seconds(task.option("time_limit")),
                _seconds(task.option("soft_time_limit")),
            )
            if hard is None or soft is None:
                continue
            if soft < hard:
                yield task.function.in_order()
            else:
                yield task.function.violation(
                    f"the soft limit of `{task.function.name}` ({soft:g} s) is not below its hard limit ({hard:g} "
                    "s); "
                    "the task is killed before it can clean up"
                )


def _judge(config: CeleryConfig, tasks: list[Task], commands: tuple[bool, bool]) -> Verdict:
    hard: Any = _limit(config, HARD)
    soft: Any = _limit(config, SOFT)
    hard = UNKNOWN if hard is None and commands[0] else hard
    soft = UNKNOWN if soft is None and commands[1] else soft
    if hard is not None and soft is not None:
        if hard is UNKNOWN or soft is UNKNOWN or soft < hard:
            # That both are set is known, and their order where both are numbers.
            if HARD not in config.options and config.is_open and not any(commands):
                return config.unknown("the limits of Celery may be set where they cannot be read")
            return config.in_order()
        return config.violation(
            f"the soft limit ({soft:g} s) is not below the hard limit ({hard:g} s); lower `{SOFT}`",
            at=config.located(SOFT),
        )
    missing = [name for name, limit in ((HARD, hard), (SOFT, soft)) if limit is None]
    own = {HARD: "time_limit", SOFT: "soft_time_limit"}
    without = [
        task
        for task in tasks
        if not task.is_open and any(task.option(own[name]) is None for name in missing)
    ]
    if tasks and not without:
        return config.in_order()
    some = f"; {len(without)} of {len(tasks)} tasks have no limit of their own" if tasks else ""
    present = HARD if hard is not None else SOFT
    return config.violation(
        f"`{'` and `'.join(missing)}` {'is' if len(missing) == 1 else 'are'} not set, so a task may hold its worker "
        f"{'for ever' if hard is None else 'until it is killed without a warning'}{some}",
        at=config.located(present) if present in config.options else None,
        fix=_fix(config, hard, soft),
    )


def _fix(config: CeleryConfig, hard: Any, soft: Any) -> Fix | None:  # noqa: ANN401
    """Set what is missing beside Celery's other settings. Unsafe: a task that needs longer is ended from now on."""
    if hard is UNKNOWN or soft is UNKNOWN:
        return None
    settings = config.settings.values.values() if config.settings is not None else ()
    named = {(setting.path, setting.line): setting.name for setting in settings}
    for option in config.options.values():
        name = named.get((option.path, option.line), "")
        prefix = name.removesuffix(option.name.upper())
        if not prefix or prefix == name:
            continue
        limits = {
            HARD: "30 * 60" if soft is None else _written(soft * 6 // 5 + 60),
            SOFT: "25 * 60" if hard is None else _written(hard * 5 // 6),
        }
        missing = [key for key, limit in ((HARD, hard), (SOFT, soft)) if limit is None]
        edits = [Assign(option.path, f"{prefix}{key.upper()}", limits[key]) for key in missing]
        return Fix([*edits], is_safe=False)
    return None


def _written(seconds: float) -> str:
    """Seconds as people write them: whole minutes as a product."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes} * 60" if minutes and not rest else str(int(seconds))


def _limit(config: CeleryConfig, name: str) -> Any:  # noqa: ANN401
    """Seconds, ``UNKNOWN``, or None where there is no limit."""
    value = config.value(name)
    if value is None or value is False or value == 0:
        annotations = config.value("task_annotations")
        if isinstance(annotations, dict):
            for_all = annotations.get("*", None)
            value = for_all.get(name.removeprefix("task_")) if isinstance(for_all, dict) else None
        elif annotations is not None:
            return UNKNOWN
    if value is None or isinstance(value, int | float):
        return value or None
    return UNKNOWN


def _seconds(value: o.Value) -> float | None:
    """A limit as a number, products and sums folded; None if it is not written out."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    if isinstance(value, o.Joined):
        left, right = _seconds(value.left), _seconds(value.right)
        if left is not None and right is not None:
            if value.operator == "*":
                return left * right
            if value.operator in "+-":
                return left + right if value.operator == "+" else left - right
    return None
