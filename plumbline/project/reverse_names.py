"""What to call the other side of a relation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plumbline.words import counted_words, last_word, plural, plural_rows, words_of

if TYPE_CHECKING:
    from plumbline.project.models import Field

TO_MANY = ("ForeignKey", "ManyToManyField")


def in_plural(field: Field, name: str) -> str:
    """A reverse name that speaks of the rows, in the plural; empty for one that does not speak of them.

    ``post_last_updated_by`` of a ``Post`` gives ``posts_last_updated_by``.
    """
    rows = last_word(field.model.name)
    if name.endswith("_by") and rows in words_of(name):
        return "_".join(plural_rows(word) if word == rows else word for word in words_of(name))
    return plural(name) if "".join(counted_words(name)).endswith(rows) else ""


def suggested_reverse_name(field: Field) -> str:
    """A plural for the rows that a relation leads back to, apart from what the model's other relations would get.

    An abstract base needs the placeholder, to give each of its children a name of its own.
    """
    model = field.model
    is_own = field.target in ("self", model.name)
    if is_own and field.name == "parent":
        return "children"
    rows = "%(class)ss" if model.is_abstract else plural_rows(model.name)
    others = model.relations_by_target[repr(field.target)] - (field.relation in TO_MANY)
    if not is_own and not others:
        return rows
    part = field.name.strip("_")
    return f"{rows}_{part[:-3]}" if part.endswith("_by") else f"{rows}_as_{part}"
