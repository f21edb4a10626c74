"""The schema that migrations lead to, as far as they say it: tables, fields, and what is not known of them."""

from __future__ import annotations

from plumbline import knowledge
from plumbline import outline as o
from plumbline.project.classes import Class
from plumbline.project.migrations import Migration, settled

_DJANGO_FIELDS = ("django.db.models.", "django.contrib.postgres.fields.")
_TABLELESS = knowledge.OTHER_FIELDS


class Field:
    """A field as a migration defines it; ``cls`` is the migration's class, in whose file its names mean something."""

    __slots__ = ("_kind", "cls", "keywords", "name", "value")

    def __init__(self, name: str, value: o.Value, cls: Class) -> None:
        self.name = name
        self.value = settled(cls, value)
        self.cls = cls
        self.keywords: dict[str, o.Value] = (
            dict(self.value.keywords) if isinstance(self.value, o.Invocation) else {"**": None}
        )
        self._kind: str | None = None

    def __repr__(self) -> str:
        return f"<Field {self.name}: {self.kind}>"

    def renamed(self, name: str) -> Field:
        """The same field under another name."""
        return Field(name, self.value, self.cls)

    @property
    def kind(self) -> str:
        """The canonical dotted name of its class; empty if it is not written as a call."""
        if self._kind is None:
            value = self.value
            self._kind = self.cls.resolve(value.name) if isinstance(value, o.Invocation) else ""
        return self._kind

    @property
    def short_kind(self) -> str:
        """The name of its class alone."""
        return self.kind.rpartition(".")[2]

    @property
    def is_django(self) -> bool:
        """Whether its class is Django's own, so that its defaults are known."""
        return self.kind.startswith(_DJANGO_FIELDS)

    @property
    def relation(self) -> str:
        """``ForeignKey``, ``OneToOneField`` or ``ManyToManyField``; empty for a scalar."""
        return knowledge.RELATIONS.get(self.kind, "")

    def keyword(self, name: str) -> o.Value:
        """A keyword argument, through a constant of the migration; None if it is absent (or literally None)."""
        found = self.keywords.get(name)
        return settled(self.cls, found) if type(found) is o.Ref else found

    def has(self, name: str) -> bool:
        """Whether a keyword argument is given, or may be by ``**``."""
        return name in self.keywords or "**" in self.keywords

    def flag(self, name: str) -> bool | None:
        """A yes-or-no argument that is off unless given; None if it is computed or may come from elsewhere."""
        if "**" in self.keywords:
            return None
        value = self.keyword(name)
        return False if value is None else value if isinstance(value, bool) else None

    @property
    def is_column(self) -> bool:
        """Whether it is a column of the table: not a relation of many to many, nor something computed from others."""
        return not (
            self.relation == "ManyToManyField"
            or self.kind in _TABLELESS
            or self.kind.endswith("Manager")
        )

    @property
    def column(self) -> str:
        """The name of its column as Django makes it."""
        given = self.keyword("db_column")
        if isinstance(given, str):
            return given
        return f"{self.name}_id" if self.relation in ("ForeignKey", "OneToOneField") else self.name


class Table:
    """A model as migrations leave it. ``born`` is the migration that made it."""

    __slots__ = (
        "born",
        "fields",
        "index_together",
        "label",
        "name",
        "options",
        "owner",
        "unique_together",
    )

    def __init__(
        self, label: str, name: str, born: Migration, options: dict[str, o.Value], owner: Schema
    ) -> None:
        self.label = label
        self.name = name
        self.born = born
        self.options = options
        self.owner = owner
        self.fields: dict[str, Field] = {}
        self.unique_together: o.Value = options.get("unique_together")
        self.index_together: o.Value = options.get("index_together")

    def __repr__(self) -> str:
        return f"<Table {self.label}.{self.name}>"

    @property
    def table(self) -> str:
        """The name of its table; empty if it is computed."""
        given = self.options.get("db_table")
        if given is None:
            return f"{self.label}_{self.name.lower()}"
        return given.strip('"') if isinstance(given, str) else ""

    @property
    def has_table(self) -> bool:
        """Whether Django makes a table of it: neither a proxy nor unmanaged."""
        return self.options.get("proxy") is not True and self.options.get("managed") is not False

    def copied(self, owner: Schema) -> Table:
        """A copy that ``owner`` may change."""
        twin = Table(self.label, self.name, self.born, dict(self.options), owner)
        twin.fields = dict(self.fields)
        twin.unique_together, twin.index_together = self.unique_together, self.index_together
        return twin


class Schema:
    """The models of all apps at one point of the history."""

    def __init__(self, tables: dict[tuple[str, str], Table] | None = None) -> None:
        self.tables = dict(tables or {})
        self.uncertain: dict[str, str] = {}
        """Labels of apps in which an operation did what cannot be said, and why."""

    def fork(self) -> Schema:
        """A schema that starts as this one and changes by itself."""
        return Schema(self.tables)

    def get(self, label: str, name: str) -> Table | None:
        """The model of this label and name."""
        return self.tables.get((label, name.lower()))

    def edited(self, label: str, name: str) -> Table | None:
        """The model of this label and name, to be changed."""
        table = self.get(label, name)
        if table is not None and table.owner is not self:
            table = self.tables[label, name.lower()] = table.copied(self)
        return table

    def add(self, table: Table) -> None:
        """Put a model in."""
        self.tables[table.label, table.name.lower()] = table

    def drop(self, label: str, name: str) -> None:
        """Take a model out."""
        self.tables.pop((label, name.lower()), None)

    def doubt(self, label: str, reason: str) -> None:
        """Note that what follows of an app is not certain."""
        self.uncertain.setdefault(label, reason)

    def by_table(self, name: str) -> Table | None:
        """The model whose table has this name."""
        return next(
            (item for item in self.tables.values() if item.table == name and item.has_table), None
        )
