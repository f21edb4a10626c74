"""CEL-07."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline import outline as o
from plumbline.edits import Assign, Edit, Fix
from plumbline.project import Project, installed
from plumbline.project.celery_config import CeleryConfig
from plumbline.project.settings import UNKNOWN, SettingsModule
from plumbline.rule import Example, Level, Rule, Verdict

_BEAT, _RESULTS = "django_celery_beat", "django_celery_results"
_SCHEDULERS = ("--scheduler", "-S django", "-S=django", "DatabaseScheduler")
_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
_APP = (
    "from celery import Celery\n\n"
    'app = Celery("shop")\n'
    'app.config_from_object("django.conf:settings", namespace="CELERY")\n'
)
_PROJECT = {
    "config/celery.py": _APP,
    "manage.py": "import django\n",
}
_BROKER = 'CELERY_BROKER_URL = "redis://localhost"\n'


class HalfInstalledExtension(Rule):
    """Finds extensions of Celery of which only the app or only the setting is there."""

    code = "CEL07"
    slug = "half-installed-celery-extension"
    title = "The apps for schedules and results come with the settings that use them"
    level = Level.SHOULD
    section = "Production Background Tasks with Celery"
    guide_lines = (1080, 1092)
    what = (
        "django-celery-beat installed without its scheduler or django-celery-results without a result backend that "
        "stores in it; and either setting without the app in `INSTALLED_APPS`."
    )
    why = (
        "An app without the setting fills the admin with tables that nothing reads: schedules that are entered there "
        "never run. The setting without the app fails when beat starts or the first result is stored."
    )
    how = (
        f'For schedules install `{_BEAT}` and set `CELERY_BEAT_SCHEDULER = "{_SCHEDULER}"`. For results install '
        f'`{_RESULTS}` and set `CELERY_RESULT_BACKEND = "django-db"`.'
    )
    applies_when = (
        "the project depends on, installs or configures django-celery-beat or django-celery-results"
    )
    absent = "neither django-celery-beat nor django-celery-results is used"
    errata = (
        "A scheduler that the command of beat names (`--scheduler`, `-S`) counts like the setting."
    )
    examples = (
        Example(
            "apps that nothing uses",
            {
                **_PROJECT,
                "config/settings.py": (
                    f'INSTALLED_APPS = [  # <-\n    "{_BEAT}",\n    "{_RESULTS}",\n]\n{_BROKER}'
                ),
            },
            fixed={
                "config/settings.py": (
                    f'INSTALLED_APPS = [\n    "{_BEAT}",\n    "{_RESULTS}",\n]\n{_BROKER}'
                    f'CELERY_BEAT_SCHEDULER = "{_SCHEDULER}"\nCELERY_RESULT_BACKEND = "django-db"\n'
                )
            },
        ),
        Example(
            "settings for apps that are not installed",
            {
                **_PROJECT,
                "config/settings.py": (
                    'INSTALLED_APPS = ["shop"]\n'
                    f'CELERY_BEAT_SCHEDULER = "{_SCHEDULER}"  # <-\nCELERY_RESULT_BACKEND = "django-db"  # <-\n'
                ),
            },
            fixed={
                "config/settings.py": (
                    f'INSTALLED_APPS = ["shop", "{_BEAT}", "{_RESULTS}"]\n'
                    f'CELERY_BEAT_SCHEDULER = "{_SCHEDULER}"\nCELERY_RESULT_BACKEND = "django-db"\n'
                )
            },
        ),
        Example(
            "a dependency that is not installed",
            {
                **_PROJECT,
                "requirements.txt": "django\ndjango-celery-beat\n",
                "config/settings.py": f'INSTALLED_APPS = ["shop"]  # <-\n{_BROKER}',
            },
            fixed={
                "config/settings.py": (
                    f'INSTALLED_APPS = ["shop", "{_BEAT}"]\n{_BROKER}CELERY_BEAT_SCHEDULER = "{_SCHEDULER}"\n'
                )
            },
        ),
        Example(
            "app and setting together",
            {
                **_PROJECT,
                "config/settings.py": (
                    f'INSTALLED_APPS = ["{_BEAT}", "django_celery_results.apps.CeleryResultConfig"]\n'
                    f'CELERY_BEAT_SCHEDULER = "{_SCHEDULER}"\nCELERY_RESULT_BACKEND = "django-db"\n'
                ),
            },
            state="pass",
        ),
        Example(
            "a scheduler that the command names",
            {
                **_PROJECT,
                "config/settings.py": f'INSTALLED_APPS = ["{_BEAT}"]\n{_BROKER}',
                "bin/beat.sh": "#!/bin/sh\nexec celery -A config beat -S django\n",
            },
            state="pass",
        ),
        Example(
            "a scheduler of ours that extends the one of the package",
            {
                **_PROJECT,
                "config/settings.py": f'INSTALLED_APPS = ["{_BEAT}"]\n{_BROKER}'
                'CELERY_BEAT_SCHEDULER = "config.beat:Ours"\n',
                "config/beat.py": f"from {_BEAT}.schedulers import DatabaseScheduler\n\n\n"
                "class Ours(DatabaseScheduler):\n    pass\n",
            },
            state="pass",
        ),
        Example(
            "a repository without either",
            {**_PROJECT, "config/settings.py": f"INSTALLED_APPS = []\n{_BROKER}"},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each extension and settings module."""
        configs = {
            config.settings.path: config
            for config in project.celery_configs
            if config.settings is not None
        }
        for settings in project.settings.deployed if project.events.celery_apps else ():
            config = configs.get(settings.path)
            if config is None:
                continue
            for app in (_BEAT, _RESULTS):
                yield from _judged(project, settings, config, app)


