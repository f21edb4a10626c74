"""CEL-17."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Module, Project
from plumbline.project.celery_config import CeleryConfig
from plumbline.project.events import Task
from plumbline.project.settings import UNKNOWN
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_APP = (
    "from celery import Celery\n\n"
    'app = Celery("shop")\n'
    'app.config_from_object("django.conf:settings", namespace="CELERY")\n'
)
_PROJECT = {
    "config/celery.py": f"{_APP}app.autodiscover_tasks()\n",
    "config/settings.py": 'INSTALLED_APPS = ["shop"]\nCELERY_BROKER_URL = "redis://localhost"\n',
    "manage.py": "import django\n",
    "shop/__init__.py": "",
}
_TASK = "from celery import shared_task\n\n\n@shared_task\ndef ship():\n    pass\n"
_MARKED = _TASK.replace("ship():", "ship():  # <-")


class UndiscoveredTask(Rule):
    """Finds modules with tasks that no worker loads."""

    code = "CEL17"
    slug = "undiscovered-task"
    title = "Tasks stand where the worker finds them"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Production Background Tasks with Celery"
    guide_lines = (1096, 1100)
    what = (
        "A module with shared tasks that autodiscovery does not load (not `tasks` of an installed app) "
        "and that nothing imports which a worker loads."
    )
    why = (
        "A worker only knows the tasks of modules that it has loaded. A message for another one is thrown away with "
        '"received unregistered task", and the caller hears nothing of it.'
    )
    how = (
        "Move the tasks to `tasks.py` of an installed app, import their module there, or name it: "
        '`app.autodiscover_tasks(related_name="jobs")`, `CELERY_IMPORTS`.'
    )
    applies_when = "the repository makes a Celery application and has shared tasks"
    absent = "no Celery application is made here, or there are no shared tasks"
    errata = (
        "What autodiscovery is told, and what is imported in any way when a worker starts, counts."
    )
    examples = (
        Example(
            "a module that nobody loads, and one in a package of tasks",
            {
                **_PROJECT,
                "shop/jobs.py": _MARKED,
                "shop/tasks/__init__.py": "",
                "shop/tasks/mail.py": _MARKED,
            },
        ),
        Example(
            "tasks of an app that is not installed",
            {**_PROJECT, "till/__init__.py": "", "till/tasks.py": _MARKED},
        ),
        Example(
            "the tasks module of an installed app",
            {**_PROJECT, "shop/tasks.py": _TASK},
            state="pass",
        ),
        Example(
            "another name that autodiscovery is told",
            {
                **_PROJECT,
                "config/celery.py": f'{_APP}app.autodiscover_tasks(related_name="jobs")\n',
                "shop/jobs.py": _TASK,
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "modules that are imported, or named in the settings",
            {
                **_PROJECT,
                "config/settings.py": (
                    'INSTALLED_APPS = ["shop"]\nCELERY_BROKER_URL = "redis://localhost"\n'
                    'CELERY_IMPORTS = ["shop.nightly"]\n'
                ),
                "shop/jobs.py": _TASK,
                "shop/nightly.py": _TASK,
                "shop/tasks.py": "from shop.jobs import ship\n",
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "a reusable app leaves that to the project",
            {"shop/jobs.py": f"import django\n{_TASK}"},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each module that holds tasks, at its first one."""
        if not project.events.celery_apps:
            return
        first: dict[str, Task] = {}
        for task in project.events.tasks:
            if task.framework == "celery" and task.function.module.role == "source":
                first.setdefault(task.function.path, task)
        if not first:
            return
        finds = _Discovery(project)
        apps = [project.names.modules[app.path] for app in project.events.celery_apps.values()]
        candidates = {*first, *finds.modules}
        found = [project.names.modules[path] for path in candidates if finds.loads(path)]
        loaded = project.imports.closure([*apps, *found], (), first)
        if not loaded.issuperset(first):  # few projects need more than what the worker starts from
            others = [module for module in project.startup if not _is_of_tasks(module)]
            loaded = project.imports.closure([*apps, *found, *others], (), first)
        for path, task in first.items():
            function = task.function
            if path in loaded:
                yield function.in_order()
            elif finds.is_open:
                yield function.unknown(
                    "what the worker loads is computed, or set where it cannot be read"
                )
            else:
                yield function.violation(
                    f"no worker loads `{function.module.name}`, so `{function.name}` is never registered; "
                    "import it in the `tasks` module of an installed app"
                )


def _is_of_tasks(module: Module) -> bool:
    """Whether a module counts as loaded only for its name being ``tasks``."""
    return "tasks" in module.name.split(".")[-2:]


class _Discovery:
    """What autodiscovery loads."""

    def __init__(self, project: Project) -> None:
        calls = project.calls.named("autodiscover_tasks")
        self._names = {"tasks"} if calls else set()
        self._packages: set[str] | None = set()
        self.is_open = False
        for call in calls:
            related = call.keyword("related_name")
            given = call.outline.args[1:2] or ([related] if related is not None else [])
            self._names.update(str(name) for name in given if isinstance(name, str))
            packages = call.outline.args[0] if call.outline.args else call.keyword("packages")
            if packages is not None:
                self._packages = None  # which packages is not followed
        self._note_installed(project)
        configs = project.celery_configs
        self._imports = {name for config in configs for name in _listed(config)}
        self.is_open |= UNKNOWN in self._imports or any(config.is_open for config in configs)
        endings = tuple(f"/{name}{end}" for name in self._names for end in (".py", "/__init__.py"))
        self.modules = [
            *(path for path in project.names.modules if path.endswith(endings)),
            *(
                module.path
                for name in self._imports
                if isinstance(name, str) and (module := project.names.by_name.get(name)) is not None
            ),
        ]
        self._by_path = project.names.modules

    def _note_installed(self, project: Project) -> None:
        for settings in project.settings.deployed:
            apps = settings.get("INSTALLED_APPS")
            if apps is None or not apps.is_known or settings.is_open:
                self._packages = None
            elif self._packages is not None:
                self._packages.update(item for item in apps.items if isinstance(item, str))
                for config in project.events.app_configs:
                    if config.qualified_name in apps.items:
                        self._packages.add(config.module.package)
        if not project.settings.deployed:
            self._packages = None

    def loads(self, path: str) -> bool:
        """Whether the worker loads a module by its name."""
        module = self._by_path[path]
        if module.name in self._imports:
            return True
        package, _, name = module.name.rpartition(".")
        if name not in self._names:
            return False
        return self._packages is None or any(
            f".{package}".endswith(f".{item.partition('.apps.')[0]}")
            or item.startswith(f"{package}.")
            for item in self._packages
        )


def _listed(config: CeleryConfig) -> list[object]:
    """The modules that ``imports`` and ``include`` name."""
    found: list[object] = []
    for name in ("imports", "include"):
        option = config.get(name)
        if option is not None:
            found += option.value if isinstance(option.value, list) else [option.value]
    return [item if isinstance(item, str) else UNKNOWN for item in found]
