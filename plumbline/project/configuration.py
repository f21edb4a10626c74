"""Tool configuration: ruff, mypy, pytest and coverage, from whichever of their files governs the Django code."""

from __future__ import annotations

import functools
import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from plumbline import outline as o
from plumbline.project.commands import Command, Commands
from plumbline.project.ruff import RUFF_DEFAULT, FileExemption, RuffConfig
from plumbline.roles import DOCUMENTATION, is_project_file, is_template, role_of

__all__ = ["Command", "Configuration", "RuffConfig"]

type Options = tuple[str, dict[str, Any]]
"""The path of a configuration file and a tool's options in it."""


_STRAY: dict[str, tuple[str, ...]] = {
    "setup.cfg": (), "tox.ini": (), ".flake8": ("flake8",), "mypy.ini": ("mypy",), ".mypy.ini": ("mypy",),
    "pytest.ini": ("pytest",), ".pytest.ini": ("pytest",), "pytest.toml": ("pytest",), ".pytest.toml": ("pytest",),
    ".coveragerc": ("coverage",), ".isort.cfg": ("isort",), ".bandit": ("bandit",), "ruff.toml": ("ruff",),
    ".ruff.toml": ("ruff",),
}  # fmt: skip
"""Files that may configure tools, with the tool where the file is one tool's own."""
_TOOLS = frozenset(
    "flake8 pytest mypy coverage isort pycodestyle pydocstyle pylint bandit yapf black ruff pyright".split()
)


class _Place(NamedTuple):
    """A file that may configure a tool, and the table or section to look for there."""

    name: str
    table: tuple[str, ...]