def _judged(
    project: Project, settings: SettingsModule, config: CeleryConfig, app: str
) -> Iterator[Verdict]:
    option = "beat_scheduler" if app == _BEAT else "result_backend"
    is_installed = installed.holds(project, settings, "INSTALLED_APPS", app)
    value = config.value(option) if option in config.options or config.is_open else None
    is_set = _is_meant(project, app, value)
    if app == _BEAT and not is_set and _names_scheduler(project):
        is_set = True
    dependency = project.dependencies.get(app.replace("_", "-"))
    is_wanted = dependency is not None and dependency.is_runtime
    if not (is_set or is_installed or is_wanted):
        return
    # One subject for each extension, wherever its finding is shown.
    place = project.located_at(settings.path, f"{settings.name}.{app}", app)
    if is_installed is False and is_set is not None:
        message = (
            f"`{option}` needs `{app}` in `INSTALLED_APPS`"
            if is_set
            else f"`{app}` is a dependency but neither installed nor used; install it and set `{option}`"
        )
    elif is_installed and is_set is False:
        message = f"`{app}` is installed but `{option}` does not use it; set it"
    elif is_installed and is_set:
        yield place.in_order()
        return
    else:
        yield place.unknown("the installed apps or Celery's settings are not all known")
        return
    at = config.located(option) if option in config.options else settings.located("INSTALLED_APPS")
    edits = [
        None if is_installed else installed.adding(project, settings, "INSTALLED_APPS", app),
        None if is_set else _setting(config, option, _SCHEDULER if app == _BEAT else "django-db"),
    ]
    wanted = [edit for edit in edits if edit is not None]
    is_whole = len(wanted) == (not is_installed) + (not is_set)
    yield place.violation(message, at=at, fix=Fix(wanted, is_safe=False) if is_whole else None)


def _is_meant(project: Project, app: str, value: object) -> bool | None:
    """Whether an option's value uses the extension, or a class of ours that extends it; None if that is not known."""
    if value is UNKNOWN:
        return None
    if not isinstance(value, str):
        return False
    own = project.classes.by_name.get(value.replace(":", "."))
    if own is not None and own.inherits_prefix(f"{app}."):
        return True
    return value.startswith(app) or (app == _RESULTS and value in ("django-db", "django-cache"))


def _names_scheduler(project: Project) -> bool:
    """Whether a command that starts beat names the scheduler."""
    return any(project.configuration.commands.mentions(text) for text in _SCHEDULERS) or any(
        text in line
        for outline in project.outlines.values()
        if isinstance(outline, o.TextOutline)
        for _, line in outline.lines
        for text in _SCHEDULERS
    )


def _setting(config: CeleryConfig, option: str, value: str) -> Edit | None:
    """Set an option that is not set, beside Celery's other settings and in their form."""
    if option in config.options:
        return None
    settings = config.settings.values.values() if config.settings is not None else ()
    named = {(setting.path, setting.line): setting.name for setting in settings}
    for other in config.options.values():
        name = named.get((other.path, other.line), "")
        prefix = name.removesuffix(other.name.upper())
        if prefix and prefix != name:
            return Assign(other.path, f"{prefix}{option.upper()}", f'"{value}"')
    return None
