"""Models, their fields and relations."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterable, Iterator

from plumbline import knowledge
from plumbline import outline as o
from plumbline.project.classes import Class, Classes, text_of
from plumbline.project.reverse_names import TO_MANY
from plumbline.rule import Located

_REVERSE_POSITION = {"ForeignKey": 2, "ManyToManyField": 1}
"""Where ``related_name`` stands among positional arguments: ``ForeignKey(to, on_delete, related_name)``."""


class Field(Located):
    """A field of a model; ``kind`` is the canonical name of the field's class, or as near as can be told."""

    model: Model
    name: str
    kind: str
    value: o.Invocation
    member: o.Member

    @property
    def is_text(self) -> bool:
        """Whether the column is text."""
        return self.kind in knowledge.TEXT_FIELDS

    @property
    def relation(self) -> str:
        """``ForeignKey``, ``OneToOneField`` or ``ManyToManyField``; empty for a scalar."""
        return knowledge.RELATIONS.get(self.kind, "")

    @property
    def reverse_name(self) -> o.Value:
        """The ``related_name`` of a relation, by keyword or by position; None if there is none."""
        position = _REVERSE_POSITION.get(self.relation, len(self.value.args))
        if len(self.value.args) > position and not self.has_keyword("related_name"):
            return self.value.args[position]
        return self.keyword("related_name")

    @property
    def through(self) -> str:
        """The canonical dotted name, or the last word of the string, that names a relation's own table; else empty."""
        value = self.keyword("through")
        if isinstance(value, o.Ref):
            return self.model.cls.resolve(value.name)
        return value.rpartition(".")[2] if isinstance(value, str) else ""

    @property
    def target(self) -> o.Value:
        """What a relation leads to, as written: a name, ``"shop.Order"``, ``settings.AUTH_USER_MODEL``."""
        return self.value.args[0] if self.value.args else self.keyword("to")

    @property
    def is_symmetrical(self) -> bool:
        """Whether this many-to-many relation of a model to itself has no reverse side."""
        return (
            self.relation == "ManyToManyField"
            and self.target == "self"
            and self.keyword("symmetrical") is not False
        )

    @property
    def is_direct(self) -> bool:
        """Whether the constructor is one whose defaults are known, not a subclass with an ``__init__`` of its own."""
        cls = self.model.cls.classes.by_name.get(self.constructor)
        return cls is None or not cls.defines("__init__")

    @property
    def constructor(self) -> str:
        """The canonical dotted name of the field's class itself."""
        return self.model.cls.resolve(self.value.name.removesuffix("[]"))

    def keyword(self, name: str) -> o.Value:
        """The value of a keyword argument; None if it is absent (or literally None)."""
        return next((value for key, value in self.value.keywords if key == name), None)

    def has_keyword(self, name: str) -> bool:
        """Whether a keyword argument is given, or may be by ``**``."""
        return any(key in (name, "**") for key, _ in self.value.keywords)