class Configuration:
    """The tool configuration that the repository's files hold."""

    def __init__(self, outlines: Mapping[str, o.Outline]) -> None:
        self._outlines = outlines
        self.commands = Commands(outlines)

    @functools.cached_property
    def _by_name(self) -> dict[str, list[str]]:
        """Base name to the paths of the files of that name, nearest to the top first."""
        found: dict[str, list[str]] = {}
        for path in self._outlines:
            found.setdefault(path.rpartition("/")[2], []).append(path)
        for paths in found.values():
            paths.sort(key=_depth)
        return found

    @functools.cached_property
    def home(self) -> str:
        """The folder of the project's manage.py, whose configuration governs the Django code; empty for the top."""
        paths = [path for path in self._by_name.get("manage.py", ()) if is_project_file(path)]
        return posixpath.dirname(paths[0]) if paths else ""

    def files(self, *names: str) -> Iterator[tuple[str, o.Outline]]:
        """Files of these base names, nearest to the top first."""
        paths = [path for name in names for path in self._by_name.get(name, ())]
        for path in sorted(paths, key=_depth):
            yield path, self._outlines[path]

    def toml(self, *table: str, names: tuple[str, ...] = ("pyproject.toml",)) -> Options | None:
        """Path and content of a TOML table in the file nearest to the top that has it."""
        return next(
            (
                (path, found)
                for path, outline in self.files(*names)
                if (found := _table(outline, table)) is not None
            ),
            None,
        )

    def ini(self, section: str, *names: str) -> Options | None:
        """Path and options of an INI section in the file nearest to the top that has it."""
        return next(
            (
                (path, found)
                for path, outline in self.files(*names)
                if (found := _table(outline, (section,))) is not None
            ),
            None,
        )

    def all_of(self, *places: tuple[str, tuple[str, ...]]) -> list[Options]:
        """Every configuration at these places, the governing one first.

        What governs is nearest to the project's manage.py on the way up from it; within a folder the first place.
        """
        found: list[tuple[tuple[bool, int, int], Options]] = []
        for order, place in enumerate(map(_Place._make, places)):
            for path in self._by_name.get(place.name, ()):
                options = _table(self._outlines[path], place.table)
                if options is None or is_template(path) or role_of(path) == DOCUMENTATION:
                    continue
                is_above = self.is_above_home(path)
                depth = path.count("/")
                found.append(
                    ((not is_above, -depth if is_above else depth, order), (path, options))
                )
        return [options for _, options in sorted(found, key=lambda item: item[0])]

    def is_above_home(self, path: str) -> bool:
        """Whether a file stands beside the project's manage.py or on the way up from it."""
        folder = posixpath.dirname(path)
        return not folder or f"{self.home}/".startswith(f"{folder}/")

    @functools.cached_property
    def stray_tools(self) -> dict[str, str]:
        """Files beside or above the project that configure tools apart from pyproject.toml, and which tools."""
        found: dict[str, str] = {}
        for name, wanted in _STRAY.items():
            for path in self._by_name.get(name, ()):
                outline = self._outlines[path]
                if not self.is_above_home(path):
                    continue
                if isinstance(outline, o.TomlOutline):
                    found[path] = wanted[0]
                elif isinstance(outline, o.IniOutline):
                    tools = dict.fromkeys(
                        tool
                        for section in outline.sections
                        if (tool := re.split(r"[:.-]", section.removeprefix("tool:"))[0]) in _TOOLS
                        or (wanted and (tool := wanted[0]))
                    )
                    if tools:
                        found[path] = " and ".join(tools)
        return dict(sorted(found.items()))

    def governing(self, *places: tuple[str, tuple[str, ...]]) -> Options | None:
        """The configuration that governs the Django code, or None."""
        return next(iter(self.all_of(*places)), None)

    @functools.cached_property
    def pyproject(self) -> str | None:
        """Path of the pyproject.toml nearest to the top."""
        return next((path for path, _ in self.files("pyproject.toml")), None)

    @functools.cached_property
    def ruff(self) -> RuffConfig | None:
        """The ruff configuration that governs the Django code."""
        found = self.governing(
            (".ruff.toml", ()), ("ruff.toml", ()), ("pyproject.toml", ("tool", "ruff"))
        )
        return self._ruff(*found, seen=frozenset()) if found else None

    @property
    def has_ruff_format(self) -> bool:
        """Whether the governing configuration of ruff has a table for its formatter."""
        outline = self._outlines.get(self.ruff.path) if self.ruff is not None else None
        return any(_table(outline, (*top, "format")) is not None for top in ((), ("tool", "ruff")))

    def _ruff(self, path: str, table: dict[str, Any], *, seen: frozenset[str]) -> RuffConfig:
        base: RuffConfig | None = None
        is_partial = False
        extend = table.get("extend")
        if isinstance(extend, str):
            target = posixpath.normpath(posixpath.join(posixpath.dirname(path), extend))
            outline = self._outlines.get(target)
            inner = _table(outline, ("tool", "ruff") if target.endswith("pyproject.toml") else ())
            if inner is None or target in seen:
                is_partial = True
            else:
                base = self._ruff(target, inner, seen=seen | {path})
                is_partial = base.extends
        inner = table.get("lint")
        lint: dict[str, Any] = inner if isinstance(inner, dict) else {}
        tables = (lint, table)  # the top-level keys are the older place
        select = _first(tables, "select")
        ignore = _first(tables, "ignore") or ()
        if select is None:
            select = base.select if base else RUFF_DEFAULT
            ignore = (base.ignore if base else ()) + ignore
        return RuffConfig(
            path,
            select + (_first(tables, "extend-select") or ()),
            ignore + (_first(tables, "extend-ignore") or ()),
            is_partial,
            _exemptions(path, tables, base),
            _left_out(path, tables, base),
            (base.isort if base else {})
            | next((item["isort"] for item in tables if isinstance(item.get("isort"), dict)), {}),
        )

    @functools.cached_property
    def mypy(self) -> Options | None:
        """Path and options of the mypy configuration."""
        return self.governing(
            ("mypy.ini", ("mypy",)),
            (".mypy.ini", ("mypy",)),
            ("pyproject.toml", ("tool", "mypy")),
            ("setup.cfg", ("mypy",)),
        )

    @functools.cached_property
    def mypy_plugins(self) -> list[str]:
        """The plugins that mypy loads."""
        plugins = self.mypy[1].get("plugins", "") if self.mypy else ""
        if isinstance(plugins, str):
            plugins = re.split(r"[,\s]+", plugins)
        names = plugins if isinstance(plugins, list) else []
        return [name for item in names if (name := str(item).strip("\"' "))]

    @functools.cached_property
    def django_stubs(self) -> Options | None:
        """Path and options of the django-stubs plugin's own configuration: in the file that configures mypy."""
        places = (
            ("mypy.ini", ("mypy.plugins.django-stubs",)),
            (".mypy.ini", ("mypy.plugins.django-stubs",)),
            ("pyproject.toml", ("tool", "django-stubs")),
            ("setup.cfg", ("mypy.plugins.django-stubs",)),
        )
        found = self.all_of(*places)
        beside = [item for item in found if self.mypy is not None and item[0] == self.mypy[0]]
        return next(iter([*beside, *found]), None)

    @functools.cached_property
    def pytest(self) -> Options | None:
        """Path and options of the pytest configuration."""
        return self.governing(
            ("pytest.toml", ("pytest",)),
            (".pytest.toml", ("pytest",)),
            ("pytest.ini", ("pytest",)),
            (".pytest.ini", ("pytest",)),
            ("pyproject.toml", ("tool", "pytest", "ini_options")),
            ("pyproject.toml", ("tool", "pytest")),
            ("tox.ini", ("pytest",)),
            ("setup.cfg", ("tool:pytest",)),
        )

    @functools.cached_property
    def pytest_options(self) -> str:
        """The ``addopts`` of pytest as one string."""
        options = self.pytest[1].get("addopts", "") if self.pytest else ""
        return " ".join(map(str, options)) if isinstance(options, list) else str(options)

    @functools.cached_property
    def coverage(self) -> list[Options]:
        """Paths and options of coverage's report, the governing one first."""
        return self.all_of(
            (".coveragerc", ("report",)),
            ("setup.cfg", ("coverage:report",)),
            ("tox.ini", ("coverage:report",)),
            ("pyproject.toml", ("tool", "coverage", "report")),
        )

    @functools.cached_property
    def has_coverage(self) -> bool:
        """Whether coverage.py is configured anywhere, for its run or its report."""
        return (
            bool(self.coverage)
            or ".coveragerc" in self._by_name
            or self.toml("tool", "coverage") is not None
            or any(
                self.ini(f"coverage:{part}", "setup.cfg", "tox.ini") is not None
                for part in ("run", "paths", "html", "xml")
            )
        )

    # ---- commands ----

    @property
    def ci_files(self) -> list[str]:
        """Paths of the files that configure continuous integration."""
        return self.commands.ci_files

    @property
    def ci_is_partial(self) -> bool:
        """Whether CI runs something that cannot be read here."""
        return bool(self.commands.ci_hidden)

    @property
    def hooks(self) -> list[Command]:
        """The ids, entries and repositories of pre-commit hooks."""
        return self.commands.hooks


