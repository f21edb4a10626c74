"""TSK-02."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline import outline as o
from plumbline.edits import AppendToArray, Edit, Fix, SetEntry
from plumbline.project import Project, installed
from plumbline.project.settings import Setting, SettingsModule
from plumbline.rule import Basis, Effort, Example, Level, Rule, Verdict

_DATABASE = "django_tasks_db.DatabaseBackend"
_IDLE = {
    "django.tasks.backends.immediate.ImmediateBackend": "runs tasks in the request that queues them",
    "django.tasks.backends.dummy.DummyBackend": "never runs a task",
    "django_tasks.backends.immediate.ImmediateBackend": "runs tasks in the request that queues them",
    "django_tasks.backends.dummy.DummyBackend": "never runs a task",
}
_WORKING = frozenset(
    (
        _DATABASE,
        "django_tasks_rq.RQBackend",
        "django_tasks.backends.database.DatabaseBackend",
        "django_tasks.backends.rq.RQBackend",
    )
)
_TASK = "from django.tasks import task\n\n\n@task\ndef ship(order_id):\n    pass\n"
_MANAGE = "import django\n"
_STALE = "django.tasks.backends.database.DatabaseBackend"


class BackendNotForProduction(Rule):
    """Finds task backends that do not exist or run nothing in the background."""

    code = "TSK02"
    slug = "task-backend-not-for-production"
    title = "Production's task backend exists and runs tasks in the background"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Background Tasks"
    guide_lines = (1025, 1031)
    effort = Effort.HOUR
    what = (
        "A `BACKEND` in the `TASKS` of production that does not exist, or that is the immediate or the dummy one; "
        "also tasks in a project whose settings choose no backend, which means the immediate one."
    )
    why = (
        "Django ships two backends, for development and for tests: one runs each task in the request, one throws it "
        "away. A path that does not exist stops every command with InvalidTaskBackend."
    )
    how = (
        f'Install `django-tasks-db`, add `"django_tasks_db"` to `INSTALLED_APPS`, set the backend to `{_DATABASE}`, '
        "migrate, and run its worker beside the web process."
    )
    applies_when = "`TASKS` is set, or a project declares tasks with Django's framework"
    absent = "`TASKS` is not set, and no project declares tasks with Django's framework"
    errata = (
        f"The sample names `{_STALE}`, which Django 6.0 does not have. Plumbline accepts any backend of a package that "
        "the project uses."
    )
    examples = (
        Example(
            "the path of the guide's sample",
            {
                "pyproject.toml": '[project]\nname = "shop"\ndependencies = ["django>=6.0"]\n',
                "config/settings.py": (
                    'INSTALLED_APPS = ["shop"]\n'
                    f'TASKS = {{"default": {{"BACKEND": "{_STALE}"}}}}  # <-\n'
                ),
                "manage.py": _MANAGE,
            },
            fixed={
                "pyproject.toml": '[project]\nname = "shop"\ndependencies = ["django>=6.0", "django-tasks-db"]\n',
                "config/settings.py": (
                    'INSTALLED_APPS = ["shop", "django_tasks_db"]\n'
                    f'TASKS = {{"default": {{"BACKEND": "{_DATABASE}"}}}}\n'
                ),
            },
        ),
        Example(
            "in the request, in production",
            {
                "config/settings/__init__.py": "",
                "config/settings/base.py": "INSTALLED_APPS = []\n",
                "config/settings/production.py": (
                    "from .base import *\n\n"
                    "TASKS = {  # <-\n"
                    '    "default": {"BACKEND": "django.tasks.backends.immediate.ImmediateBackend"},\n'
                    "}\n"
                ),
                "manage.py": _MANAGE,
            },
            fixed={
                "config/settings/base.py": 'INSTALLED_APPS = ["django_tasks_db"]\n',
                "config/settings/production.py": (
                    "from .base import *\n\n"
                    f'TASKS = {{\n    "default": {{"BACKEND": "{_DATABASE}"}},\n}}\n'
                ),
            },
        ),
        Example(
            "tasks, and no backend",
            {
                "config/settings.py": "INSTALLED_APPS = []\n",
                "shop/tasks.py": _TASK,
                "manage.py": _MANAGE,
            },
            reports=("config/settings.py",),
        ),
        Example(
            "the backend of a package, and one of the project's own",
            {
                "requirements.txt": "django\ndjango-tasks-db\n",
                "config/backends.py": (
                    "from django.tasks.backends.base import BaseTaskBackend\n\n\n"
                    "class Queue(BaseTaskBackend):\n    pass\n"
                ),
                "config/settings.py": (
                    "INSTALLED_APPS = []\n"
                    "TASKS = {\n"
                    f'    "default": {{"BACKEND": "{_DATABASE}"}},\n'
                    '    "queue": {"BACKEND": "config.backends.Queue"},\n'
                    "}\n"
                ),
                "manage.py": _MANAGE,
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "in the request, in development alone",
            {
                "requirements.txt": "django\ndjango-tasks-db\n",
                "config/settings/__init__.py": "",
                "config/settings/base.py": (
                    f'INSTALLED_APPS = []\nTASKS = {{"default": {{"BACKEND": "{_DATABASE}"}}}}\n'
                ),
                "config/settings/development.py": (
                    "from .base import *\n\n"
                    'TASKS = {"default": {"BACKEND": "django.tasks.backends.immediate.ImmediateBackend"}}\n'
                ),
                "config/settings/production.py": "from .base import *\n",
                "manage.py": _MANAGE,
            },
            state="pass",
        ),
        Example(
            "a reusable app leaves the backend to the project",
            {"shop/tasks.py": _TASK},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each backend that settings of production name."""
        yield from installed.once(_judged(project))


