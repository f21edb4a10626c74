"""Where the migrations of apps are, and the labels by which models and migrations name apps."""

from __future__ import annotations

from plumbline import outline as o
from plumbline.project.classes import Classes
from plumbline.project.migrations import Migrations
from plumbline.project.modules import Names
from plumbline.project.settings import Settings


def find_migrations(names: Names, classes: Classes, settings: Settings) -> Migrations:
    """The migrations of the repository."""
    return Migrations(
        classes, renamed_migrations(settings), labels_by_folder(names), SwappableModels(settings)
    )


def labels_by_folder(names: Names) -> dict[str, str]:
    """The folder of each app that has a configuration in ``apps.py``, to its label.

    Any class with the word in its base's name will do: packages have their own heirs of Django's ``AppConfig``.
    """
    found: dict[str, str] = {}
    for module in names:
        if not module.path.endswith("apps.py"):
            continue
        folder = module.path.rpartition("/")[0]
        for cls in module.outline.classes:
            if any(isinstance(base, o.Ref) and base.name.endswith("Config") for base in cls.bases):
                values = {member.name: member.value for member in cls.members}
                label, name = values.get("label"), values.get("name")
                if isinstance(label, str):
                    found[folder] = label
                elif isinstance(name, str):
                    found.setdefault(folder, name.rpartition(".")[2])
    return found


def renamed_migrations(settings: Settings) -> dict[str, str]:
    """The packages that ``MIGRATION_MODULES`` of any settings module names, to the labels of their apps."""
    found: dict[str, str] = {}
    for module in settings.modules:
        if (setting := module.get("MIGRATION_MODULES")) is None:
            continue
        if isinstance(setting.value, dict):
            for label, package in setting.value.items():
                if isinstance(label, str) and isinstance(package, str):
                    found.setdefault(package, label)
    return found


class SwappableModels(dict[str, str]):
    """Settings that name a model (``AUTH_USER_MODEL``), to the label of its app; looked up when asked for."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._settings = settings

    def __missing__(self, name: str) -> str:
        values = [
            setting.value
            for module in self._settings.modules
            if (setting := module.get(name)) is not None
        ]
        found = next((value for value in values if isinstance(value, str)), name)
        self[name] = found.partition(".")[0]
        return self[name]
