"""What judged: hashes of the engine's own sources, so that a stored result always names what made it.

A change of the extractor makes every cached outline stale; a change anywhere in the engine makes a new ruleset.
Both are computed, since a number that a person must remember to raise is sooner or later wrong.
"""

from __future__ import annotations

import functools
import hashlib
import re
import sys
from collections.abc import Mapping
from importlib import metadata, resources
from importlib.resources.abc import Traversable

_IMPORT = re.compile(rb"^(?:from|import) (plumbline\.rules\.[\w.]+)", re.MULTILINE)


def _sources(folder: Traversable, prefix: str = "") -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    for item in sorted(folder.iterdir(), key=lambda item: item.name):
        if item.is_dir() and item.name not in ("__pycache__", "sandbox"):
            found += _sources(item, f"{prefix}{item.name}/")
        elif item.name.endswith(".py"):
            found.append((prefix + item.name, item.read_bytes()))
    return found


def _digest(parts: list[tuple[str, bytes]]) -> str:
    digest = hashlib.sha256(f"{sys.version_info.major}.{sys.version_info.minor}".encode())
    for name, content in parts:
        digest.update(f"\0{name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


@functools.cache
def extractor_version() -> str:
    """A short hash of the code that turns bytes into outlines, and of the Python whose grammar it uses."""
    parts = [
        (n, c)
        for n, c in _sources(resources.files("plumbline"))
        if n == "outline.py" or n.startswith("extract/")
    ]
    return _digest(parts)[:16]


@functools.cache
def ruleset() -> str:
    """``sha256:…`` of the whole engine: the rules and everything that their verdicts follow from."""
    parts = [
        (n, c)
        for n, c in _sources(resources.files("plumbline"))
        if n not in ("__main__.py", "terminal.py") and not n.startswith("linting/")
    ]
    return f"sha256:{_digest(parts)}"


_NOT_JUDGING = ("rules/", "linting/", "command/", "edits/", "patching/", "sarif.py", "guide.py")


@functools.cache
def shared_version() -> str:
    """A short hash of what every rule's verdict follows from beside the rule: extraction, the project, the analysis."""
    parts = [
        (n, c)
        for n, c in _sources(resources.files("plumbline"))
        if n not in ("__main__.py", "terminal.py") and not n.startswith(_NOT_JUDGING)
    ]
    return _digest(parts)[:16]


@functools.cache
def rule_versions() -> Mapping[str, str]:
    """Code to a short hash of the rule's own module and of the modules of rules that it imports."""
    from plumbline.registry import all_rules

    sources = {
        "plumbline." + name.removesuffix(".py").replace("/", "."): content
        for name, content in _sources(resources.files("plumbline"))
        if name.startswith("rules/") and not name.endswith("__init__.py")
    }
    return {
        code: _digest([(m, sources[m]) for m in _closure(type(rule).__module__, sources)])[:16]
        for code, rule in all_rules().items()
    }


def _closure(module: str, sources: Mapping[str, bytes]) -> list[str]:
    """A module of rules and those that it imports, directly or not."""
    found: set[str] = set()
    pending = [module]
    while pending:
        name = pending.pop()
        if name in found or name not in sources:
            continue
        found.add(name)
        pending += [match.decode() for match in _IMPORT.findall(sources[name])]
    return sorted(found)


@functools.cache
def ruff_version() -> str:
    """The version of the bundled ruff; blank where there is none."""
    try:
        return metadata.version("ruff")
    except metadata.PackageNotFoundError:
        return ""


_NOT_OF_ONE_FILE = ("linting/names.py", "linting/results.py", "linting/summary.py")


@functools.cache
def linter_version() -> str:
    """A short hash of the bundled ruff's version and of everything that decides how it is asked of one file."""
    parts = [
        (n, c)
        for n, c in _sources(resources.files("plumbline"))
        if n == "roles.py" or (n.startswith("linting/") and n not in _NOT_OF_ONE_FILE)
    ]
    return _digest([("ruff", ruff_version().encode()), *parts])[:16]


@functools.cache
def engine_version() -> str:
    """The installed version of Plumbline."""
    return metadata.version("plumbline")
