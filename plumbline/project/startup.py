"""What Django loads by itself when it starts, without anybody importing it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plumbline.project.classes import Class
from plumbline.project.imports import AUTODISCOVERED
from plumbline.project.modules import Module
from plumbline.roles import stem

if TYPE_CHECKING:
    from plumbline.project import Project

_ENTRY_POINTS = frozenset(("manage", "wsgi", "asgi", "celery"))


def startup_modules(project: Project) -> list[Module]:
    """The modules that Django, Celery or a common package loads by itself."""
    found: list[Module] = []
    for module in project.names:
        if module.role == "settings":
            found.append(module)
        elif module.role == "source":
            parts = module.name.split(".")
            by_name = not AUTODISCOVERED.isdisjoint(parts[-2:])
            if by_name or stem(module.path) in _ENTRY_POINTS or "management" in parts:
                found.append(module)
    found += [cls.module for cls in project.events.app_configs]
    return found


def idle_configs(project: Project) -> set[str]:
    """Paths of modules of app configs none of whose `ready` methods certainly runs: another config is installed."""
    installed: set[str] = set()
    for module in project.settings.deployed:
        setting = module.get("INSTALLED_APPS")
        if setting is None or not setting.is_known or module.is_open:
            return set()
        installed.update(item for item in setting.items if isinstance(item, str))
    by_path: dict[str, list[Class]] = {}
    for cls in project.events.app_configs:
        by_path.setdefault(cls.module.path, []).append(cls)
    idle: set[str] = set()
    for path, configs in by_path.items():
        named = [cls for cls in configs if cls.qualified_name in installed]
        if named and not any(
            scope.method("ready") for cls in named for scope in (cls, *cls.ancestors)
        ):
            idle.add(path)
    return idle
