"""Django settings, evaluated without running them, in three values: known, partly known, unknown.

A settings module is a small program. Its assignments are followed in order, star imports merged in, lists extended;
whatever comes from the environment or from a call is ``UNKNOWN``, and a list or dict that holds such a part is only
partly known. Unknown is never wrong: rules must not report it.
"""

from __future__ import annotations

import functools
import re
from typing import Any

from plumbline import outline as o
from plumbline.project.evaluation import Evaluation, Space
from plumbline.project.modules import Module, Names
from plumbline.project.setting_values import UNKNOWN, Effort, Perhaps, Symbol, is_known
from plumbline.roles import SETTINGS, SOURCE, TEST, is_project_file, is_template, stem
from plumbline.rule import Located

__all__ = ["UNKNOWN", "Perhaps", "Setting", "Settings", "SettingsModule", "Symbol"]


class Setting(Located):
    """One setting as a settings module leaves it: ``value`` in plain Python, with ``UNKNOWN`` and ``Perhaps`` parts."""

    name: str
    value: Any

    @property
    def is_known(self) -> bool:
        """Whether no part of the value is unknown."""
        return is_known(self.value)

    @property
    def items(self) -> list[Any]:
        """The items that a list setting certainly holds, in order; empty if it is no list."""
        if not isinstance(self.value, list):
            return []
        return [
            item for item in self.value if item is not UNKNOWN and not isinstance(item, Perhaps)
        ]

    def holds(self, item: object) -> bool:
        """Whether a list certainly holds ``item``."""
        return isinstance(self.value, list) and item in self.value

    def may_hold(self, item: object) -> bool:
        """Whether a list holds ``item`` in some run, or holds parts that are unknown."""
        return self.value is UNKNOWN or (
            isinstance(self.value, list)
            and (item in self.value or UNKNOWN in self.value or Perhaps(item) in self.value)
        )


class SettingsModule:
    """A settings module with everything that it imports by star merged in."""

    def __init__(self, module: Module, settings: Settings) -> None:
        self.module = module
        self.path = module.path
        self._settings = settings

    def __repr__(self) -> str:
        return f"<SettingsModule {self.module.name}>"

    @property
    def name(self) -> str:
        """The dotted name of the module."""
        return self.module.name

    @functools.cached_property
    def environment(self) -> str:
        """``base``, ``development``, ``production``, ``test``, ``single`` or ``other``, told from the name."""
        return environment_of(self.name.rpartition(".")[2])

    @functools.cached_property
    def values(self) -> dict[str, Setting]:
        """Every upper-case name that the module leaves behind."""
        found: dict[str, Setting] = {}
        for name, (value, step, module) in self._settings.space(self.module).items():
            if name.isupper():
                line, end = (step.line, step.end_line) if step is not None else (1, 1)
                symbol = f"{module.name}.{name}"
                found[name] = Setting(module.path, line, end, 0, symbol, name, name, value)
        return found

    def get(self, name: str) -> Setting | None:
        """The setting of this name; None if the module does not set it: certainly so unless it ``is_open``."""
        return self.values.get(name)

    @functools.cached_property
    def is_open(self) -> bool:
        """Whether names may come from somewhere that cannot be read: an outside star import, ``globals().update``."""
        return self._settings.is_open(self.module)

    def located(self, name: str, text: str = "") -> Located:
        """The place of a setting, or the first line of the module where it would stand."""
        setting = self.values.get(name)
        if setting is not None:
            return setting
        return Located(self.path, 1, 1, 0, f"{self.name}.{name}", text or name)


_ENVIRONMENTS = {
    "base": frozenset("base common defaults default shared main project".split()),
    "development": frozenset("development dev local devel develop debug compose".split()),
    "production": frozenset("production prod live deploy deployment server heroku".split()),
    "test": frozenset("test tests testing ci unittest unittests pytest".split()),
}


def environment_of(name: str) -> str:
    """The environment that the name of a settings module tells: ``settings_prod`` is for ``production``."""
    words = [word for word in name.split("_") if word not in ("settings", "config", "")]
    for environment, names in _ENVIRONMENTS.items():
        if not names.isdisjoint(words):
            return environment
    return "other" if words else "single"


_TELLING = frozenset(("INSTALLED_APPS", "ROOT_URLCONF", "DATABASES"))
_FLAT_NAME = re.compile(r"settings?_\w+|\w+_settings?")
_REWRITES = ("globals()", "locals()", "vars()", "setattr", "exec", "django_heroku.")
_INCLUDES = ("include", "optional", "split_settings.tools.include", "environ.load")