class Model:
    """A model class: what Django would make a table of, or an abstract base of one."""

    def __init__(self, cls: Class, classes: Classes) -> None:
        self.cls = cls
        self._classes = classes

    def __repr__(self) -> str:
        return f"<Model {self.cls.qualified_name}>"

    @property
    def name(self) -> str:
        """The class name."""
        return self.cls.name

    @functools.cached_property
    def is_abstract(self) -> bool:
        """Whether its own ``Meta`` says ``abstract = True``, or something that only running the code could tell."""
        return self._own_option("abstract") not in (None, False)

    @functools.cached_property
    def is_proxy(self) -> bool:
        """Whether its own ``Meta`` says ``proxy = True``."""
        return self._own_option("proxy") is True

    @property
    def has_no_table(self) -> bool:
        """Whether it only carries permissions or the like: unmanaged, and without a field of its own."""
        return self._own_option("managed") is False and not self.fields

    @functools.cached_property
    def unique_together(self) -> frozenset[str]:
        """Fields that a unique constraint of ``Meta`` covers, alone or with others."""
        found: set[str] = set()
        for value in _items(self.cls.option("unique_together")):
            found.update(item for item in (value, *_items(value)) if isinstance(item, str))
        for value in _items(self.cls.option("constraints")):
            if isinstance(value, o.Invocation) and value.name.endswith("UniqueConstraint"):
                found.update(_field_names(value))
        return frozenset(found)

    @functools.cached_property
    def body(self) -> list[o.Member]:
        """The statements that always run when the class is made: what stands under a condition is left out."""
        found: list[o.Member] = []
        end = 0
        for member in self.cls.members:
            if member.line > end:
                found.append(member)
                if member.kind == "other":
                    end = member.end_line
        return found

    @functools.cached_property
    def callables(self) -> list[o.Member]:
        """Methods and properties of the body, in order: other dunders than ``__str__`` and what fields refer to aside.

        A function that a field names (``upload_to=picture_path``) has to stand above that field.
        """
        return [
            member
            for member in self.body
            if member.kind == "function"
            and not (member.name.startswith("__") and member.name.endswith("__"))
            and member.name not in self._named_by_fields
        ]

    @functools.cached_property
    def _named_by_fields(self) -> frozenset[str]:
        return frozenset(
            name for field in self.fields for name in _references((field.value,)) if "." not in name
        )

    def _own_option(self, name: str) -> o.Value:
        meta = self.cls.inner("Meta")
        member = meta.member(name) if meta else None
        return member.value if member else None

    @functools.cached_property
    def relations_by_target(self) -> Counter[str]:
        """How many relations to one or many rows lead to each target, as it is written."""
        return Counter(repr(field.target) for field in self.fields if field.relation in TO_MANY)

    @functools.cached_property
    def fields(self) -> list[Field]:
        """The fields of the class's own body, in order."""
        return [field for member in self.cls.members if (field := self._field(member)) is not None]

    def _field(self, member: o.Member) -> Field | None:
        value = member.value
        if member.kind != "assign" or not isinstance(value, o.Invocation):
            return None
        kind = self._field_kind(self.cls.resolve(value.name.removesuffix("[]")))
        if kind is None:
            return None
        place = self.cls.located(member)
        text = f"{kind.rpartition('.')[2]} {text_of(value)}"
        return Field(
            place.path,
            place.line,
            place.end_line,
            place.column,
            place.symbol,
            text,
            self,
            member.name,
            kind,
            value,
            member,
        )

    def _field_kind(self, name: str) -> str | None:
        """The field class that a constructor names: Django's own where inheritance leads there, else its own name."""
        if (
            name in knowledge.RELATIONS
            or name in knowledge.TEXT_FIELDS
            or name in knowledge.OTHER_FIELDS
        ):
            return name
        cls = self._classes.by_name.get(name)
        if cls is not None:
            bases = sorted(base for base in cls.external_bases if base.endswith(("Field", "Key")))
            known = [
                base
                for base in bases
                if base in knowledge.RELATIONS or base in knowledge.TEXT_FIELDS
            ]
            return next(iter(known or bases), None)
        last = name.rpartition(".")[2]
        if name.startswith("django.forms.") or "." not in name:
            return None
        is_field = last.endswith(("Field", "ForeignKey")) and last != "Field"
        return name if is_field or name == "django.db.models.Field" else None


def _items(value: o.Value) -> list[o.Value]:
    return value.items if isinstance(value, o.Many) else []


def _references(values: Iterable[o.Value]) -> Iterator[str]:
    """The names that values mention, however deep."""
    for value in values:
        if isinstance(value, o.Ref):
            yield value.name
        elif isinstance(value, o.Invocation):
            yield value.name
            yield from _references(value.args)
            yield from _references(item for _, item in value.keywords)
        elif isinstance(value, o.Many):
            yield from _references(value.items)


def _field_names(constraint: o.Invocation) -> Iterator[str]:
    """The fields that a unique constraint names, in ``fields=`` or in expressions such as ``Lower("name")``."""
    for item in _items(dict(constraint.keywords).get("fields")):
        if isinstance(item, str):
            yield item
    for item in constraint.args:
        if isinstance(item, str):
            yield item.lstrip("-")
        elif isinstance(item, o.Invocation):
            yield from _field_names(item)


def find_models(classes: Classes) -> Iterator[Model]:
    """Every class outside tests, migrations and documentation that inherits from Django's ``Model``, however far."""
    for cls in classes.heirs(knowledge.MODEL):
        if cls.module.role in ("source", "settings"):
            yield Model(cls, classes)
