"""Where a file stands, as far as ruff's verdict depends on it: the role under which a blob is linted and cached.

Ruff looks at a path for a few rules only: what is a package, what is private, whether a module's name is a good one,
and what is not asked of tests or migrations. Paths with the same answers share one role, so that a blob has one result
in all of them, and is linted under a name that we make up.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator

from plumbline.linting.profile import FOLDERS
from plumbline.roles import DOCUMENTATION, MIGRATION, SETTINGS, TEST, is_template, role_of

_PARTS = {TEST: "test", MIGRATION: "migration", SETTINGS: "settings"}
_MODULE_NAME = re.compile(r"[a-z_][a-z0-9_]*")
_MIGRATION_NAME = re.compile(r"[a-z0-9_]+")
_OWN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_OWN_LIMIT = 1000
PACKAGE, PRIVATE, MISNAMED = "package", "private", "misnamed"


class Places:
    """The places of a repository's Python files, and which names in imports are its own."""

    def __init__(self, paths: Iterable[str]) -> None:
        """Take every path of a Python file in the repository."""
        self._paths = list(paths)
        self._packages = {
            path.rpartition("/")[0] for path in self._paths if _name(path) == "__init__.py"
        } - {""}

    @staticmethod
    def is_linted(path: str) -> bool:
        """Whether ruff is asked of a file: of the project's own code, not of samples, documentation and templates."""
        return not _is_sample(path)

    def role(self, path: str) -> str:
        """The role of a file: the part that it plays, then what is special about its name."""
        folder, _, name = path.rpartition("/")
        stem = name.removesuffix(".py")
        is_package = stem == "__init__"
        part = "asgi" if stem == "asgi" else _PARTS.get(role_of(path), "source")
        words = [part]
        if is_package:
            words.append(PACKAGE)
        if folder in self._private or (not is_package and _is_private(stem)):
            words.append(PRIVATE)
        valid = _MIGRATION_NAME if part == "migration" else _MODULE_NAME
        if not is_package and folder in self._packages and not valid.fullmatch(stem):
            words.append(MISNAMED)
        return " ".join(words)

    @functools.cached_property
    def own_names(self) -> frozenset[str]:
        """The top-level names by which the repository's code imports itself."""
        roots = {"", "src"}
        roots.update(path.rpartition("/")[0] for path in self._paths if _name(path) == "manage.py")
        found = {
            _name(path).removesuffix(".py")
            for path in self._paths
            if path.rpartition("/")[0] in roots
        }
        for folder in self._packages:
            parent, _, name = folder.rpartition("/")
            if parent not in self._packages and not _is_sample(f"{folder}/__init__.py"):
                found.add(name)
            # Folders without `__init__.py` are importable too, if packages lie in them.
            for root in roots:
                if not root or folder.startswith(f"{root}/"):
                    found.add(folder[len(root) + 1 if root else 0 :].partition("/")[0])
        return frozenset(sorted(name for name in found if _OWN_NAME.fullmatch(name))[:_OWN_LIMIT])

    @functools.cached_property
    def _private(self) -> set[str]:
        """The packages that are private by their own name or that of a package around them."""
        return {folder for folder in self._packages if any(map(_is_private, self._names(folder)))}

    def _names(self, folder: str) -> Iterator[str]:
        """The names of a package and the packages around it."""
        while folder in self._packages:
            folder, _, name = folder.rpartition("/")
            yield name


def part_of(role: str) -> str:
    """The part that a file of this role plays."""
    return role.partition(" ")[0]


def folder_of(role: str) -> str:
    """The folder in which files of this role are linted; it is a package."""
    part = part_of(role)
    return FOLDERS.get(part, part)


def made_up_path(role: str, name: str) -> str:
    """A path for a file that ruff judges as it would judge every file of this role; ``name`` is lower case."""
    words = role.split(" ")
    if MISNAMED in words:
        name = f"M-{name}"
    elif words[0] != "migration":
        name = f"m{name}"
    if PRIVATE in words:
        name = f"_{name}"
    return f"{folder_of(role)}/{name}{'/__init__' if PACKAGE in words else ''}.py"


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def _is_private(name: str) -> bool:
    return name.startswith("_") and not (name.startswith("__") and name.endswith("__"))


def _is_sample(path: str) -> bool:
    return role_of(path) == DOCUMENTATION or is_template(path)
