"""What the repository says it depends on, from every format that Python projects use."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from plumbline import outline as o
from plumbline.extract.requirements import requirement
from plumbline.roles import DOCUMENTATION, is_template, role_of
from plumbline.rule import Located

RUNTIME = "runtime"
_DEVELOPMENT = frozenset(
    "dev development test tests testing lint linting docs doc ci local typing types check quality tox".split()
)
_DEPTH = 8
_FACTOR = re.compile(r"^[\w{},!.-]{1,200}:\s")


class Dependency(Located):
    """A declared dependency: normalised name, extras, specifier as written, the group it belongs to."""

    name: str
    extras: list[str]
    specifier: str
    group: str

    @property
    def is_runtime(self) -> bool:
        """Whether it is wanted at run time, not only for development."""
        return self.group == RUNTIME


class Dependencies:
    """The declared dependencies of the repository, and the versions that lock files pin."""

    def __init__(self, outlines: Mapping[str, o.Outline]) -> None:
        self._outlines = outlines
        self.declared: dict[str, list[Dependency]] = {}
        self.locked: dict[str, str] = {}
        self.files: list[str] = []
        telling = [
            path
            for path, outline in outlines.items()
            if not isinstance(outline, o.PythonOutline | o.TemplateOutline)
            or path.endswith("setup.py")
        ]
        for path in sorted(telling, key=lambda path: (path.count("/"), path)):
            outline = outlines[path]
            if _is_for_others(path):
                continue
            for dependency in self._read(path, outline):
                self.declared.setdefault(dependency.name, []).append(dependency)
            if isinstance(outline, o.LockOutline):
                self.locked = outline.packages | self.locked

    def __contains__(self, name: str) -> bool:
        return name in self.declared

    def get(self, *names: str) -> Dependency | None:
        """The first declaration of one of ``names`` (normalised), or None."""
        return next((self.declared[name][0] for name in names if name in self.declared), None)

    @property
    def is_known(self) -> bool:
        """Whether any declaration was found at all: without one, absence proves nothing."""
        return bool(self.declared)

    def minimum(self, name: str) -> Version | None:
        """The lowest version that may run: the locked one, else the declaration's lower bound; None if not known."""
        if name in self.locked:
            return _version(self.locked[name])
        declared = self.declared.get(name, [])
        at_run_time = [dependency for dependency in declared if dependency.is_runtime]
        for candidates in (at_run_time, declared):
            bounds = [
                bound for dependency in candidates for bound in lower_bounds(dependency.specifier)
            ]
            if bounds:
                return max(bounds)
        return None

    def _read(self, path: str, outline: o.Outline) -> Iterator[Dependency]:
        found: Iterable[tuple[o.Requirement, str]] = ()
        if isinstance(outline, o.TomlOutline):
            found = _from_toml(outline.tables)
        elif isinstance(outline, o.RequirementsOutline):
            group = _requirements_group(path)
            found = [(item, group) for item in outline.requirements]
        elif isinstance(outline, o.IniOutline) and posixpath.basename(path) == "setup.cfg":
            found = _from_setup_cfg(outline.sections)
        elif isinstance(outline, o.IniOutline) and posixpath.basename(path) == "tox.ini":
            found = _from_tox(outline.sections)
        elif isinstance(outline, o.PythonOutline) and posixpath.basename(path) == "setup.py":
            found = _from_setup_py(outline)
        is_new = True
        for item, group in found:
            if is_new:
                self.files.append(path)
                is_new = False
            line = item.line or 1
            yield Dependency(
                path,
                line,
                line,
                0,
                f"{path}:{item.name}",
                item.name,
                item.name,
                item.extras,
                item.specifier,
                group,
            )


def _is_for_others(path: str) -> bool:
    """Whether a file says what an example or a template for others needs, not this project."""
    return is_template(path) or (
        role_of(path) == DOCUMENTATION and _requirements_group(path) == RUNTIME
    )


def _requirements_group(path: str) -> str:
    words = re.split(r"[/_.-]", posixpath.splitext(path.lower())[0])
    return next((word for word in words if word in _DEVELOPMENT), RUNTIME)


def _parse(texts: object, group: str) -> Iterator[tuple[o.Requirement, str]]:
    if isinstance(texts, list):
        for text in texts:
            if isinstance(text, str) and (found := requirement(text.strip(), 0)) is not None:
                yield found, group


def _table(tables: object, *path: str) -> dict[str, Any]:
    for part in path:
        tables = tables.get(part) if isinstance(tables, dict) else None
    return tables if isinstance(tables, dict) else {}