def _judged(project: Project) -> Iterator[Verdict]:
    uses_tasks = any(
        task.framework == "django" and task.function.module.role == "source"
        for task in project.events.tasks
    )
    for settings in project.settings.deployed:
        setting = settings.get("TASKS")
        if setting is None:
            if not uses_tasks:
                continue
            place = settings.located("TASKS")
            if settings.is_open:
                yield place.unknown("`TASKS` may be set where it cannot be read")
            else:
                yield place.violation(
                    "tasks are declared but `TASKS` is not set, so they run in the request; choose a backend"
                )
            continue
        entries = setting.value if isinstance(setting.value, dict) else {}
        for alias, entry in entries.items():
            backend = entry.get("BACKEND") if isinstance(entry, dict) else None
            if not isinstance(backend, str):
                yield setting.unknown("a backend is computed")
                continue
            wrong = _wrong(project, backend)
            if wrong:
                yield setting.violation(
                    f"`{backend}` {wrong}; use `{_DATABASE}` or another that runs tasks in the background",
                    fix=_fix(project, settings, setting, str(alias)),
                )
            elif wrong is None:
                yield setting.unknown(f"whether `{backend}` exists cannot be seen")
            else:
                yield setting.in_order()


def _wrong(project: Project, backend: str) -> str | None:
    """What is wrong with a backend, empty for nothing; None if that is not known."""
    if backend in _IDLE or backend in _WORKING:
        return _IDLE.get(backend, "")
    if backend.startswith("django.tasks."):
        return "does not exist in Django"
    module, rest = project.names.split(backend)
    if module is not None:
        target = project.names.canonical(backend)
        is_there = target in project.classes.by_name or rest.partition(".")[0] in module.bindings
        return "" if is_there else "does not exist in this repository"
    top = backend.partition(".")[0]
    is_used = project.uses(top, top.replace("_", "-")) or project.is_foreign(backend)
    return "" if is_used else None


def _fix(project: Project, settings: SettingsModule, setting: Setting, alias: str) -> Fix | None:
    """Choose the database. Unsafe: it needs its tables and a worker."""
    if not isinstance(installed.written(project, setting, "TASKS"), o.Table):
        return None
    edits: list[Edit] = [
        SetEntry(setting.path, setting.line, "BACKEND", f'"{_DATABASE}"', (alias,))
    ]
    if installed.holds(project, settings, "INSTALLED_APPS", "django_tasks_db") is False:
        app = installed.adding(project, settings, "INSTALLED_APPS", "django_tasks_db")
        edits += [app] if app is not None else []
    django = project.dependencies.get("django")
    outline = project.outlines.get(django.path) if django is not None else None
    if django is not None and isinstance(outline, o.TomlOutline):
        table = outline.tables.get("project")
        if isinstance(table, dict) and "dependencies" in table:
            edits.append(
                AppendToArray(django.path, ("project",), "dependencies", ("django-tasks-db",))
            )
    return Fix(edits, is_safe=False)
