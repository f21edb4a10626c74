"""Django templates, by path and by the name that code gives them."""

from __future__ import annotations

import functools

from plumbline import outline as o
from plumbline.rule import Located


class Template:
    """A template file."""

    def __init__(self, path: str, outline: o.TemplateOutline) -> None:
        self.path = path
        self.outline = outline
        self.name = path.rpartition("templates/")[2]

    @functools.cached_property
    def partials(self) -> frozenset[str]:
        """Names that the template defines by ``partialdef``."""
        return frozenset(
            tag.rest.split()[0]
            for tag in self.outline.tags
            if tag.name == "partialdef" and tag.rest
        )

    def tags_named(self, name: str) -> list[o.Tag]:
        """Tags of this name, in order."""
        return [tag for tag in self.outline.tags if tag.name == name]

    @functools.cached_property
    def has_parent(self) -> bool:
        """Whether it extends another template, which may define partials too."""
        return any(tag.name == "extends" for tag in self.outline.tags)

    def located(self, tag: o.Tag) -> Located:
        """A tag as a place to report."""
        return Located(
            self.path,
            tag.line,
            tag.line,
            0,
            f"{self.name}:{tag.name}",
            f"{tag.name} {' '.join(tag.rest.split())}",
        )
