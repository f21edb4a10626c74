"""Operations rebuilt as plain data, for analysers outside the engine that make more of them than rules do.

Everything in a step is a value of ``plumbline.outline`` in which each name is the canonical dotted one, constants of
the migration and settings that are known stand as their values, and the repository's own field classes that only add
behaviour are replaced by the class that they extend. Nothing is imported and nothing is guessed: a step that is not
certain says why.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from plumbline import knowledge
from plumbline import outline as o
from plumbline.project.classes import Class, Classes
from plumbline.project.migrations import Migration, Migrations, Operation, settled
from plumbline.project.settings import Settings

_DEPTH = 40
_VALUES = 1_000_000
"""How many values are resolved for all steps together: a list of names of lists of names may stand for any number."""
_WEIGHT = 32
"""How many characters of a text weigh as much as a value."""
_PLAIN = frozenset((str, bool, int, float, type(None)))
_SHAPING = frozenset(
    "__init__ __new__ db_type rel_db_type cast_db_type db_parameters db_check db_collation get_internal_type "
    "deconstruct clone description_type contribute_to_class get_attname get_attname_column check_constraint "
    "db_type_suffix db_type_parameters".split()
)
"""What a field class must not define if its column is to be that of its base."""


class Step(msgspec.Struct):
    """One operation: ``call`` with canonical names, or the steps inside ``SeparateDatabaseAndState``.

    ``opaque`` is why it cannot be rebuilt; empty if it can.
    """

    name: str
    line: int
    call: o.Invocation
    database: list[Step]
    state: list[Step]
    opaque: str

    @property
    def kind(self) -> str:
        """The last part of its name."""
        return self.name.rpartition(".")[2]


class Script(msgspec.Struct):
    """A migration as steps; ``opaque`` is why there are none, where its list of operations is not certain."""

    label: str
    name: str
    path: str
    is_atomic: bool
    is_first: bool
    """Whether it makes the first tables of its app, or only stands for migrations that ran before."""
    steps: list[Step]
    opaque: str


def scripts_of(migrations: Migrations, classes: Classes, settings: Settings) -> Iterator[Script]:
    """Every migration that runs, rebuilt."""
    rebuilder = _Rebuilder(classes, settings)
    for migration in migrations.ordered:
        yield rebuilder.script(migration)


class _Rebuilder:
    def __init__(self, classes: Classes, settings: Settings) -> None:
        self._classes = classes
        self._settings = settings
        self._known_settings: dict[str, o.Value] = {}
        self._stand_ins: dict[str, str] = {}
        self._left = _VALUES

    def script(self, migration: Migration) -> Script:
        """One migration."""
        opaque = migration.opaque
        if not opaque and migration.unreadable_operations:
            opaque = "an operation is not written as a call"
        return Script(
            migration.label,
            migration.name,
            migration.path,
            migration.is_atomic,
            migration.is_initial or bool(migration.replaces),
            [] if opaque else [self._step(operation) for operation in migration.operations],
            opaque,
        )

    def _step(self, operation: Operation) -> Step:
        opaque = ""
        if operation.is_open:
            opaque = "its arguments are not written out"
        call = self._resolved(operation.call, operation.migration, 0)
        if not isinstance(call, o.Invocation):
            opaque, call = "the migrations hold too much", operation.call
        return Step(
            operation.name,
            operation.line,
            call,
            [self._step(item) for item in operation.database],
            [self._step(item) for item in operation.state],
            opaque,
        )

    def _resolved(self, value: o.Value, cls: Class, depth: int) -> o.Value:
        self._left -= 1 + len(value) // _WEIGHT if isinstance(value, str) else 1
        if depth > _DEPTH:
            return o.Opaque("deep")
        if self._left < 0:
            return o.Opaque("large")
        if type(value) in _PLAIN:  # most are
            return value
        if isinstance(value, o.Many):
            return o.Many(value.kind, self._all_resolved(value.items, cls, depth + 1))
        if isinstance(value, o.Invocation):
            return o.Invocation(
                self._stand_in(cls.resolve(value.name)),
                self._all_resolved(value.args, cls, depth + 1),
                [(key, self._resolved(item, cls, depth + 1)) for key, item in value.keywords],
                value.line,
                value.end_line,
            )
        if isinstance(value, o.Ref):
            return self._reference(value, cls, depth)
        if isinstance(value, o.Table):
            return o.Table(
                self._all_resolved(value.keys, cls, depth + 1),
                self._all_resolved(value.values, cls, depth + 1),
            )
        if isinstance(value, o.Joined):
            return o.Joined(
                value.operator,
                self._resolved(value.left, cls, depth + 1),
                self._resolved(value.right, cls, depth + 1),
            )
        return value

    def _all_resolved(self, values: list[o.Value], cls: Class, depth: int) -> list[o.Value]:
        return [self._resolved(item, cls, depth) for item in values]

    def _reference(self, value: o.Ref, cls: Class, depth: int) -> o.Value:
        found = settled(cls, value)
        if found is not value:
            return self._resolved(found, cls, depth + 1)
        name = cls.resolve(value.name)
        if name.startswith("django.conf.settings."):
            return self._setting(name.rpartition(".")[2]) or o.Ref(name)
        return self._choice(name) or o.Ref(name)

    def _choice(self, name: str) -> str | int | None:
        """The value of a member of one of the repository's enumerations of choices."""
        owner, _, last = name.removesuffix(".value").rpartition(".")
        cls = self._classes.by_name.get(owner)
        if cls is None or not cls.inherits(*_CHOICES):
            return None
        member = cls.member(last)
        value = member.value if member is not None else None
        if isinstance(value, o.Many) and value.items:
            value = value.items[0]
        return value if isinstance(value, str | int) else None

    def _setting(self, name: str) -> o.Value:
        """The text or number that settings give a name, where all that set it agree."""
        if name not in self._known_settings:
            values = {
                setting.value if isinstance(setting.value, str | int) else None
                for module in self._settings.modules
                if (setting := module.get(name)) is not None
            }
            default = _SETTINGS.get(name) if not values else None
            self._known_settings[name] = values.pop() if len(values) == 1 else default
        return self._known_settings[name]

    def _stand_in(self, name: str) -> str:
        """The name of a class, or of the Django field that its heir in the repository has the column of."""
        known = self._stand_ins.get(name)
        if known is None:
            known = self._stand_ins[name] = self._find_stand_in(name)
        return known

    def _find_stand_in(self, name: str) -> str:
        if name in knowledge.RELATIONS:
            return f"django.db.models.{knowledge.RELATIONS[name]}"
        cls = self._classes.by_name.get(name)
        if cls is None:
            return name
        family = (cls, *cls.ancestors)
        if any(member.name in _SHAPING for item in family for member in item.members):
            return name
        bases = {
            base for item in family for base in item.bases if base not in self._classes.by_name
        }
        fields = {base for base in bases if base.startswith("django.db.models.")}
        others = bases - fields - {"object"}
        return next(iter(fields)) if len(fields) == 1 and not others else name


_CHOICES = ("django.db.models.TextChoices", "django.db.models.IntegerChoices")
_SETTINGS: Mapping[str, str] = {"AUTH_USER_MODEL": "auth.User"}
"""What Django's own defaults say."""
