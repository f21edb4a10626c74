"""CEL-01."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline import outline as o
from plumbline.project import Project
from plumbline.project.functions import CallSite
from plumbline.rule import Example, Level, Rule, Verdict

_DEFAULT = (
    "import os\n\nfrom celery import Celery\n\n"
    'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")\n'
)
_MADE = 'app = Celery("shop")\n'
_CONFIGURED = 'app.config_from_object("django.conf:settings", namespace="CELERY")\n'
_DISCOVERS = "app.autodiscover_tasks()\n"
_MANAGE = "import django\n"
_SETTINGS = "INSTALLED_APPS = []\n"
_DJANGO_SETTINGS = frozenset(("django.conf:settings", "django.conf.settings"))


class ApplicationNotSetUp(Rule):
    """Finds Celery applications that do not know Django's settings or its tasks."""

    code = "CEL01"
    slug = "celery-application-not-set-up"
    title = "One Celery application knows the settings, the namespace and the tasks"
    level = Level.SHOULD
    section = "Production Background Tasks with Celery"
    guide_lines = (1053, 1062)
    what = (
        "A module that makes a Celery application without a default for `DJANGO_SETTINGS_MODULE`, without reading "
        "Django's settings under the namespace `CELERY`, or without a way to find the tasks. A second application "
        "beside the first, and tasks without any application, are reported too."
    )
    why = (
        "A worker starts at this module and nowhere else. What it does not say there has to be repeated in every "
        "command and container, and a worker that finds no tasks rejects messages as unknown."
    )
    how = (
        "Keep one module, `config/celery.py`: set the default for `DJANGO_SETTINGS_MODULE`, make the application, "
        'call `app.config_from_object("django.conf:settings", namespace="CELERY")` and `app.autodiscover_tasks()`.'
    )
    applies_when = (
        "the repository makes a Celery application, or has Celery tasks and a project to run them"
    )
    absent = "no Celery application is made here, and no project has Celery tasks"
    errata = (
        "An explicit `include` or `imports` finds the tasks as well as autodiscovery does. An application with a "
        "loader of its own is not judged."
    )
    examples = (
        Example(
            "an application that is only made",
            {
                "config/celery.py": f"from celery import Celery\n\n{_MADE.rstrip()}  # <-\n",
                "config/settings.py": _SETTINGS,
                "manage.py": _MANAGE,
            },
        ),
        Example(
            "settings without a namespace",
            {
                "config/celery.py": (
                    f'{_DEFAULT}\n{_MADE.rstrip()}  # <-\napp.config_from_object("django.conf:settings")\n{_DISCOVERS}'
                ),
                "config/settings.py": _SETTINGS,
                "manage.py": _MANAGE,
            },
        ),
        Example(
            "two applications in one project",
            {
                "config/celery.py": f"{_DEFAULT}\n{_MADE}{_CONFIGURED}{_DISCOVERS}",
                "shop/jobs.py": f"{_DEFAULT}\n{_MADE.rstrip()}  # <-\n{_CONFIGURED}{_DISCOVERS}",
                "config/settings.py": _SETTINGS,
                "manage.py": _MANAGE,
            },
        ),
        Example(
            "tasks in a project that makes no application",
            {
                "shop/tasks.py": "from celery import shared_task\n\n\n@shared_task\ndef ship():\n    pass\n",
                "config/settings.py": _SETTINGS,
                "manage.py": _MANAGE,
            },
            reports=("config/celery.py",),
        ),
        Example(
            "the application in the project's own package",
            {
                "shop/celery.py": f"{_DEFAULT}\n{_MADE}{_CONFIGURED}{_DISCOVERS}",
                "shop/settings.py": _SETTINGS,
                "manage.py": _MANAGE,
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "a custom loader",
            {
                "config/celery.py": (
                    f"{_DEFAULT}\n"
                    'app = Celery("shop", loader="config.loaders:ShopLoader")\n'
                    "other = 1\n"
                ),
                "shop/celery.py": f"{_DEFAULT}\n{_MADE}{_CONFIGURED}{_DISCOVERS}",
                "config/settings.py": _SETTINGS,
                "manage.py": _MANAGE,
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "tasks that are listed",
            {
                "config/celery.py": f'{_DEFAULT}\napp = Celery("shop", include=["shop.tasks"])\n{_CONFIGURED}',
                "config/settings.py": _SETTINGS,
                "manage.py": _MANAGE,
            },
            state="pass",
        ),
        Example(
            "a reusable app leaves the application to the project",
            {
                "shop/tasks.py": (
                    "import django\nfrom celery import shared_task\n\n\n@shared_task\ndef ship():\n    pass\n"
                ),
            },
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each application, or one for a project that has tasks and no application."""
        apps = {(app.path, app.line): app for app in project.events.celery_apps.values()}
        if not apps:
            tasks = [task for task in project.events.tasks if task.framework == "celery"]
            if tasks and project.entry_modules and not project.calls.named("Celery"):
                place = _home(project)
                yield project.repository("celery application", place).violation(
                    f"there are {len(tasks)} Celery tasks and no application; make one in `{place}`"
                )
            return
        first: dict[str, CallSite] = {}
        for app in apps.values():
            root = project.names.modules[app.path].root
            if any(key in ("loader", "config_source") for key, _ in app.outline.keywords) or (
                app.target != "celery.Celery"
            ):
                yield app.unknown("the application has a loader or class of its own")
                continue
            missing = list(_missing(project, app))
            earlier = first.setdefault(root, app)
            if missing:
                yield app.violation(f"the Celery application {', '.join(missing)}")
            elif earlier is not app:
                yield app.violation(
                    f"a second Celery application beside that of `{earlier.path}`; tasks go to whichever is made last"
                )
            else:
                yield app.in_order()


def _home(project: Project) -> str:
    """Where the application would stand: beside the settings."""
    for settings in project.settings.deployed:
        folder = settings.path.rpartition("/")[0]
        folder = folder.removesuffix("settings").rstrip("/")
        return f"{folder}/celery.py" if folder else "celery.py"
    return "config/celery.py"


def _missing(project: Project, app: CallSite) -> Iterator[str]:
    if not _names_settings(project, app):
        yield "sets no default for `DJANGO_SETTINGS_MODULE`"
    sources = _on(project, app, "config_from_object", "config_from_envvar", "config_from_cmdline")
    if not any(_is_namespaced(call) for call in sources):
        yield (
            'reads Django\'s settings without `namespace="CELERY"`'
            if any(_reads_django(project, call) for call in sources)
            else 'does not read Django\'s settings (`config_from_object("django.conf:settings", namespace="CELERY")`)'
        )
    if not (
        _on(project, app, "autodiscover_tasks")
        or any(key == "include" for key, _ in app.outline.keywords)
        or any(
            config.get(name) is not None
            for config in project.celery_configs
            if (config.path, config.line) == (app.path, app.line)
            for name in ("include", "imports")
        )
    ):
        yield "finds no tasks (`autodiscover_tasks()`)"


def _on(project: Project, app: CallSite, *methods: str) -> list[CallSite]:
    """The calls of methods of an application."""
    found: list[CallSite] = []
    for call in project.calls.named(*methods):
        module = project.names.modules[call.path]
        owner = project.events.celery_app(
            module, call.outline.name.rpartition(".")[0], call.outline.scope
        )
        if owner is not None and (owner.path, owner.line) == (app.path, app.line):
            found.append(call)
    return found


def _reads_django(project: Project, call: CallSite) -> bool:
    given = call.outline.args[0] if call.outline.args else call.keyword("obj")
    if isinstance(given, o.Ref):
        given = project.names.resolve(project.names.modules[call.path], given.name)
    return given in _DJANGO_SETTINGS


def _is_namespaced(call: CallSite) -> bool:
    """Whether a configuration call is in order, or takes what it reads from somewhere that is not seen."""
    namespace = call.keyword("namespace")
    if call.method != "config_from_object" or call.has_keyword("**"):
        return True
    return namespace is not None and (
        not isinstance(namespace, str) or namespace.rstrip("_") == "CELERY"
    )


def _names_settings(project: Project, app: CallSite) -> bool:
    """Whether the application's module, or one that it imports, says which settings to use unless told otherwise."""
    module = project.names.modules[app.path]
    paths = {module.path, *project.imports.imported(module)}
    modules = [project.names.modules[path] for path in paths]
    return any(
        found.may_call("DJANGO_SETTINGS_MODULE", "settings.configure") for found in modules
    ) or any(
        item.target == "os.environ"
        and isinstance(item.value, o.Table)
        and "DJANGO_SETTINGS_MODULE" in item.value.keys
        for found in modules
        for item in found.outline.assignments
    )
