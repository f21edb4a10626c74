"""Edits of declared dependencies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from plumbline import outline as o
from plumbline.edits import AppendToArray, Edit, RemoveFromArray, ReplaceText
from plumbline.extract.requirements import requirement
from plumbline.project import Project
from plumbline.project.dependencies import Dependency


def exchange(project: Project, dependency: Dependency, new: str) -> list[Edit] | None:
    """The edits that declare ``new`` in place of a dependency, under the same version; None if that cannot be told."""
    outline = project.outlines.get(dependency.path)
    if isinstance(outline, o.RequirementsOutline):
        return [ReplaceText(dependency.path, dependency.line, dependency.name, new)]
    if not isinstance(outline, o.TomlOutline):
        return None
    for table, key, text in _arrays(outline.tables):
        found = requirement(text.strip(), 0)
        if found is not None and found.name == dependency.name:
            if not text.startswith(dependency.name):
                return None
            wanted = new + text.removeprefix(dependency.name)
            return [
                RemoveFromArray(dependency.path, table, key, (text,)),
                AppendToArray(dependency.path, table, key, (wanted,)),
            ]
    return None


def _arrays(tables: dict[str, Any]) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """Table, key and text of every requirement that an array of a pyproject.toml holds."""
    for table, keys in (
        (("project",), ("dependencies",)),
        (("project", "optional-dependencies"), None),
        (("dependency-groups",), None),
    ):
        found: Any = tables
        for part in table:
            found = found.get(part) if isinstance(found, dict) else None
        if not isinstance(found, dict):
            continue
        for key in keys or found:
            texts = found.get(key)
            for text in texts if isinstance(texts, list) else ():
                if isinstance(text, str):
                    yield table, key, text
