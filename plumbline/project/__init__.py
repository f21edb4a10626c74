"""What a repository says: its outlines joined into questions that rules can ask."""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Iterable, Iterator, Mapping

from packaging.version import Version

from plumbline import outline as o
from plumbline.config import Config
from plumbline.project.app_folders import AppFolders
from plumbline.project.apps import Apps
from plumbline.project.breakers import Breakers
from plumbline.project.caches import Cache, CacheCall, find_cache_calls, find_caches
from plumbline.project.calls import Calls
from plumbline.project.celery_config import CeleryConfig, find_celery_configs, limits_in_commands
from plumbline.project.classes import Class, Classes
from plumbline.project.configuration import Configuration
from plumbline.project.consumers import Consumers
from plumbline.project.dependencies import Dependencies, lower_bounds
from plumbline.project.events import Events
from plumbline.project.functions import Function, Functions
from plumbline.project.import_groups import ImportGroups
from plumbline.project.imports import Reachable
from plumbline.project.jwt import Jwt, find_jwt
from plumbline.project.layers import Layers
from plumbline.project.matrix import tested_series
from plumbline.project.middleware import MiddlewareList
from plumbline.project.migration_sources import find_migrations
from plumbline.project.migrations import Migrations, Operation
from plumbline.project.model_drift import ModelDrift
from plumbline.project.models import Model, find_models
from plumbline.project.modules import Module, Names
from plumbline.project.outbound import Outbound, find_outbound
from plumbline.project.permissions import Permissions
from plumbline.project.policies import Policy, find_policies
from plumbline.project.replay import Replay
from plumbline.project.route_names import RouteNames
from plumbline.project.routes import Views
from plumbline.project.settings import Settings
from plumbline.project.startup import startup_modules
from plumbline.project.suppressions import Suppressions
from plumbline.project.telemetry import Telemetry
from plumbline.project.templates import Template
from plumbline.project.testing import Tests
from plumbline.project.throttling import Throttling
from plumbline.project.workflows import Job, workflow_jobs
from plumbline.roles import is_project_file, stem
from plumbline.rule import Located
from plumbline.source import kind_of

__all__ = ["Class", "Function", "Model", "Module", "Project"]

_ENTRY_POINT_FILES = ("manage", "wsgi", "asgi", "celery", "conftest", "noxfile")


