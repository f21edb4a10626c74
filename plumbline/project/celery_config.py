"""What Celery is told, from every place that tells it: settings, configuration modules and classes, ``app.conf``.

Each application has one configuration for each settings module that production may run. A value is known, ``UNKNOWN``,
or Celery's own default; where a source cannot be read, what is not said elsewhere is unknown too.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from typing import Any

from plumbline import outline as o
from plumbline.project.evaluation import Evaluation
from plumbline.project.events import Events
from plumbline.project.functions import CallSite
from plumbline.project.modules import Module, Names
from plumbline.project.setting_values import UNKNOWN, Symbol, either
from plumbline.project.settings import Settings, SettingsModule
from plumbline.roles import SETTINGS, SOURCE
from plumbline.rule import Located

_UPDATES = ("update", "add_defaults", "setdefault")
DEFAULTS: dict[str, Any] = {
    "accept_content": ["json"],
    "result_accept_content": None,
    "task_serializer": "json",
    "result_serializer": "json",
    "task_time_limit": None,
    "task_soft_time_limit": None,
    "task_annotations": None,
    "task_acks_late": False,
    "task_reject_on_worker_lost": None,
    "task_track_started": False,
    "task_always_eager": False,
    "task_ignore_result": False,
    "worker_prefetch_multiplier": 4,
    "enable_utc": True,
    "timezone": None,
    "result_backend": None,
    "result_expires": 86_400,
    "beat_schedule": {},
}
"""What Celery does where nothing is said; options that are not named here have no known default."""

_OLD_NAMES = {
    "CELERYD_TASK_TIME_LIMIT": "task_time_limit",
    "CELERYD_TASK_SOFT_TIME_LIMIT": "task_soft_time_limit",
    "CELERYD_PREFETCH_MULTIPLIER": "worker_prefetch_multiplier",
    "CELERYD_CONCURRENCY": "worker_concurrency",
    "CELERYD_MAX_TASKS_PER_CHILD": "worker_max_tasks_per_child",
    "CELERYD_HIJACK_ROOT_LOGGER": "worker_hijack_root_logger",
    "CELERY_ACCEPT_CONTENT": "accept_content",
    "CELERY_ACKS_LATE": "task_acks_late",
    "CELERY_ALWAYS_EAGER": "task_always_eager",
    "CELERY_ANNOTATIONS": "task_annotations",
    "CELERY_DEFAULT_QUEUE": "task_default_queue",
    "CELERY_DEFAULT_RATE_LIMIT": "task_default_rate_limit",
    "CELERY_ENABLE_UTC": "enable_utc",
    "CELERY_IGNORE_RESULT": "task_ignore_result",
    "CELERY_IMPORTS": "imports",
    "CELERY_QUEUES": "task_queues",
    "CELERY_REJECT_ON_WORKER_LOST": "task_reject_on_worker_lost",
    "CELERY_RESULT_BACKEND": "result_backend",
    "CELERY_RESULT_SERIALIZER": "result_serializer",
    "CELERY_ROUTES": "task_routes",
    "CELERY_SEND_EVENTS": "worker_send_task_events",
    "CELERY_SEND_TASK_SENT_EVENT": "task_send_sent_event",
    "CELERY_TASK_RESULT_EXPIRES": "result_expires",
    "CELERY_TASK_SERIALIZER": "task_serializer",
    "CELERY_TIMEZONE": "timezone",
    "CELERY_TRACK_STARTED": "task_track_started",
    "CELERYBEAT_SCHEDULE": "beat_schedule",
    "CELERYBEAT_SCHEDULER": "beat_scheduler",
    "BROKER_URL": "broker_url",
    "BROKER_POOL_LIMIT": "broker_pool_limit",
    "BROKER_TRANSPORT_OPTIONS": "broker_transport_options",
}
_CONSTRUCTOR = {"broker": "broker_url", "backend": "result_backend", "include": "include"}
_NOT_OPTIONS = frozenset(
    "main loader backend amqp events log control set_as_current tasks broker include changes config_source fixups "
    "task_cls autofinalize namespace strict_typing".split()
)
_DJANGO_SETTINGS = "django.conf.settings"
_WORKER_LIMIT = re.compile(r"celery\b.*\bworker\b.*--(soft-)?time-limit[= ]")


class CeleryOption(Located):
    """One option where it is given: ``value`` in plain Python, with ``UNKNOWN`` parts."""

    name: str
    value: Any


class CeleryConfig(Located, dict=True, eq=False):
    """The effective configuration of an application, placed where the application is made."""

    app: CallSite
    settings: SettingsModule | None
    options: dict[str, CeleryOption]
    is_open: bool
    """Whether options may come from somewhere that cannot be read."""

    def get(self, name: str) -> CeleryOption | None:
        """The option of this (new, lower-case) name; None if nothing sets it: certainly so unless it ``is_open``."""
        return self.options.get(name)

    def value(self, name: str) -> Any:  # noqa: ANN401
        """The value that Celery works with, its own default where nothing is said; ``UNKNOWN`` if it cannot be told."""
        option = self.options.get(name)
        if option is not None:
            return option.value
        return UNKNOWN if self.is_open else DEFAULTS.get(name, UNKNOWN)

    def located(self, name: str) -> Located:
        """The place of an option, or of the application where nothing sets it."""
        option = self.options.get(name)
        if option is not None:
            return option
        return Located(
            self.path, self.line, self.end_line, self.column, f"{self.symbol}.{name}", name
        )


def find_celery_configs(names: Names, events: Events, settings: Settings) -> list[CeleryConfig]:
    """The configuration of each application for each settings module that production may run."""
    reader = _Reader(names, events, settings)
    modules: list[SettingsModule | None] = [*settings.deployed] or [None]
    apps = {(app.path, app.line): app for app in events.celery_apps.values()}
    return [reader.config(app, module) for app in apps.values() for module in modules]


def limits_in_commands(outlines: Mapping[str, o.Outline]) -> tuple[bool, bool]:
    """Whether a command that starts a worker sets a hard limit, and whether one sets a soft limit."""
    hard = soft = False
    for outline in outlines.values():
        if isinstance(outline, o.TextOutline):
            for _, line in outline.lines:
                if "time-limit" in line and (match := _WORKER_LIMIT.search(line)):
                    soft = soft or bool(match[1]) or "--soft-time-limit" in line
                    hard = hard or " --time-limit" in line
    return hard, soft


class _Reader:
    """Gathers what each application is told."""

    def __init__(self, names: Names, events: Events, settings: Settings) -> None:
        self.names = names
        self.events = events
        self.settings = settings

    @functools.cached_property
    def _statements(self) -> dict[tuple[str, int], list[tuple[Module, o.Call | o.Assignment]]]:
        """Place of an application to the calls and assignments that configure it, in the order of their modules."""
        found: dict[tuple[str, int], list[tuple[Module, o.Call | o.Assignment]]] = {}
        index = self.names.calling(SOURCE, SETTINGS)
        names = [name for name in index if name in _UPDATES or name.startswith("config_from_")]
        telling = self.names.callers(SOURCE, SETTINGS, names=names)
        calls = {module.path: calls for module, calls in telling}
        for module in self.names:
            if module.role not in (SOURCE, SETTINGS):
                continue
            for call in calls.get(module.path, ()):
                name = call.name
                if name.endswith((".conf.update", ".conf.add_defaults", ".conf.setdefault")):
                    head = name.rpartition(".conf.")[0]
                elif ".config_from_" in name:
                    head = name.rpartition(".")[0]
                else:
                    continue
                app = self.events.celery_app(module, head, call.scope)
                if app is not None:
                    found.setdefault((app.path, app.line), []).append((module, call))
            for item in module.outline.assignments:
                head, dot, rest = item.target.partition(".conf")
                if dot and (not rest or rest[0] in ".[") and item.operator in ("=", "[]="):
                    app = self.events.celery_app(module, head)
                    if app is not None:
                        found.setdefault((app.path, app.line), []).append((module, item))
        return found

    def config(self, app: CallSite, settings: SettingsModule | None) -> CeleryConfig:
        """What one application is told when one settings module is in force."""
        symbol = f"{app.symbol}.{app.outline.bound}" if app.outline.bound else app.symbol
        config = CeleryConfig(
            app.path,
            app.line,
            app.end_line,
            app.column,
            symbol,
            "Celery()",
            app,
            settings,
            {},
            False,
        )
        statements = self._statements.get((app.path, app.line), [])
        source: tuple[Module, o.Value, o.Value] | None = None
        module = self.names.modules[app.path]
        given = dict(app.outline.keywords)
        namespace: o.Value = given.get("namespace")
        if "config_source" in given:
            source = (module, given["config_source"], namespace)
        for where, statement in statements:
            if isinstance(statement, o.Call) and ".config_from_" in statement.name:
                keywords = dict(statement.keywords)
                config.is_open |= statement.name.endswith("envvar") or "**" in keywords
                chosen = keywords.get("obj", statement.args[0] if statement.args else None)
                source = (where, chosen, keywords.get("namespace", namespace))
        # Direct settings outrank the configuration object, in whatever order they are written.
        if source is not None and not config.is_open:
            self._from_object(config, *source)
        self._from_constructor(config, module)
        for where, statement in statements:
            if isinstance(statement, o.Assignment):
                self._from_assignment(config, where, statement)
            elif ".conf." in statement.name:
                self._from_call(config, where, statement)
        # What a function assigns to `app.conf` is not in the outline.
        config.is_open |= app.outline.scope >= 0 and source is None
        return config

    # ---- sources ----

    def _from_object(
        self, config: CeleryConfig, module: Module, chosen: o.Value, namespace: o.Value
    ) -> None:
        if namespace is not None and not isinstance(namespace, str):
            config.is_open = True
            return
        prefix = (namespace or "").rstrip("_")
        name = self._object_name(module, chosen)
        if name == _DJANGO_SETTINGS:
            if config.settings is None:
                config.is_open = True
                return
            config.is_open |= config.settings.is_open
            for setting in config.settings.values.values():
                self._add_named(config, setting.name, setting.value, setting, prefix)
            # Even a broker is not named: the settings come by a way that cannot be followed.
            config.is_open |= not config.options
            return
        source, rest = self.names.split(name)
        if source is None:
            config.is_open = True
        elif not rest:
            config.is_open |= self.settings.is_open(source)
            for key, (value, step, where) in self.settings.space(source).items():
                line, end = (step.line, step.end_line) if step is not None else (1, 1)
                place = Located(where.path, line, end, 0, f"{where.name}.{key}", key)
                self._add_named(config, key, value, place, prefix)
        else:
            self._from_class(config, source, name, prefix)

    def _object_name(self, module: Module, chosen: o.Value) -> str:
        if isinstance(chosen, str):
            path, colon, attribute = chosen.partition(":")
            name = f"{path}.{attribute}" if colon else path
            return _DJANGO_SETTINGS if name in ("django.conf.settings", "django.conf") else name
        return self.names.resolve(module, chosen.name) if isinstance(chosen, o.Ref) else "?"

    def _from_class(self, config: CeleryConfig, module: Module, name: str, prefix: str) -> None:
        found = False
        for cls in module.outline.classes:
            if cls.owner == -1 and f"{module.name}.{cls.name}" == name:
                found = True
                config.is_open |= bool(cls.bases) and cls.bases != [o.Ref("object")]
                for member in cls.members:
                    if member.kind == "assign":
                        place = Located(
                            module.path, member.line, member.end_line, member.column,
                            f"{name}.{member.name}", member.name,
                        )  # fmt: skip
                        value = self._value(config, module, member.value)
                        self._add_named(config, member.name, value, place, prefix)
        config.is_open |= not found

    def _from_constructor(self, config: CeleryConfig, module: Module) -> None:
        for key, value in config.app.outline.keywords:
            if key in ("**", "changes"):
                self._update(config, module, value, config.app)
            elif key not in _NOT_OPTIONS or key in _CONSTRUCTOR:
                name = _CONSTRUCTOR.get(key, key)
                self._add(config, name, self._value(config, module, value), config.app)

    def _from_call(self, config: CeleryConfig, module: Module, call: o.Call) -> None:
        place = Located(module.path, call.line, call.end_line, call.column, module.name, call.name)
        if call.name.endswith("setdefault"):
            name = call.args[0] if call.args else None
            if isinstance(name, str) and name not in config.options and len(call.args) > 1:
                self._add(config, name, self._value(config, module, call.args[1]), place)
            return
        before = dict(config.options)
        for argument in call.args:
            self._update(config, module, argument, place)
        for key, value in call.keywords:
            if key == "**":
                self._update(config, module, value, place)
            else:
                # The line of an argument is not kept, but a call inside it has one.
                self._add(config, key, self._value(config, module, value), place)
        if call.name.endswith("add_defaults"):
            config.options.update(before)
            return
        own = (config.app.path, config.app.outline.scope)
        is_apart = call.scope >= 0 and (module.path, call.scope) != own
        if is_apart or call.flags & (o.CONDITIONAL | o.IN_TRY):
            self._soften(config, before)

    def _from_assignment(self, config: CeleryConfig, module: Module, item: o.Assignment) -> None:
        place = Located(
            module.path, item.line, item.end_line, 0, f"{module.name}.{item.target}", item.target
        )
        before = dict(config.options)
        name = item.target.rpartition(".conf")[2].lstrip(".")
        if item.operator == "=" and name and "[" not in name:
            self._add(config, name, self._value(config, module, item.value), place)
        elif item.operator == "[]=" and not name:
            self._update(config, module, item.value, place)
        elif not name:
            config.is_open = True
        if item.guard:
            self._soften(config, before)

    def _soften(self, config: CeleryConfig, before: dict[str, CeleryOption]) -> None:
        """Make what has changed since ``before`` uncertain: the statement may not run."""
        for name, option in config.options.items():
            old = before.get(name)
            if old is not option:
                previous = old.value if old else UNKNOWN if config.is_open else DEFAULTS.get(name)
                option.value = either(previous, option.value)

    def _update(self, config: CeleryConfig, module: Module, value: o.Value, place: Located) -> None:
        mapping = self._value(config, module, value)
        if not isinstance(mapping, dict):
            config.is_open = True
            return
        for key, item in mapping.items():
            if isinstance(key, str):
                self._add(config, key, item, place)
            else:
                config.is_open = True

    # ---- options ----

    def _add_named(
        self,
        config: CeleryConfig,
        name: str,
        value: Any,  # noqa: ANN401
        place: Located,
        prefix: str,
    ) -> None:
        for option, is_current in _options(name, prefix):
            # A name of today's form outranks the old one.
            if is_current or option not in config.options:
                self._add(config, option, value, place)

    def _add(self, config: CeleryConfig, name: str, value: Any, place: Located) -> None:  # noqa: ANN401
        option = _OLD_NAMES.get(name, name)
        config.options[option] = CeleryOption(
            place.path, place.line, place.end_line, place.column, f"{config.symbol}.{option}", option,
            option, self._folded(config, value),
        )  # fmt: skip

    def _value(self, config: CeleryConfig, module: Module, value: o.Value) -> Any:  # noqa: ANN401
        evaluation = Evaluation(module, self.names, self.settings.space, self.settings.effort)
        evaluation.space = self.settings.space(module)
        return self._folded(config, evaluation.value(value))

    def _folded(self, config: CeleryConfig, value: Any) -> Any:  # noqa: ANN401
        """A value with ``settings.NAME`` replaced by what the settings say."""
        if isinstance(value, Symbol):
            name = value.name.removeprefix(f"{_DJANGO_SETTINGS}.")
            if name == value.name:
                return value
            setting = config.settings.get(name) if config.settings else None
            return setting.value if setting is not None else UNKNOWN
        if isinstance(value, list):
            return [self._folded(config, item) for item in value]
        if isinstance(value, dict):
            return {key: self._folded(config, item) for key, item in value.items()}
        return value


def _options(name: str, prefix: str) -> Iterator[tuple[str, bool]]:
    """The options that a name in a configuration object may set, and whether in the form of today."""
    if prefix:
        start = f"{prefix}_"
        if name.startswith(start):
            yield name[len(start) :].lower(), True
    elif name.islower():
        yield name, True
    if name in _OLD_NAMES:
        yield _OLD_NAMES[name], False
