"""Outlines from texts, for tests of the engine."""

from __future__ import annotations

from collections.abc import Mapping

from plumbline import outline as o
from plumbline.extract import read_outline
from plumbline.source import kind_of


def python(text: str) -> o.PythonOutline:
    """The outline of a module that must be readable."""
    found = read_outline("python", text.encode())
    assert isinstance(found, o.PythonOutline), found
    return found


def outlines_of(files: Mapping[str, str]) -> dict[str, o.Outline]:
    """The outlines of a tiny repository."""
    return {
        path: read_outline(kind_of(path) or "text", text.encode()) for path, text in files.items()
    }