def _from_toml(tables: dict[str, Any]) -> Iterator[tuple[o.Requirement, str]]:
    project = _table(tables, "project")
    yield from _parse(project.get("dependencies"), RUNTIME)
    for extra, texts in _table(project, "optional-dependencies").items():
        group = extra if _requirements_group(extra) != RUNTIME else RUNTIME
        yield from _parse(texts, group)
    for group, texts in _table(tables, "dependency-groups").items():
        yield from _parse(texts, group)
    yield from _parse(_table(tables, "tool", "uv").get("dev-dependencies"), "dev")
    for group, texts in _table(tables, "tool", "pdm", "dev-dependencies").items():
        yield from _parse(texts, group)
    poetry = _table(tables, "tool", "poetry")
    yield from _from_poetry(_table(poetry, "dependencies"), RUNTIME)
    yield from _from_poetry(_table(poetry, "dev-dependencies"), "dev")
    for group, table in _table(poetry, "group").items():
        yield from _from_poetry(_table(table, "dependencies"), group)
    for name, environment in _table(tables, "tool", "hatch", "envs").items():
        if isinstance(environment, dict):
            group = f"hatch {name}"
            yield from _parse(environment.get("dependencies"), group)
            yield from _parse(environment.get("extra-dependencies"), group)
    # Pipfile.
    yield from _from_poetry(_table(tables, "packages"), RUNTIME)
    yield from _from_poetry(_table(tables, "dev-packages"), "dev")


def _from_poetry(table: dict[str, Any], group: str) -> Iterator[tuple[o.Requirement, str]]:
    for name, wanted in table.items():
        if name == "python":
            continue
        first = wanted[0] if isinstance(wanted, list) and wanted else wanted
        options = first if isinstance(first, dict) else {"version": first}
        extras = options.get("extras")
        specifier = str(options.get("version", ""))
        yield (
            o.Requirement(
                str(canonicalize_name(name)),
                extras if isinstance(extras, list) else [],
                specifier,
                0,
            ),
            group,
        )


def _from_setup_cfg(sections: dict[str, dict[str, str]]) -> Iterator[tuple[o.Requirement, str]]:
    yield from _parse(sections.get("options", {}).get("install_requires", "").splitlines(), RUNTIME)
    yield from _parse(sections.get("options", {}).get("tests_require", "").splitlines(), "test")
    for extra, text in sections.get("options.extras_require", {}).items():
        yield from _parse(
            text.splitlines(), extra if _requirements_group(extra) != RUNTIME else RUNTIME
        )


def _from_tox(sections: dict[str, dict[str, str]]) -> Iterator[tuple[o.Requirement, str]]:
    for options in sections.values():
        lines = options.get("deps", "").splitlines()
        yield from _parse([_FACTOR.sub("", line.strip()) for line in lines], "tox")


def _from_setup_py(outline: o.PythonOutline) -> Iterator[tuple[o.Requirement, str]]:
    named = {item.target: item.value for item in outline.assignments if item.operator == "="}
    for call in outline.calls:
        if call.name.rpartition(".")[2] != "setup":
            continue
        for name, value in call.keywords:
            if name in ("install_requires", "tests_require"):
                group = RUNTIME if name == "install_requires" else "test"
                yield from _parse(_items(value, named), group)
            elif name == "extras_require":
                table = named.get(value.name) if isinstance(value, o.Ref) else value
                if isinstance(table, o.Table):
                    for key, item in zip(table.keys, table.values, strict=True):
                        extra = str(key)
                        group = extra if _requirements_group(extra) != RUNTIME else RUNTIME
                        yield from _parse(_items(item, named), group)


def _items(value: o.Value, named: dict[str, o.Value], depth: int = 0) -> list[o.Value]:
    """The items of a list that a setup.py builds from displays, names and sums."""
    if depth > _DEPTH:
        return []
    if isinstance(value, o.Ref):
        return _items(named.get(value.name), named, depth + 1)
    if isinstance(value, o.Joined):
        return [
            *_items(value.left, named, depth + 1),
            *_items(value.right, named, depth + 1),
        ]
    if isinstance(value, o.Many):
        found: list[o.Value] = []
        for item in value.items:
            is_spread = isinstance(item, o.Invocation) and item.name == "*"
            found += _items(item.args[0], named, depth + 1) if is_spread else [item]  # type: ignore[union-attr]
        return found
    return []


def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None


def lower_bounds(specifier: str) -> Iterator[Version]:
    """The versions that a specifier, also one of poetry's, starts at or pins."""
    text = specifier.strip()
    if text[:1] in ("^", "~") and not text.startswith("~="):
        text = f">={text.lstrip('^~')}"
    elif text[:1].isdigit():
        text = f">={text}"
    try:
        parts = SpecifierSet(text)
    except InvalidSpecifier:
        return
    for part in parts:
        if (
            part.operator in (">=", "==", "~=", ">")
            and (version := _version(part.version.removesuffix(".*"))) is not None
        ):
            yield version
