"""The project's own Django apps: which folders they are, and which of them settings install."""

from __future__ import annotations

import functools
import posixpath

from plumbline.project.classes import Classes
from plumbline.project.modules import Module, Names
from plumbline.project.settings import Settings
from plumbline.roles import SOURCE, is_project_file
from plumbline.rule import Located

_TELLING_FILES = ("apps.py", "models.py")


class AppFolder(Located):
    """A Django app of the repository; ``folder`` is its package's, ``package`` the dotted name."""

    folder: str
    package: str


class AppFolders:
    """The apps of the repository, told by their files or by ``INSTALLED_APPS``."""

    def __init__(self, names: Names, classes: Classes, settings: Settings) -> None:
        self._names = names
        self._classes = classes
        self._settings = settings
        self._owners: dict[str, AppFolder | None] = {}

    @functools.cached_property
    def installed(self) -> list[AppFolder]:
        """The apps of the repository itself that settings outside of tests install, in the order of their folders."""
        found: dict[str, AppFolder] = {}
        for item in self._settings.modules:
            setting = item.get("INSTALLED_APPS")
            if setting is None or item.environment == "test" or not is_project_file(item.path):
                continue
            for entry in setting.items:
                module = self._package(entry) if isinstance(entry, str) else None
                if module is not None and is_project_file(module.path):
                    app = self._app(module.path.rpartition("/")[0])
                    found.setdefault(app.folder, app)
        return [found[folder] for folder in sorted(found)]

    def _package(self, entry: str) -> Module | None:
        """The package that an entry of ``INSTALLED_APPS`` names, by itself or through its configuration class."""
        module, rest = self._names.split(entry)
        if module is None:
            return None
        if rest:
            cls = self._classes.by_name.get(self._names.canonical(entry))
            member = cls.member("name") if cls is not None else None
            name = member.value if member is not None else module.package
            module = self._names.by_name.get(name) if isinstance(name, str) else None
        return module if module is not None and module.is_package else None

    @functools.cached_property
    def by_folder(self) -> dict[str, AppFolder]:
        """Every app by its folder: a package that is installed, or that holds models, migrations or ``apps.py``."""
        folders = {app.folder for app in self.installed}
        for module in self._names:
            folder, _, name = module.path.rpartition("/")
            if name == "__init__.py" or name in _TELLING_FILES:
                if module.role != SOURCE:
                    continue
                if name == "__init__.py":
                    if not folder.endswith(("/models", "/migrations")):
                        continue
                    folder = folder.rpartition("/")[0]
                if folder not in folders and is_project_file(module.path):
                    folders.add(folder)
        return {folder: self._app(folder) for folder in sorted(folders) if folder}

    @functools.cached_property
    def outer(self) -> frozenset[str]:
        """Folders of apps that hold other apps: as a rule the project's own package."""
        found: set[str] = set()
        for folder in self.by_folder:
            while folder := folder.rpartition("/")[0]:
                if folder in self.by_folder:
                    found.add(folder)
        return frozenset(found)

    def of(self, path: str) -> AppFolder | None:
        """The app that a file belongs to: that of the nearest folder above it."""
        folder = posixpath.dirname(path)
        if folder not in self._owners:
            self._owners[folder] = self.by_folder.get(folder) or (
                self.of(folder) if folder else None
            )
        return self._owners[folder]

    def _app(self, folder: str) -> AppFolder:
        init = self._names.modules.get(f"{folder}/__init__.py")
        named = init.name if init is not None else folder.replace("/", ".")
        path = next(
            (
                path
                for name in ("apps.py", "__init__.py", "models.py")
                if (path := f"{folder}/{name}") in self._names.modules
            ),
            f"{folder}/__init__.py",
        )
        return AppFolder(path, 1, 1, 0, f"app:{named}", named, folder, named)
