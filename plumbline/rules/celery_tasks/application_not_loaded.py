"""CEL-02."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.edits import AddImport, Assign, Edit, Fix
from plumbline.project import Module, Project
from plumbline.project.events import Task
from plumbline.project.functions import CallSite
from plumbline.roles import stem
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_APP = (
    "from celery import Celery\n\n"
    'app = Celery("shop")\n'
    'app.config_from_object("django.conf:settings", namespace="CELERY")\n'
)
_PROJECT = {
    "config/__init__.py": "",
    "config/celery.py": _APP,
    "config/settings.py": 'INSTALLED_APPS = ["shop"]\nROOT_URLCONF = "config.urls"\n',
    "manage.py": 'import os\n\nimport django\n\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")\n',
    "shop/__init__.py": "",
    "shop/tasks.py": "from celery import shared_task\n\n\n@shared_task\ndef ship():\n    pass\n",
}
_VIEW = "from shop.tasks import ship\n\n\ndef order(request):\n    ship.delay()\n"
_WORKER_MODULES = frozenset(("tasks", "celery"))


class ApplicationNotLoaded(Rule):
    """Finds projects whose Django process never makes the Celery application."""

    code = "CEL02"
    slug = "celery-application-not-loaded"
    title = "The project's package imports the Celery application"
    level = Level.SHOULD
    basis = Basis.DERIVED
    section = "Production Background Tasks with Celery"
    guide_lines = (1053, 1062)
    what = "A Celery application that nothing imports which Django loads, in a project whose code queues shared tasks."
    why = (
        "`@shared_task` binds to the application that exists in its process. In the web process there is none unless "
        "somebody imports it; Celery then falls back to a default one that knows no settings and talks to a broker on "
        "localhost, so `delay` fails or hangs."
    )
    how = (
        "Import the application in the `__init__.py` of the package that holds the settings: "
        '`from .celery import app` and `__all__ = ("app",)`.'
    )
    applies_when = (
        "the project makes a Celery application and queues shared tasks outside the worker"
    )
    absent = "no Celery application is made here, or nothing queues a shared task"
    errata = (
        "The guide shows `config/celery.py` and leaves the import out. Any import on the way that Django takes when it "
        "starts will do."
    )
    examples = (
        Example(
            "an application for the worker alone",
            {**_PROJECT, "shop/views.py": _VIEW},
            reports=("config/__init__.py",),
            fixed={"config/__init__.py": 'from .celery import app\n\n__all__ = ("app",)\n'},
        ),
        Example(
            "imported by the project's package",
            {
                **_PROJECT,
                "config/__init__.py": 'from .celery import app as celery_app\n\n__all__ = ("celery_app",)\n',
                "shop/views.py": _VIEW,
            },
            state="pass",
        ),
        Example(
            "imported by an installed app when it is ready",
            {
                **_PROJECT,
                "shop/apps.py": (
                    "from django.apps import AppConfig\n\n\n"
                    "class ShopConfig(AppConfig):\n"
                    '    name = "shop"\n\n'
                    "    def ready(self):\n        import config.celery\n"
                ),
                "shop/views.py": _VIEW,
            },
            state="pass",
        ),
        Example(
            "only the worker knows the tasks",
            {
                **_PROJECT,
                "shop/tasks.py": (
                    "import django\nfrom celery import shared_task\n\n\n@shared_task\ndef ship():\n    pass\n\n\n"
                    "@shared_task\ndef ship_all():\n    ship.delay()\n"
                ),
            },
            state="not_applicable",
            is_trap=True,
        ),
        Example(
            "a repository without Celery",
            {"shop/apps.py": "import django\n"},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for the repository."""
        apps = project.events.celery_apps
        queued = _queued(project) if apps else 0
        if not queued:
            return
        wanted = {app.path for app in apps.values()}
        roots = [module for module in project.startup if stem(module.path) not in _WORKER_MODULES]
        loaded = project.imports.closure(roots, wanted=wanted)
        name, app = next(iter(apps.items()))
        package = _package(project, app)
        subject = project.repository("celery application", package)
        if not wanted.isdisjoint(loaded):
            yield subject.in_order()
        else:
            yield subject.violation(
                f"nothing that Django loads imports the application of `{app.path}`, so {queued} places queue shared "
                "tasks on Celery's default one; import it here",
                fix=_fix(project, package, name, app),
            )


def _queued(project: Project) -> int:
    """How many places outside tasks queue a shared task."""
    own: dict[int, bool] = {}
    found = 0
    for task, call in project.events.dispatches():
        if task.framework != "celery" or stem(call.path) in _WORKER_MODULES:
            continue
        if own.setdefault(id(task), _is_shared(task)):
            found += 1
    return found


def _is_shared(task: Task) -> bool:
    return any(name == "celery.shared_task" for name, _ in task.function.decorators)


def _package(project: Project, app: CallSite) -> str:
    """The file of the package that Django certainly imports: the one above the settings, else above the application."""
    for settings in project.settings.deployed:
        top = _top(project, settings.module)
        if top:
            return top
    return (
        _top(project, project.names.modules[app.path])
        or f"{app.path.rpartition('/')[0]}/__init__.py"
    )


def _top(project: Project, module: Module) -> str:
    name = module.relative_name.partition(".")[0]
    path = f"{module.root}/{name}/__init__.py".lstrip("/")
    return path if path in project.names.modules else ""


def _fix(project: Project, path: str, name: str, app: CallSite) -> Fix | None:
    """Import the application in the package. Unsafe: its module may need what the package's import comes before."""
    package = project.names.modules.get(path)
    if package is None or app.outline.scope >= 0 or not app.outline.bound:
        return None
    module, _, bound = name.rpartition(".")
    relative = module.removeprefix(f"{package.name}.")
    edits: list[Edit] = [AddImport(path, f".{relative}" if relative != module else module, bound)]
    taken = {item.target for item in package.outline.assignments}
    if bound in package.bindings:
        return None
    if "__all__" not in taken:
        edits.append(Assign(path, "__all__", f'("{bound}",)'))
    return Fix(edits, is_safe=False)