class Settings:
    """The settings modules of the repository."""

    def __init__(self, names: Names, entry_points: list[str]) -> None:
        self.names = names
        self.entry_points = entry_points
        self._spaces: dict[str, Space] = {}
        self.effort = Effort()
        self._open: dict[str, bool] = {}

    @functools.cached_property
    def named(self) -> dict[str, Module]:
        """Path to module of the settings that entry points and tool configuration name."""
        found = [self.names.by_name.get(name) for name in self.entry_points]
        return {module.path: module for module in found if module is not None}

    @functools.cached_property
    def modules(self) -> list[SettingsModule]:
        """Settings modules: those that an entry point names, and those that look like it beside them.

        What a project template holds counts only where there is nothing else.
        """
        found = dict(self.named)
        for module in self.names:
            if "setting" not in module.path:
                continue
            is_flat = module.role in (SOURCE, TEST) and _FLAT_NAME.fullmatch(stem(module.path))
            if (module.role == SETTINGS or is_flat) and self._looks_like_settings(module):
                found.setdefault(module.path, module)
        folders = {path.rpartition("/")[0] for path in found}
        packages = {folder for folder in folders if folder.endswith("settings")}
        if packages:
            for module in self.names:
                if module.path.rpartition("/")[0] in packages and self._looks_like_settings(module):
                    found.setdefault(module.path, module)
        for module in self._beside_named(found):
            found.setdefault(module.path, module)
        own = {path: module for path, module in found.items() if not is_template(path)} or found
        return [SettingsModule(own[path], self) for path in sorted(own)]

    def _beside_named(self, found: dict[str, Module]) -> list[Module]:
        """Modules that start from settings of their folder, whatever that is called: ``config.django.production``."""
        folders = {path.rpartition("/")[0] for path in self.named}
        names = {module.name for module in found.values()}
        return [
            module
            for module in self.names
            if module.path.rpartition("/")[0] in folders
            and module.path not in found
            and not names.isdisjoint(module.stars)
        ]

    def _looks_like_settings(self, module: Module) -> bool:
        if any(assignment.target in _TELLING for assignment in module.outline.assignments):
            return True
        if any(_is_configuration(cls) for cls in module.outline.classes):
            return True
        return any("settings" in star for star in module.stars)

    @functools.cached_property
    def deployed(self) -> list[SettingsModule]:
        """The modules that production runs: those named for it, else the entry point's, else all but tests.

        Empty for a reusable app, whose only settings are those of its tests or its example.
        """
        candidates = [module for module in self.modules if is_project_file(module.path)]
        by_name = [module for module in candidates if module.environment == "production"]
        if by_name:
            return by_name
        named = [
            module
            for module in candidates
            if module.path in self.named and module.environment != "test"
        ]
        return named or [
            module for module in candidates if module.environment not in ("test", "development")
        ]

    @functools.cached_property
    def environments(self) -> set[str]:
        """The environments that settings exist for: by modules, by their neighbours in a package, by classes."""
        folders = {item.path.rpartition("/")[0] for item in self.modules}
        packages = {folder for folder in folders if folder.endswith("settings")}
        found = {item.environment for item in self.modules}
        found |= {
            environment_of(stem(module.path))
            for module in self.names
            if module.path.rpartition("/")[0] in packages
        }
        if any(item.module.role == TEST for item in self.modules) or any(
            module.role == TEST and stem(module.path) == "settings" for module in self.names
        ):
            found.add("test")
        return found | self._class_environments()

    def _class_environments(self) -> set[str]:
        """The environments that classes of django-configurations in settings modules are named for."""
        return {
            environment
            for item in self.modules
            if any(_is_configuration(cls) for cls in item.module.outline.classes)
            for cls in item.module.outline.classes
            for environment, names in _ENVIRONMENTS.items()
            if not names.isdisjoint(
                re.findall(r"[a-z]+", re.sub(r"([A-Z])", r" \1", cls.name).lower())
            )
        }

    def space(self, module: Module) -> Space:
        """Every name at the end of the module's top level."""
        known = self._spaces.get(module.path)
        if known is None:
            self._spaces[module.path] = {}  # a cycle of star imports sees what is there so far
            known = self._spaces[module.path] = Evaluation(
                module, self.names, self.space, self.effort
            ).run()
        return known

    def is_open(self, module: Module) -> bool:
        """Whether a star import of the module leads outside the repository, or its namespace is changed by call."""
        known = self._open.get(module.path)
        if known is None:
            self._open[module.path] = False
            known = self._open[module.path] = (
                any(self._leads_outside(module, item) for item in module.outline.imports)
                or any(
                    call.name.startswith(_REWRITES)
                    or call.name in _INCLUDES
                    or call.name.endswith(".load_settings")
                    for call in module.calls_by_scope.get(-1, [])
                )
                or any(_is_configuration(cls) for cls in module.outline.classes)
            )
        return known

    def _leads_outside(self, module: Module, item: o.Import) -> bool:
        if item.name != "*":
            return False
        name = module.absolute(item.module)
        source = self.names.by_name.get(name)
        if source is not None:
            return self.is_open(source)
        # An optional `local_settings` that is not committed is an override of one machine, not the repository's word.
        is_own = item.module.startswith(".") or self.names.split(name)[0] is not None
        return not (item.guarded and (is_own or "local" in name))


def _is_configuration(cls: o.Class) -> bool:
    """Whether a class is one of django-configurations, which holds settings as attributes."""
    return any(
        isinstance(base, o.Ref) and base.name.rpartition(".")[2] == "Configuration"
        for base in cls.bases
    )