class Project:
    """A repository's facts. Everything is worked out when first asked for, and once."""

    def __init__(
        self,
        outlines: Mapping[str, o.Outline],
        unreadable: Iterable[str] = (),
        *,
        config: Config | None = None,
        today: str = "",
        known_codes: Collection[str] = (),
    ) -> None:
        self.outlines = outlines
        self.unreadable = frozenset(unreadable)
        self.config = config or Config()
        self.suppressions = Suppressions(outlines, today)
        self.known_codes = known_codes
        self._python = {
            path: item for path, item in outlines.items() if isinstance(item, o.PythonOutline)
        }

    @functools.cached_property
    def names(self) -> Names:
        """All Python modules, and what names in them stand for."""
        return Names(self._python, self.config.source_roots)

    @functools.cached_property
    def classes(self) -> Classes:
        """All classes."""
        return Classes(self.names)

    @functools.cached_property
    def functions(self) -> Functions:
        """All functions and methods."""
        return Functions(self.names, self.classes)

    @functools.cached_property
    def calls(self) -> Calls:
        """All calls, found by their last name."""
        return Calls(self.names, self.classes, self.functions)

    @functools.cached_property
    def models(self) -> list[Model]:
        """Model classes outside tests, migrations and documentation."""
        return [
            model
            for model in find_models(self.classes)
            if model.cls.module.role in ("source", "settings")
        ]

    @functools.cached_property
    def settings(self) -> Settings:
        """Settings modules, evaluated."""
        return Settings(self.names, self.settings_names)

    @functools.cached_property
    def settings_names(self) -> list[str]:
        """Dotted settings modules that entry points and tool configuration name, in order of authority."""
        found: list[str] = []
        for module in self.names:
            if stem(module.path) not in _ENTRY_POINT_FILES and not module.path.endswith(
                "__main__.py"
            ):
                continue
            for call in module.calls:
                if (
                    len(call.args) > 1
                    and call.args[0] == "DJANGO_SETTINGS_MODULE"
                    and isinstance(call.args[1], str)
                ):
                    found.append(call.args[1])
            for item in module.outline.assignments:
                value = item.value
                if (
                    item.target == "os.environ"
                    and isinstance(value, o.Table)
                    and value.keys == ["DJANGO_SETTINGS_MODULE"]
                ):
                    found += [text for text in value.values if isinstance(text, str)]
        for options in (self.configuration.pytest, self.configuration.django_stubs):
            for key in ("DJANGO_SETTINGS_MODULE", "django_settings_module"):
                if options is not None and isinstance(name := options[1].get(key), str):
                    found.append(name.strip("\"'"))
        found += re.findall(r"--ds[= ]([\w.]{1,200})", self.configuration.pytest_options)
        return list(dict.fromkeys(found))

    @functools.cached_property
    def dependencies(self) -> Dependencies:
        """Declared dependencies and pinned versions."""
        return Dependencies(self.outlines)

    @functools.cached_property
    def configuration(self) -> Configuration:
        """Tool configuration and CI."""
        return Configuration(self.outlines)

    @functools.cached_property
    def views(self) -> Views:
        """Routes, function views and view classes."""
        return Views(self.names, self.classes, self.functions, self.calls)

    @functools.cached_property
    def route_names(self) -> RouteNames:
        """The names that ``reverse`` may be given."""
        return RouteNames(self)

    @functools.cached_property
    def consumers(self) -> Consumers:
        """Consumers of Django Channels, the routes to them and the groups."""
        return Consumers(self)

    @functools.cached_property
    def events(self) -> Events:
        """Tasks, signal receivers, app configurations."""
        return Events(self.names, self.classes, self.functions)

    @functools.cached_property
    def apps(self) -> Apps:
        """Django applications, and their models by label."""
        return Apps(self.events.app_configs, self.models)

    @functools.cached_property
    def app_folders(self) -> AppFolders:
        """The folders of Django applications, and which of them settings install."""
        return AppFolders(self.names, self.classes, self.settings)

    @functools.cached_property
    def outbound(self) -> list[Outbound]:
        """The calls outside tests that ask other servers over HTTP."""
        return list(find_outbound(self))

    @functools.cached_property
    def breakers(self) -> Breakers:
        """Circuit breakers, and what they guard."""
        return Breakers(self)

    @functools.cached_property
    def throttling(self) -> Throttling:
        """Limits on how often a client may ask."""
        return Throttling(self)

    @functools.cached_property
    def permissions(self) -> Permissions:
        """Permissions that models define and code asks for."""
        return Permissions(self.names, self.classes, self.apps, self.calls)

    @functools.cached_property
    def middleware(self) -> MiddlewareList:
        """The repository's own middleware, as `MIDDLEWARE` lists it."""
        return MiddlewareList(self)

    @functools.cached_property
    def celery_configs(self) -> list[CeleryConfig]:
        """The effective Celery configuration of each application and deployed settings module."""
        return find_celery_configs(self.names, self.events, self.settings)

    @functools.cached_property
    def worker_command_limits(self) -> tuple[bool, bool]:
        """Whether a command that starts a Celery worker sets a hard limit, and whether one sets a soft limit."""
        return limits_in_commands(self.outlines)

    @functools.cached_property
    def policies(self) -> list[Policy]:
        """The Content Security Policies that settings give Django to send."""
        return list(find_policies(self))

    @functools.cached_property
    def jwt(self) -> list[Jwt]:
        """What deployed settings tell djangorestframework-simplejwt; none where it is not used."""
        return list(find_jwt(self))

    @functools.cached_property
    def caches(self) -> list[Cache]:
        """The caches that deployed settings define."""
        return list(find_caches(self))

    @functools.cached_property
    def cache_calls(self) -> list[CacheCall]:
        """The calls of Django's caches outside tests."""
        return list(find_cache_calls(self))

    @functools.cached_property
    def telemetry(self) -> Telemetry:
        """What the project does with OpenTelemetry."""
        return Telemetry(self)

    @functools.cached_property
    def imports(self) -> Reachable:
        """Which modules load which."""
        return Reachable(self.names)

    @functools.cached_property
    def startup(self) -> list[Module]:
        """The modules that Django, Celery or a common package loads by itself."""
        return startup_modules(self)

    @functools.cached_property
    def templates(self) -> list[Template]:
        """Django templates."""
        return [
            Template(path, item)
            for path, item in self.outlines.items()
            if isinstance(item, o.TemplateOutline)
        ]

    @functools.cached_property
    def migrations(self) -> Migrations:
        """The migrations, by app and in the order in which they run."""
        return find_migrations(self.names, self.classes, self.settings)

    @functools.cached_property
    def operations(self) -> list[Operation]:
        """The operations of all migrations, those inside others too."""
        return [item for migration in self.migrations.all for item in migration.walk()]

    @functools.cached_property
    def model_drift(self) -> ModelDrift:
        """Models compared to what migrations make of them."""
        return ModelDrift(self.names, self.apps, self.migrations, self.replay, self.imports)

    @functools.cached_property
    def replay(self) -> Replay:
        """What the migrations do to the schema, one after the other."""
        return Replay(self.migrations)

    @functools.cached_property
    def imported_packages(self) -> frozenset[str]:
        """Top-level names of everything that is imported anywhere outside tests."""
        return frozenset(self._importers)

    @functools.cached_property
    def _importers(self) -> dict[str, set[str]]:
        """Top-level name to the paths of the modules outside tests that import something below it."""
        found: dict[str, set[str]] = {}
        for name, modules in self.names.importing.items():
            if not name.startswith("."):
                paths = {module.path for module in modules if module.role != "test"}
                if paths:
                    found.setdefault(name.partition(".")[0], set()).update(paths)
        return found

    def importers(self, *packages: str) -> list[Module]:
        """The modules outside tests that import one of these packages, by their top-level names."""
        paths = {path for package in packages for path in self._importers.get(package, ())}
        return [module for module in self.names if module.path in paths] if paths else []

    def uses(self, package: str, *distributions: str) -> bool:
        """Whether a package is imported, or one of its distributions is a declared dependency."""
        return package in self.imported_packages or any(
            name in self.dependencies for name in (package, *distributions)
        )

    def installs(self, *distributions: str) -> bool:
        """Whether one of these distributions is declared, locked, or installed by a command or hook."""
        return any(
            name in self.dependencies
            or name in self.dependencies.locked
            or name in self.configuration.commands.installed
            for name in distributions
        )

    def has_module(self, name: str) -> bool:
        """Whether the repository holds a module of this dotted name, from whichever folder imports may start."""
        if name in self.names.by_name:
            return True
        tail = name.replace(".", "/")
        ends = (f"/{tail}.py", f"/{tail}/__init__.py")
        return any(f"/{path}".endswith(ends) for path in (*self._python, *self.unreadable))

    def is_foreign(self, name: str) -> bool:
        """Whether a dotted name starts with a package that is used here but is none of the repository's own."""
        top = name.partition(".")[0]
        is_own = any(top in path.split("/") or f"{top}.py" == path for path in self._python)
        return not is_own and (
            top in self.imported_packages or self.installs(top.replace("_", "-"))
        )

    @functools.cached_property
    def names_test_settings(self) -> bool:
        """Whether anything tells pytest-django which settings to use: options, environment, or a ``conftest.py``."""
        pytest = self.configuration.pytest
        wanted = ("DJANGO_SETTINGS_MODULE", "DJANGO_CONFIGURATION", "--ds")
        if pytest is not None and any(word in f"{pytest[1]}" for word in wanted):
            return True
        if any(self.configuration.commands.mentions(word) for word in wanted):
            return True
        if any(
            word in f"{item.sections}"
            for _, item in self.configuration.files("tox.ini", "setup.cfg")
            if isinstance(item, o.IniOutline)
            for word in wanted
        ):
            return True
        conftests = self.tests.conftests
        return (
            any(
                "DJANGO_SETTINGS_MODULE" in call.args or call.name.endswith("settings.configure")
                for module in conftests
                for call in module.calls
            )
            or any(
                function.name == "pytest_configure"
                for module in conftests
                for function in module.functions
            )
            or any(
                isinstance(item.value, o.Table) and "DJANGO_SETTINGS_MODULE" in item.value.keys
                for module in conftests
                for item in module.outline.assignments
            )
        )

    @functools.cached_property
    def unreadable_configuration(self) -> str:
        """Path of a file that may declare or configure tools and could not be read; empty if there is none."""
        return next(
            (
                path
                for path in sorted(self.unreadable)
                if kind_of(path) in ("toml", "ini", "requirements", "yaml")
            ),
            "",
        )

    @functools.cached_property
    def entry_modules(self) -> list[Module]:
        """The project's own manage.py, wsgi.py and asgi.py, nearest to the top first; none in a reusable app."""
        found = [
            module
            for module in self.names
            if stem(module.path) in ("manage", "wsgi", "asgi") and is_project_file(module.path)
        ]
        return sorted(found, key=lambda module: (module.path.count("/"), module.path))

    @functools.cached_property
    def workflow_jobs(self) -> list[Job]:
        """The jobs of GitHub's workflows."""
        return workflow_jobs(self.outlines)

    @functools.cached_property
    def tests(self) -> Tests:
        """Test modules and fixtures."""
        return Tests(self.names, self.classes)

    @functools.cached_property
    def uses_pytest(self) -> bool:
        """Whether the tests are run by pytest: it is configured, installed or imported by tests."""
        return (
            self.configuration.pytest is not None
            or self.installs("pytest", "pytest-django")
            or bool(self.calls.modules("fixture", "parametrize", "raises", tests=True))
        )

    @functools.cached_property
    def has_tests(self) -> bool:
        """Whether any module holds tests: test functions, or classes with test methods."""
        return any(
            function.name.startswith("test")
            for module in self.names
            if module.role == "test"
            for function in module.functions
        )

    @functools.cached_property
    def import_groups(self) -> ImportGroups:
        """Where imports belong in a module."""
        return ImportGroups(self.names)

    @functools.cached_property
    def tested_djangos(self) -> dict[str, str]:
        """Each series of Django that tox, nox or CI tests with, and the path of a file that says so."""
        return tested_series(self.outlines, self.configuration.ci_files)

    @functools.cached_property
    def is_library(self) -> bool:
        """Whether the repository is packaged for other projects and is no project itself."""
        if self.entry_modules:
            return False
        packaged = self.configuration.toml("project") or self.configuration.toml("tool", "poetry")
        return packaged is not None or bool(self.paths("setup.py"))

    @functools.cached_property
    def oldest_python(self) -> Version | None:
        """The oldest Python that the project declares to support; None if it declares none."""
        declared = self.configuration.toml("project")
        text = declared[1].get("requires-python") if declared else None
        if not isinstance(text, str):
            poetry = self.configuration.toml("tool", "poetry", "dependencies")
            text = poetry[1].get("python") if poetry else None
        return max(lower_bounds(text), default=None) if isinstance(text, str) else None

    @functools.cached_property
    def uses_postgresql(self) -> bool:
        """Whether settings name PostgreSQL as a database, or, where none can be told, a driver for it is installed."""
        engines = [
            database["ENGINE"]
            for item in self.settings.deployed
            if (setting := item.get("DATABASES")) is not None and isinstance(setting.value, dict)
            for database in setting.value.values()
            if isinstance(database, dict) and isinstance(database.get("ENGINE"), str)
        ]
        if engines:
            return any("postg" in engine for engine in engines)
        return any(
            dependency.is_runtime
            for name in ("psycopg", "psycopg-binary", "psycopg2", "psycopg2-binary")
            for dependency in self.dependencies.declared.get(name, ())
        )

    @functools.cached_property
    def is_django(self) -> bool:
        """Whether this is a Django repository at all."""
        return "django" in self.dependencies or "django" in self.imported_packages

    def layer(self, name: str) -> list[Module]:
        """The modules of a layer outside tests: ``services``, ``selectors``."""
        return self._layers.modules(name)

    @functools.cached_property
    def _layers(self) -> Layers:
        return Layers(self.names)

    @property
    def named_in_settings(self) -> frozenset[str]:
        """Dotted names that settings mention as text, such as a handler that a package calls."""
        return self._layers.named_in_settings

    def functions_in(self, *layers: str) -> Iterator[Function]:
        """Functions outside tests in modules or packages of these names: ``services``, ``selectors``."""
        for layer in layers:
            for module in self.layer(layer):
                for index in range(len(module.functions)):
                    yield self.functions.by_index[module.path, index]

    def paths(self, *base_names: str) -> list[str]:
        """Paths of read files with these base names, nearest to the top first."""
        return [path for path, _ in self.configuration.files(*dict.fromkeys(base_names))]

    def located_at(self, path: str, symbol: str, text: str) -> Located:
        """A whole file (that exists or would hold the remedy) as a place to report: its first line."""
        return Located(path, 1, 1, 0, symbol, text)

    def located_in(self, module: Module, line: int, text: str) -> Located:
        """A statement at the top of a module as a place to report."""
        return Located(module.path, line, line, 0, module.name, text)

    def repository(self, about: str, *candidates: str) -> Located:
        """The repository as a subject: reported on the first of ``candidates`` that exists, else on the first named."""
        path = next((path for path in candidates if path in self.outlines), None)
        if path is None:
            nearest = self.paths(*(name.rpartition("/")[2] for name in candidates))
            path = nearest[0] if nearest else (candidates[0] if candidates else "pyproject.toml")
        return self.located_at(path, about, about)