def _table(outline: o.Outline | None, table: tuple[str, ...]) -> dict[str, Any] | None:
    """A table of a TOML file, or a section of an INI file."""
    if isinstance(outline, o.IniOutline):
        return outline.sections.get(table[0]) if table else None
    found: Any = outline.tables if isinstance(outline, o.TomlOutline) else None
    for part in table:
        found = found.get(part) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else None


def _first(tables: tuple[Any, ...], key: str) -> tuple[str, ...] | None:
    for table in tables:
        if isinstance(table.get(key), list):
            return tuple(item for item in table[key] if isinstance(item, str))
    return None


def _exemptions(
    path: str, tables: tuple[dict[str, Any], ...], base: RuffConfig | None
) -> tuple[FileExemption, ...]:
    """What ``per-file-ignores`` says, which replaces what it extends, and ``extend-per-file-ignores``, which adds."""
    folder = posixpath.dirname(path)
    found: list[FileExemption] = []
    for key in ("per-file-ignores", "extend-per-file-ignores"):
        table = next((item[key] for item in tables if isinstance(item.get(key), dict)), None)
        if base is not None and (table is None or key.startswith("extend")):
            found += [item for item in base.exemptions if item not in found]
        for glob, codes in (table or {}).items():
            if isinstance(codes, list):
                wanted = tuple(code for code in codes if isinstance(code, str))
                found.append(FileExemption(folder, glob, wanted))
    return tuple(found)


def _left_out(
    path: str, tables: tuple[dict[str, Any], ...], base: RuffConfig | None
) -> tuple[tuple[str, str], ...]:
    """Folder and glob of what ruff is told to leave out, from linting alone too."""
    lint, top = tables
    folder = posixpath.dirname(path)
    own = _first((top,), "exclude")
    globs = [
        *(own or ()),
        *(_first((top,), "extend-exclude") or ()),
        *(_first((lint,), "exclude") or ()),
    ]
    return (base.left_out if base and own is None else ()) + tuple((folder, glob) for glob in globs)


def _depth(path: str) -> tuple[int, str]:
    """Sorts paths: nearest to the top first."""
    return path.count("/"), path
