"""Values of outlines made into Python objects: literals, and Django's own fields, indexes, constraints, expressions."""

from __future__ import annotations

import datetime
import decimal
import importlib
import inspect
import uuid
from collections.abc import Callable
from functools import lru_cache

from django.db import models
from django.db.models.constraints import BaseConstraint
from django.db.models.expressions import BaseExpression, Combinable

from plumbline import outline as o


class NotRebuilt(Exception):
    """Something of which no object can be made without running the repository's code; the message says what."""


_MODULES = (
    "django.db.models",
    "django.db.models.functions",
    "django.contrib.postgres.fields",
    "django.contrib.postgres.indexes",
    "django.contrib.postgres.constraints",
    "django.contrib.postgres.search",
)
"""Where classes may come from. Names are looked up in them and nowhere else."""
_KINDS = (models.Field, models.Index, BaseConstraint, BaseExpression, Combinable, models.Q)
_SIMPLE: dict[str, Callable[..., object]] = {
    "decimal.Decimal": decimal.Decimal,
    "datetime.date": datetime.date,
    "datetime.datetime": datetime.datetime,
    "datetime.timedelta": datetime.timedelta,
    "datetime.time": datetime.time,
    "uuid.UUID": uuid.UUID,
    "set": set,
    "frozenset": frozenset,
    "list": list,
    "dict": dict,
    "tuple": tuple,
}


_COURSE = 100_000
"""How often a migration may ask before it meets the course of the next."""


class Clock:
    """A present that moves on whenever it is asked, and takes the same course each time: Django compares defaults."""

    def __init__(self) -> None:
        self._asked = 0

    def start(self, number: int) -> None:
        """Go to where the course of a migration begins, whatever was asked before."""
        self._asked = number * _COURSE

    def now(self) -> datetime.datetime:
        """The present."""
        self._asked += 1
        start = datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC)
        return start + datetime.timedelta(seconds=self._asked)

    def today(self) -> datetime.date:
        """The date of the present."""
        return self.now().date()

    def number(self) -> uuid.UUID:
        """A number that was not given before."""
        self._asked += 1
        return uuid.UUID(int=self._asked)


CLOCK = Clock()
_DEFAULTS: dict[str, Callable[..., object]] = {
    "list": list,
    "dict": dict,
    "str": str,
    "uuid.uuid4": CLOCK.number,
    "uuid.uuid1": CLOCK.number,
    "django.utils.timezone.now": CLOCK.now,
    "datetime.date.today": CLOCK.today,
    "datetime.datetime.now": CLOCK.now,
    "decimal.Decimal": decimal.Decimal,
}
"""Callables that may stand as a default."""
_CONSTANTS: dict[str, object] = {
    "datetime.UTC": datetime.UTC,
    "datetime.timezone.utc": datetime.UTC,
    "django.utils.timezone.utc": datetime.UTC,
    "django.db.models.Deferrable.DEFERRED": models.Deferrable.DEFERRED,
    "django.db.models.Deferrable.IMMEDIATE": models.Deferrable.IMMEDIATE,
}
_IMPORTANT = frozenset(
    "null blank default db_default unique primary_key db_index db_column max_length max_digits decimal_places "
    "db_collation to to_field through through_fields db_table db_constraint base_field size auto_created serialize "
    "parent_link auto_now auto_now_add symmetrical db_comment expression output_field db_persist protocol "
    "unpack_ipv4 allow_unicode config weight".split()
)
"""Arguments of fields that their columns depend on; all others are left out."""
_KEPT = 1_000


class UnknownField(models.Field):  # type: ignore[type-arg]
    """Holds the place of a field of which no column can be made, so that the rest of its model can be followed."""

    def db_type(self, connection: object) -> None:
        """No column: SQL that needs one is never made."""
        return


@lru_cache(maxsize=2_048)
def _class_named(name: str) -> type | None:
    """The class of Django that a canonical name means, if it is one of the kinds that describe a schema."""
    module, _, last = name.rpartition(".")
    if not module.startswith(_MODULES):
        return None
    for place in (module, *_MODULES):
        if place in _MODULES:
            found = getattr(importlib.import_module(place), last, None)
            if inspect.isclass(found) and issubclass(found, _KINDS):
                return found
    return None


