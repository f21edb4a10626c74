"""CEL-06."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.edits import Fix
from plumbline.project import Project
from plumbline.project.remedies import set_celery_option
from plumbline.project.settings import UNKNOWN
from plumbline.rule import Basis, Example, Level, Located, Rule, Verdict

_APP = (
    "from celery import Celery\n\n"
    'app = Celery("shop")\n'
    'app.config_from_object("django.conf:settings", namespace="CELERY")\n'
)
_SETTINGS = 'INSTALLED_APPS = []\nCELERY_BROKER_URL = "redis://localhost"\n'


class LocalTimeMessages(Rule):
    """Finds Celery configurations that put local times into messages."""

    code = "CEL06"
    slug = "local-time-messages"
    title = "Celery keeps its times in UTC"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Production Background Tasks with Celery"
    guide_lines = (1068, 1071)
    what = "`enable_utc` switched off, in the settings, in a configuration object or on the application."
    why = (
        "Times in messages (`eta`, `expires`) then carry the clock of the machine that sent them. Machines in two time "
        "zones run them hours apart, and each change to summer time runs some twice or an hour late."
    )
    how = (
        "Leave `enable_utc` on, which is Celery's default. Where schedules should follow local time, set `timezone`: "
        "the messages stay in UTC all the same."
    )
    applies_when = "the repository makes a Celery application"
    absent = "no Celery application is made here"
    errata = (
        "The sample also sets `timezone` to UTC. Another time zone is in order: it moves the schedules of beat, not "
        "the times in messages."
    )
    examples = (
        Example(
            "local times by a setting",
            {
                "config/celery.py": _APP,
                "config/settings.py": _SETTINGS + "CELERY_ENABLE_UTC = False  # <-\n",
                "manage.py": "import django\n",
            },
            fixed={"config/settings.py": _SETTINGS + "CELERY_ENABLE_UTC = True\n"},
        ),
        Example(
            "local times given to the application",
            {
                "config/celery.py": _APP + "app.conf.update(enable_utc=False)  # <-\n",
                "config/settings.py": _SETTINGS,
                "manage.py": "import django\n",
            },
            fixed={"config/celery.py": _APP + "app.conf.update(enable_utc=True)\n"},
        ),
        Example(
            "UTC by default, schedules in local time",
            {
                "config/celery.py": _APP,
                "config/settings.py": _SETTINGS + 'CELERY_TIMEZONE = "Europe/Vienna"\n',
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
        """One verdict for each configuration."""
        seen: set[tuple[str, int]] = set()
        for config in project.celery_configs:
            place = config.located("enable_utc")
            if (place.path, place.line) in seen:
                continue
            seen.add((place.path, place.line))
            value = config.value("enable_utc")
            if value is UNKNOWN:
                yield place.unknown(
                    "whether Celery works in UTC is computed, or set where it cannot be read"
                )
            elif value:
                yield place.in_order()
            else:
                yield place.violation(
                    "`enable_utc` is off, so messages carry local times; switch it on and set `timezone` instead",
                    fix=_fix(project, place),
                )


def _fix(project: Project, place: Located) -> Fix | None:
    """Switch it on. Unsafe: what waits in the queues carries local times."""
    edit = set_celery_option(project, place, "enable_utc", "True")
    return Fix([edit], is_safe=False) if edit is not None else None
