"""CEL-19."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline import outline as o
from plumbline.project import Project
from plumbline.project.functions import site
from plumbline.rule import Basis, Example, Level, Located, Rule, Verdict

_APP = (
    "from celery import Celery\n\n"
    'app = Celery("shop")\n'
    'app.config_from_object("django.conf:settings", namespace="CELERY")\n'
)
_PROJECT = {
    "config/celery.py": _APP,
    "manage.py": "import django\n",
    "shop/__init__.py": "",
    "shop/tasks.py": (
        "from celery import shared_task\n\n\n@shared_task\ndef clean():\n    pass\n\n\n"
        '@shared_task(name="count-orders")\ndef count():\n    pass\n'
    ),
}
_CREATES = ("create", "get_or_create", "update_or_create", "PeriodicTask")


class UnknownPeriodicTask(Rule):
    """Finds schedules that name a task that does not exist."""

    code = "CEL19"
    slug = "unknown-periodic-task"
    title = "A schedule names a task that exists"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Production Background Tasks with Celery"
    guide_lines = (1173, 1193)
    what = (
        "An entry of `beat_schedule`, or a `PeriodicTask` made in code, whose task is written as text and is none of "
        "the repository's tasks, by path or by `name=`."
    )
    why = (
        "Beat sends whatever name it is given. A worker throws a message with an unknown name away, so a task that was "
        "renamed or moved simply stops running, and only its absence tells."
    )
    how = (
        "Write the name under which the task is registered: its dotted path, or what its `name=` says. "
        "`PeriodicTask(task=clean.name)` cannot go stale."
    )
    applies_when = "schedules are written in code or settings"
    absent = "no schedule is written in code or settings"
    errata = "Names of other packages (`celery.backend_cleanup`) and names that are computed are taken on trust."
    examples = (
        Example(
            "a task that has moved, and one that never was",
            {
                **_PROJECT,
                "config/settings.py": (
                    'INSTALLED_APPS = ["shop"]\n'
                    "CELERY_BEAT_SCHEDULE = {  # <-\n"
                    '    "clean": {"task": "shop.jobs.clean", "schedule": 60},\n'
                    "}\n"
                ),
                "shop/setup.py": (
                    "from django_celery_beat.models import PeriodicTask\n\n\n"
                    "def schedule():\n"
                    '    PeriodicTask.objects.create(name="c", task="shop.tasks.sweep")  # <-\n'
                    '    PeriodicTask.objects.get_or_create(name="c", defaults={"task": "shop.tasks.sweep"})  # <-\n'
                ),
            },
        ),
        Example(
            "tasks by path, by name, and of other packages",
            {
                **_PROJECT,
                "config/settings.py": (
                    'INSTALLED_APPS = ["shop"]\n'
                    "CELERY_BEAT_SCHEDULE = {\n"
                    '    "clean": {"task": "shop.tasks.clean", "schedule": 60},\n'
                    '    "count": {"task": "count-orders", "schedule": 60},\n'
                    '    "results": {"task": "celery.backend_cleanup", "schedule": 60},\n'
                    "}\n"
                ),
                "shop/setup.py": (
                    "from django_celery_beat.models import PeriodicTask\n\nfrom shop.tasks import clean\n\n\n"
                    "def schedule(task):\n"
                    '    PeriodicTask.objects.create(name="c", task="shop.tasks.clean")\n'
                    '    PeriodicTask.objects.create(name="c", task=clean.name)\n'
                ),
            },
            state="pass",
        ),
        Example(
            "a schedule that is computed",
            {
                **_PROJECT,
                "config/settings.py": (
                    'INSTALLED_APPS = ["shop"]\n'
                    "CELERY_BEAT_SCHEDULE = {\n"
                    '    "clean": {"task": "shop.tasks.clean", "schedule": 60},\n'
                    '    "rest": {"task": PREFIX + "rest", "schedule": 60},\n'
                    "}\n"
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "a repository without schedules",
            {"shop/apps.py": "import django\n"},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each scheduled task."""
        seen: set[tuple[str, int, str]] = set()
        known: _Known | None = None
        for place, key, name in _scheduled(project):
            if (place.path, place.line, key) in seen:
                continue
            seen.add((place.path, place.line, key))
            known = known or _Known(project)
            if not known.is_own(name) or known.has(name):
                yield place.in_order()
            elif _is_unreadable(project, name.rpartition(".")[0]):
                yield place.unknown(f"the module of `{name}` could not be read")
            else:
                shown = f"`{key}` schedules" if key else "this schedules"
                yield place.violation(f"{shown} `{name}`, but no task has that name")


def _is_unreadable(project: Project, module: str) -> bool:
    """Whether the file of a module is there and could not be read."""
    end = f"/{module.replace('.', '/')}.py"
    return any(f"/{path}".endswith(end) for path in project.unreadable)


def _scheduled(project: Project) -> Iterator[tuple[Located, str, str]]:
    """Place, key and task name of each schedule that is written out."""
    for config in project.celery_configs:
        schedule = config.get("beat_schedule")
        if schedule is not None and isinstance(schedule.value, dict):
            for key, entry in schedule.value.items():
                name = entry.get("task") if isinstance(entry, dict) else None
                if isinstance(name, str) and isinstance(key, str):
                    place = Located(
                        schedule.path,
                        schedule.line,
                        schedule.end_line,
                        schedule.column,
                        f"{schedule.symbol}.{key}",
                        f"{key}: {name}",
                    )
                    yield place, key, name
    if project.uses("django_celery_beat", "django-celery-beat"):
        for module in project.calls.modules(*_CREATES):
            for call in module.calls if module.may_call("PeriodicTask") else ():
                name = _named(call) if "PeriodicTask" in call.name else None
                if isinstance(name, str):
                    function = project.functions.by_index.get((module.path, call.scope))
                    yield site(call, module, project.names, function), "", name


def _named(call: o.Call) -> o.Value:
    """The task that a call which makes a ``PeriodicTask`` names."""
    keywords = dict(call.keywords)
    for key in ("defaults", "create_defaults"):
        given = keywords.get(key)
        if isinstance(given, o.Table) and "task" in given.keys:
            return given.values[given.keys.index("task")]
    return keywords.get("task")


class _Known:
    """The names of the repository's tasks."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._names: set[str] = set()
        for task in project.events.tasks:
            self._names.add(task.name)
            self._names.add(f"{task.function.module.relative_name}.{task.function.name}")
        for cls in project.classes.heirs("celery.Task"):
            self._names.add(cls.qualified_name)
            member = cls.member("name")
            if member is not None and isinstance(member.value, str):
                self._names.add(member.value)
        self._tops = {module.relative_name.partition(".")[0] for module in project.names}

    def is_own(self, name: str) -> bool:
        """Whether a name would be a task of the repository: its path starts in one of the repository's packages."""
        return name in self._names or name.partition(".")[0] in self._tops

    def has(self, name: str) -> bool:
        """Whether a task is registered under a name, as far as can be seen; what a function makes is believed."""
        if name in self._names or any(
            known.endswith(f".{name}") or name.endswith(f".{known}") for known in self._names
        ):
            return True  # imports may start in another folder than it seems
        found = self._project.functions.by_name.get(name)
        if found is not None:
            return bool(found.outline.decorators)
        module, rest = self._project.names.split(name)
        # `clean = app.task(sweep)`
        return module is not None and rest in module.bindings