def built(value: o.Value) -> object:
    """The Python object that a value stands for; raises ``NotRebuilt`` where that is not certain."""
    if isinstance(value, str):
        if len(value) > _KEPT:
            raise NotRebuilt("a text that is longer than is kept")
        return value
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, o.Many):
        items = [built(item) for item in value.items]
        return (
            items if value.kind == "list" else tuple(items) if value.kind == "tuple" else set(items)
        )
    if isinstance(value, o.Table):
        return dict(zip(map(built, value.keys), map(built, value.values), strict=True))
    if isinstance(value, o.Ref):
        if value.name in _CONSTANTS:
            return _CONSTANTS[value.name]
        raise NotRebuilt(f"`{value.name}`")
    if isinstance(value, o.Invocation):
        return _called(value)
    if isinstance(value, o.Joined):
        return _joined(value)
    raise NotRebuilt("a computed value")


def _joined(value: o.Joined) -> object:
    left, right = built(value.left), built(value.right)
    if value.operator == "+" and isinstance(left, str) and isinstance(right, str):
        return left + right
    if isinstance(left, models.Q) and isinstance(right, models.Q):
        if value.operator == "&":
            return left & right
        if value.operator == "|":
            return left | right
    raise NotRebuilt("a computed value")


def _called(value: o.Invocation) -> object:
    cls = _class_named(value.name)
    if cls is not None and issubclass(cls, models.Field):
        return field(value)
    maker = cls or _SIMPLE.get(value.name)
    if maker is None:
        raise NotRebuilt(f"`{value.name}`")
    if any(key == "**" for key, _ in value.keywords):
        raise NotRebuilt("arguments that are not written out")
    keywords = {key: built(item) for key, item in value.keywords}
    if maker is models.CheckConstraint and "check" in keywords:
        keywords["condition"] = keywords.pop("check")  # as it was called before Django 5.1
    keywords.pop("violation_error_message", None)
    try:
        return maker(*[built(item) for item in value.args], **keywords)
    except NotRebuilt:
        raise
    except Exception as error:
        raise NotRebuilt(
            f"`{value.name}` refuses its arguments ({type(error).__name__})"
        ) from error


def field(value: o.Value) -> models.Field:  # type: ignore[type-arg]
    """The field that a migration defines; raises ``NotRebuilt`` if its column is not certain."""
    if not isinstance(value, o.Invocation):
        raise NotRebuilt("a field that is not written as a call")
    cls = _class_named(value.name)
    if cls is None or not issubclass(cls, models.Field):
        raise NotRebuilt(f"the field class `{value.name}`")
    if any(key == "**" for key, _ in value.keywords):
        raise NotRebuilt("arguments of a field that are not written out")
    keywords = {
        key: _default(item) if key == "default" else built(item)
        for key, item in value.keywords
        if key in _IMPORTANT
    }
    keywords |= _positional(cls, value.args)
    if issubclass(cls, models.ForeignKey | models.OneToOneField):
        keywords["on_delete"] = models.CASCADE
        keywords.pop("on_update", None)
    if issubclass(cls, models.ForeignKey | models.ManyToManyField):
        keywords["related_name"] = "+"
    make: Callable[..., models.Field] = cls  # type: ignore[type-arg]
    try:
        return make(**keywords)
    except Exception as error:
        raise NotRebuilt(
            f"`{value.name}` refuses its arguments ({type(error).__name__})"
        ) from error


def _positional(cls: type, args: list[o.Value]) -> dict[str, object]:
    """The arguments by position: what a relation leads to, else a name for people."""
    if issubclass(cls, models.ForeignKey | models.ManyToManyField):
        return {"to": built(args[0])} if args else {}
    if cls.__name__ == "ArrayField":
        return {"base_field": built(args[0])} if args else {}
    if len(args) > 1:
        raise NotRebuilt("arguments of a field by position")
    return {}


def _default(value: o.Value) -> object:
    if isinstance(value, o.Ref):
        if value.name in _DEFAULTS:
            return _DEFAULTS[value.name]
        if value.name not in _CONSTANTS:
            raise NotRebuilt(f"the default `{value.name}`")
    return built(value)


def without_default(value: o.Value) -> o.Value:
    """A field without its default, which the column of a new table does not depend on."""
    if not isinstance(value, o.Invocation):
        return value
    keywords = [(key, item) for key, item in value.keywords if key != "default"]
    return o.Invocation(value.name, value.args, keywords, value.line, value.end_line)
