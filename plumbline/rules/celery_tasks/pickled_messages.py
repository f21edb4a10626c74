"""CEL-03."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from plumbline.edits import Fix
from plumbline.project import Project
from plumbline.project.remedies import set_celery_option
from plumbline.project.settings import UNKNOWN
from plumbline.rule import Basis, Effort, Example, Level, Located, Rule, Verdict

_OPTIONS = ("task_serializer", "result_serializer", "accept_content")
_PLAIN = frozenset(
    ("json", "application/json", "msgpack", "application/x-msgpack", "yaml", "application/x-yaml")
)
_PICKLES = frozenset(("pickle", "application/x-python-serialize"))
_APP = (
    "from celery import Celery\n\n"
    'app = Celery("shop")\n'
    'app.config_from_object("django.conf:settings", namespace="CELERY")\n'
)
_SETTINGS = 'INSTALLED_APPS = []\nCELERY_BROKER_URL = "redis://localhost"\n'


class PickledMessages(Rule):
    """Finds Celery configurations that send or accept pickles."""

    code = "CEL03"
    slug = "pickled-messages"
    title = "Celery sends and accepts JSON"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Production Background Tasks with Celery"
    guide_lines = (1068, 1072)
    effort = Effort.HOUR
    what = (
        "`task_serializer`, `result_serializer` or `accept_content` that names pickle, wherever Celery is "
        "configured: "
        "settings (with the namespace given, or by their old names), a configuration module or class, the "
        "constructor, "
        "`app.conf`."
    )
    why = (
        "Whoever can put a message on the broker can run any code in a worker that accepts pickles. Pickled "
        "arguments also "
        "break when a class moves between two releases."
    )
    how = (
        'Set `task_serializer="json"`, `result_serializer="json"` and `accept_content=["json"]`, and pass ids '
        "and plain "
        "values to tasks. Deploy the producers first and drop pickle from `accept_content` when the queues are empty."
    )
    applies_when = "the repository makes a Celery application"
    absent = "no Celery application is made here"
    errata = (
        "JSON is Celery's own default since 4.0, so an option that is not given is in order. YAML and msgpack "
        "are left "
        "alone: both are read as plain values here and cannot carry code."
    )
    examples = (
        Example(
            "pickle in the settings",
            {
                "config/celery.py": _APP,
                "config/settings.py": _SETTINGS
                + 'CELERY_TASK_SERIALIZER = "pickle"  # <-\nCELERY_ACCEPT_CONTENT = ["json", "pickle"]  # <-\n',
                "manage.py": "import django\n",
            },
            fixed={
                "config/settings.py": (
                    _SETTINGS
                    + 'CELERY_TASK_SERIALIZER = "json"\nCELERY_ACCEPT_CONTENT = ["json"]\n'
                )
            },
        ),
        Example(
            "pickle given to the application directly",
            {
                "config/celery.py": _APP
                + 'app.conf.result_serializer = "pickle"  # <-\napp.conf.update(task_serializer="pickle")  # <-\n',
                "config/settings.py": _SETTINGS,
                "manage.py": "import django\n",
            },
            fixed={
                "config/celery.py": (
                    _APP
                    + 'app.conf.result_serializer = "json"\napp.conf.update(task_serializer="json")\n'
                )
            },
        ),
        Example(
            "a configuration class with an old name",
            {
                "config/celery.py": (
                    "import django\nfrom celery import Celery\n\n\n"
                    "class Config:\n"
                    '    CELERY_TASK_SERIALIZER = "pickle"  # <-\n\n\n'
                    'app = Celery("shop")\napp.config_from_object(Config)\n'
                ),
            },
            fixed={
                "config/celery.py": (
                    "import django\nfrom celery import Celery\n\n\n"
                    'class Config:\n    CELERY_TASK_SERIALIZER = "json"\n\n\n'
                    'app = Celery("shop")\napp.config_from_object(Config)\n'
                )
            },
        ),
        Example(
            "JSON, said or left to Celery",
            {
                "config/celery.py": _APP,
                "config/settings.py": _SETTINGS
                + 'CELERY_TASK_SERIALIZER = "json"\nCELERY_ACCEPT_CONTENT = ["application/json"]\n',
                "manage.py": "import django\n",
            },
            state="pass",
        ),
        Example(
            "pickle in the settings that the application overrules",
            {
                "config/celery.py": _APP + 'app.conf.task_serializer = "json"\n',
                "config/settings.py": _SETTINGS + 'CELERY_TASK_SERIALIZER = "pickle"\n',
                "manage.py": "import django\n",
            },
            state="pass",
        ),
        Example(
            "msgpack and YAML carry plain values",
            {
                "config/celery.py": _APP,
                "config/settings.py": _SETTINGS
                + 'CELERY_TASK_SERIALIZER = "msgpack"\nCELERY_ACCEPT_CONTENT = ["json", "msgpack", "yaml"]\n',
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
        seen: set[tuple[str, int, str]] = set()
        for config in project.celery_configs:
            for name in _OPTIONS:
                place = config.located(name)
                if (place.path, place.line, name) in seen:
                    continue
                seen.add((place.path, place.line, name))
                names = _names(config.value(name))
                if not _PICKLES.isdisjoint(names):
                    wanted = '`["json"]`' if name == "accept_content" else '`"json"`'
                    yield place.violation(
                        f"`{name}` names pickle, which lets a message run code in the worker; make it {wanted}",
                        fix=_fix(project, place, name, config.value(name)),
                    )
                elif names and _PLAIN.issuperset(names):
                    yield place.in_order()
                else:
                    yield place.unknown(f"`{name}` is not a known serializer or is computed")


def _fix(project: Project, place: Located, name: str, value: Any) -> Fix | None:  # noqa: ANN401
    """Say JSON in place of pickle. Unsafe: pickles may wait in the queues, and arguments be more than JSON holds."""
    plain = [item for item in _names(value) if item not in _PICKLES]
    if UNKNOWN in plain:
        return None
    new = json.dumps(plain or ["json"]) if name == "accept_content" else '"json"'
    edit = set_celery_option(project, place, name, new)
    return Fix([edit], is_safe=False) if edit is not None else None


def _names(value: Any) -> list[Any]:  # noqa: ANN401
    """The serializers that an option names, what is unknown among them included."""
    items = value if isinstance(value, list) else [value]
    return [item.lower() if isinstance(item, str) else UNKNOWN for item in items]
