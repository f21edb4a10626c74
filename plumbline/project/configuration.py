"""Tool configuration: ruff, mypy, pytest, coverage, pre-commit, and what continuous integration runs."""

from __future__ import annotations

import functools
import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from plumbline import outline as o

_RUFF_DEFAULT = ("E4", "E7", "E9", "F")


class RuffConfig(msgspec.Struct, frozen=True):
    """A ruff configuration: where it is and which rule prefixes it switches on and off, whatever the key's age."""

    path: str
    select: tuple[str, ...]
    ignore: tuple[str, ...]
    extends: bool

    def coverage(self, family: str) -> str:
        """How much of a rule family is on: ``all``, ``part`` or ``none``."""
        if family in self.ignore or "ALL" in self.ignore:
            return "none"
        letters = family.rstrip("0123456789")
        for prefix in self.select:
            if prefix == "ALL" or family == prefix:
                return "all"
            if letters != family and prefix == letters:
                return "all"
        parts = [
            prefix for prefix in self.select if re.fullmatch(rf"{re.escape(family)}\d+", prefix)
        ]
        return "part" if parts else "none"


class Command(msgspec.Struct, frozen=True):
    """A command that a CI job, hook, Makefile or task runner runs."""

    path: str
    text: str


class Configuration:
    """The tool configuration that the repository's files hold."""

    def __init__(self, outlines: Mapping[str, o.Outline]) -> None:
        self._outlines = outlines

    def _nearest(self, *names: str) -> Iterator[tuple[str, o.Outline]]:
        """Files of these base names, nearest to the top first."""
        matches = [path for path in self._outlines if posixpath.basename(path) in names]
        for path in sorted(matches, key=lambda path: (path.count("/"), path)):
            yield path, self._outlines[path]

    def toml(
        self, *table: str, names: tuple[str, ...] = ("pyproject.toml",)
    ) -> tuple[str, dict[str, Any]] | None:
        """Path and content of a TOML table in the file nearest to the top that has it."""
        for path, outline in self._nearest(*names):
            found: Any = outline.tables if isinstance(outline, o.TomlOutline) else None
            for part in table:
                found = found.get(part) if isinstance(found, dict) else None
            if isinstance(found, dict):
                return path, found
        return None

    def ini(self, section: str, *names: str) -> tuple[str, dict[str, str]] | None:
        """Path and options of an INI section in the file nearest to the top that has it."""
        for path, outline in self._nearest(*names):
            if isinstance(outline, o.IniOutline) and section in outline.sections:
                return path, outline.sections[section]
        return None

    @functools.cached_property
    def pyproject(self) -> str | None:
        """Path of the pyproject.toml nearest to the top."""
        return next((path for path, _ in self._nearest("pyproject.toml")), None)

    @functools.cached_property
    def ruff(self) -> RuffConfig | None:
        """The ruff configuration nearest to the top."""
        found = [
            item
            for item in (self.toml(names=("ruff.toml", ".ruff.toml")), self.toml("tool", "ruff"))
            if item is not None
        ]
        if not found:
            return None
        path, table = min(found, key=lambda item: item[0].count("/"))
        lint = table.get("lint") if isinstance(table.get("lint"), dict) else {}
        tables = (lint, table)  # the top-level keys are the older place
        select = _first(tables, "select", _RUFF_DEFAULT) + _first(tables, "extend-select", ())
        ignore = _first(tables, "ignore", ()) + _first(tables, "extend-ignore", ())
        return RuffConfig(path, select, ignore, "extend" in table)

    @functools.cached_property
    def mypy(self) -> tuple[str, dict[str, Any]] | None:
        """Path and options of the mypy configuration."""
        return (
            self.ini("mypy", "mypy.ini", ".mypy.ini")
            or self.toml("tool", "mypy")
            or self.ini("mypy", "setup.cfg")
        )

    @functools.cached_property
    def django_stubs(self) -> tuple[str, dict[str, Any]] | None:
        """Path and options of the django-stubs plugin's own configuration."""
        return self.toml("tool", "django-stubs") or self.ini(
            "mypy.plugins.django-stubs", "mypy.ini", ".mypy.ini", "setup.cfg"
        )

    @functools.cached_property
    def pytest(self) -> tuple[str, dict[str, Any]] | None:
        """Path and options of the pytest configuration."""
        return (
            self.ini("pytest", "pytest.ini", ".pytest.ini")
            or self.toml("tool", "pytest", "ini_options")
            or self.toml("tool", "pytest")
            or self.toml("pytest", names=("pytest.toml", ".pytest.toml"))
            or self.ini("pytest", "tox.ini")
            or self.ini("tool:pytest", "setup.cfg")
        )

    @functools.cached_property
    def pytest_options(self) -> str:
        """The ``addopts`` of pytest as one string."""
        options = self.pytest[1].get("addopts", "") if self.pytest else ""
        return " ".join(map(str, options)) if isinstance(options, list) else str(options)

    @functools.cached_property
    def ci_files(self) -> list[str]:
        """Paths of the files that configure continuous integration."""
        return sorted(
            path
            for path, outline in self._outlines.items()
            if isinstance(outline, o.YamlOutline) and _is_ci(path)
        )

    @functools.cached_property
    def ci_is_partial(self) -> bool:
        """Whether a CI job uses something that is defined elsewhere: a reusable workflow, a composite action of its own."""
        texts = [
            text
            for path in self.ci_files
            for key, text in _strings(self._documents(path))
            if key == "uses"
        ]
        return any(text.startswith("./") or "/.github/workflows/" in text for text in texts)

    @functools.cached_property
    def ci_commands(self) -> list[Command]:
        """What CI runs, with the commands of Makefiles, tox, nox, hooks and scripts that it calls, one level deep."""
        direct: list[Command] = []
        for path in self.ci_files:
            for key, text in _strings(self._documents(path)):
                if key in _COMMAND_KEYS:
                    direct += [
                        Command(path, line.strip()) for line in text.splitlines() if line.strip()
                    ]
                elif key in ("uses", "image"):
                    direct.append(Command(path, f"{key} {text}"))
        return direct + [command for name in self._called(direct) for command in name]

    @functools.cached_property
    def hooks(self) -> list[Command]:
        """The ids and entries of pre-commit hooks."""
        found: list[Command] = []
        for path, _ in self._nearest(".pre-commit-config.yaml", ".pre-commit-config.yml"):
            for key, text in _strings(self._documents(path)):
                if key in ("id", "entry", "repo"):
                    found.append(Command(path, text))
        return found

    @functools.cached_property
    def task_commands(self) -> list[Command]:
        """The commands of Makefiles, justfiles, tox, nox and scripts, whether CI calls them or not."""
        found: list[Command] = []
        for path, outline in self._outlines.items():
            if isinstance(outline, o.TextOutline):
                found += [Command(path, text) for _, text in outline.lines]
            elif posixpath.basename(path) == "noxfile.py" and isinstance(outline, o.PythonOutline):
                for call in outline.calls:
                    if call.name.endswith(".run"):
                        found.append(
                            Command(
                                path, " ".join(item for item in call.args if isinstance(item, str))
                            )
                        )
        tox = self.ini("testenv", "tox.ini")
        for path, outline in self._nearest("tox.ini"):
            if isinstance(outline, o.IniOutline) and tox is not None:
                for options in outline.sections.values():
                    lines = (
                        options.get("commands", "") + "\n" + options.get("commands_pre", "")
                    ).splitlines()
                    found += [Command(path, line.strip()) for line in lines if line.strip()]
        return found

    def _called(self, direct: list[Command]) -> Iterator[list[Command]]:
        text = "\n".join(command.text for command in direct)
        for path, outline in self._outlines.items():
            name = posixpath.basename(path)
            if isinstance(outline, o.TextOutline):
                runner = _RUNNERS.get(name.lower())
                if (
                    (runner and re.search(rf"\b{runner}\b", text))
                    or (name.endswith(".sh") and name in text)
                    or path in text
                ):
                    yield [Command(path, line) for _, line in outline.lines]
        if re.search(r"\b(tox|nox)\b", text):
            yield [
                command
                for command in self.task_commands
                if command.path.endswith(("tox.ini", "noxfile.py"))
            ]
        if re.search(r"\b(pre-commit|prek)\b|pre-commit/action", text):
            yield self.hooks

    def _documents(self, path: str) -> Any:  # noqa: ANN401
        outline = self._outlines.get(path)
        return outline.documents if isinstance(outline, o.YamlOutline) else []


_COMMAND_KEYS = frozenset(
    "run script before_script after_script command commands bash pwsh cmd sh".split()
)
_RUNNERS = {"makefile": "make", "gnumakefile": "make", "justfile": "just"}


def _is_ci(path: str) -> bool:
    name = posixpath.basename(path)
    return not name.startswith((".pre-commit", "docker-compose", "compose", "Taskfile"))


def _strings(value: Any, key: str = "") -> Iterator[tuple[str, str]]:  # noqa: ANN401
    """Every string in a YAML document with the nearest key above it."""
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item, key)
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _strings(item, name)


def _first(tables: tuple[Any, ...], key: str, default: tuple[str, ...]) -> tuple[str, ...]:
    for table in tables:
        if isinstance(table.get(key), list):
            return tuple(item for item in table[key] if isinstance(item, str))
    return default
