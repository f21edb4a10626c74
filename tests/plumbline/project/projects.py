"""Tiny projects out of texts."""

from plumbline.extract import read_outline
from plumbline.outline import Unreadable
from plumbline.project import Project
from plumbline.source import kind_of


def project_of(files: dict[str, str]) -> Project:
    """The project that files of these paths and texts make."""
    outlines = {
        path: read_outline(kind_of(path) or "text", text.encode()) for path, text in files.items()
    }
    unreadable = [path for path, outline in outlines.items() if isinstance(outline, Unreadable)]
    readable = {path: item for path, item in outlines.items() if path not in unreadable}
    return Project(readable, unreadable)
