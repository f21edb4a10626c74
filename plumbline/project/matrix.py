"""Which series of Django a repository is tested with: tox, nox and the matrices of continuous integration."""

from __future__ import annotations

import itertools
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from plumbline import outline as o

_SPECIFIER = re.compile(r"(?<![\w-])[Dd]jango\s{0,3}(?:==|~=|>=|@)\s{0,3}v?(\d)\.(\d{1,2})(?!\d)")
_FACTOR = re.compile(r"(?:django|dj)_?-?(\d)\.?(\d{1,2})(?!\d)", re.IGNORECASE)
_BRACES = re.compile(r"\{([^{}]{1,500})\}")
_NUMBER = re.compile(r"v?(\d)\.(\d{1,2})(\.\d{1,3})?(\.\*)?")
_TELLING = ("tox.ini", "setup.cfg", "tox.toml", "pyproject.toml", "noxfile.py")
_TEXT_LIMIT = 20_000
_CHOICE_LIMIT = 5_000


def tested_series(outlines: Mapping[str, o.Outline], ci_files: Iterable[str]) -> dict[str, str]:
    """Each series of Django (``5.2``) that is tested, with the path of a file that says so."""
    found: dict[str, str] = {}
    ci_files = frozenset(ci_files)
    telling = [path for path in outlines if path in ci_files or path.endswith(_TELLING)]
    for path in sorted(telling, key=lambda path: (path.count("/"), path)):
        outline, name = outlines[path], posixpath.basename(path)
        versions: Iterator[str] = iter(())
        if isinstance(outline, o.IniOutline) and name in ("tox.ini", "setup.cfg"):
            versions = _from_tox(outline)
        elif isinstance(outline, o.TomlOutline) and name in ("tox.toml", "pyproject.toml"):
            versions = _from_toml(outline.tables, is_tox=name == "tox.toml")
        elif isinstance(outline, o.PythonOutline) and name == "noxfile.py":
            versions = _from_nox(outline)
        elif path in ci_files and isinstance(outline, o.YamlOutline):
            versions = _from_yaml(outline.documents, "")
        for version in versions:
            found.setdefault(version, path)
    return found


def _from_tox(outline: o.IniOutline) -> Iterator[str]:
    for section, options in outline.sections.items():
        if section == "tox" or section.startswith(("tox:", "testenv")):
            for key in ("envlist", "env_list"):
                yield from _factors(options.get(key, ""))
            yield from _specified(options.get("deps", ""))


def _from_toml(tables: dict[str, Any], *, is_tox: bool) -> Iterator[str]:
    tool = tables.get("tool")
    tox = tables if is_tox else tool.get("tox") if isinstance(tool, dict) else None
    for text in _leaves(tox):
        yield from _factors(text)
        yield from _specified(text)
    if isinstance(tool, dict) and isinstance(tool.get("hatch"), dict):
        yield from _from_yaml(tool["hatch"], "")


def _from_nox(outline: o.PythonOutline) -> Iterator[str]:
    for function in outline.functions:
        for decorator in function.decorators:
            if (
                isinstance(decorator, o.Invocation)
                and decorator.name.endswith("parametrize")
                and len(decorator.args) > 1
                and "django" in str(decorator.args[0]).lower()
                and isinstance(decorator.args[1], o.Many)
            ):
                for item in decorator.args[1].items:
                    yield from _number(item)


def _from_yaml(value: Any, key: str) -> Iterator[str]:  # noqa: ANN401
    """Versions under keys that name Django, and specifiers anywhere."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _from_yaml(item, str(name).lower())
    elif isinstance(value, list):
        for item in value:
            yield from _from_yaml(item, key)
    elif "django" in key or key == "dj":
        yield from _number(value)
        yield from _specified(str(value))
    elif isinstance(value, str):
        yield from _specified(value)
        if key in ("toxenv", "tox_env", "tox-env", "env", "session"):
            yield from _factors(value)


def _number(value: object) -> Iterator[str]:
    match = _NUMBER.fullmatch(str(value).strip()) if isinstance(value, str | float) else None
    if match is not None:
        yield f"{match[1]}.{match[2]}"


def _specified(text: str) -> Iterator[str]:
    for match in _SPECIFIER.finditer(text[:_TEXT_LIMIT]):
        yield f"{match[1]}.{match[2]}"


def _factors(text: str) -> Iterator[str]:
    """The series that environments of tox name: ``py313-django{52,60}``, ``dj5.2``."""
    for word in re.split(r"[\s,]+(?![^{}]*\})", text[:_TEXT_LIMIT]):
        for name in _expanded(word):
            for match in _FACTOR.finditer(name):
                yield f"{match[1]}.{match[2]}"


def _expanded(word: str) -> list[str]:
    parts = _BRACES.split(word)
    choices = [part.split(",") if index % 2 else [part] for index, part in enumerate(parts[:15])]
    return [
        "".join(choice) for choice in itertools.islice(itertools.product(*choices), _CHOICE_LIMIT)
    ]


def _leaves(value: Any) -> Iterator[str]:  # noqa: ANN401
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _leaves(item)
