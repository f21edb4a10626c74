"""Migrations that are made once before a child is confined, so that all that Django imports late is there."""

from __future__ import annotations

from plumbline import outline as o
from plumbline.project.rebuilding import Script, Step

_MODELS = "django.db.models."
_POSTGRES = "django.contrib.postgres."
_COLUMNS: dict[str, tuple[str, dict[str, o.Value]]] = {
    "big": ("BigIntegerField", {"db_default": 1}),
    "binary": ("BinaryField", {"null": True}),
    "flag": ("BooleanField", {"default": False}),
    "text": ("CharField", {"max_length": 10, "default": "it's"}),
    "day": ("DateField", {"auto_now_add": True}),
    "moment": ("DateTimeField", {"default": o.Ref("django.utils.timezone.now")}),
    "price": ("DecimalField", {"max_digits": 9, "decimal_places": 2, "default": 0}),
    "length": ("DurationField", {"null": True}),
    "ratio": ("FloatField", {"default": 0.5}),
    "address": ("GenericIPAddressField", {"null": True}),
    "extra": ("JSONField", {"default": o.Ref("dict")}),
    "slug": ("SlugField", {"unique": True}),
    "body": ("TextField", {"db_collation": "C"}),
    "hour": ("TimeField", {"null": True}),
    "number": ("UUIDField", {"default": o.Ref("uuid.uuid4")}),
}


def _call(name: str, /, *args: o.Value, **keywords: o.Value) -> o.Invocation:
    return o.Invocation(name, list(args), list(keywords.items()), 1, 1)


def _list(*items: o.Value) -> o.Many:
    return o.Many("list", list(items))


def _field(name: str) -> o.Invocation:
    kind, keywords = _COLUMNS[name]
    return _call(_MODELS + kind, **keywords)


def _step(kind: str, *args: o.Value, module: str = "django.db.migrations.") -> Step:
    return Step(module + kind, 1, _call(module + kind, *args), [], [], "")


def _steps() -> list[Step]:
    key = _call(_MODELS + "BigAutoField", primary_key=True)
    foreign = _call(_MODELS + "ForeignKey", "a.One")
    numbers = _call(_POSTGRES + "fields.ArrayField", _call(_MODELS + "IntegerField"))
    condition = _call(_MODELS + "Q", big__gt=0, text__in=_list("a"))
    expression = _call(_MODELS + "functions.Lower", "text")
    check = _call(_MODELS + "CheckConstraint", condition=condition, name="c")
    unique = _call(_MODELS + "UniqueConstraint", expression, name="u")
    partial = _call(
        _MODELS + "UniqueConstraint", fields=_list("text"), condition=condition, name="p"
    )
    exclusion = _call(
        _POSTGRES + "constraints.ExclusionConstraint",
        name="e",
        expressions=_list(o.Many("tuple", ["span", "&&"])),
    )
    index = _call(_MODELS + "Index", fields=_list("-text"), condition=condition, name="i")
    gin = _call(_POSTGRES + "indexes.GinIndex", fields=_list("extra"), name="g")
    columns = [o.Many("tuple", [name, _field(name)]) for name in _COLUMNS]
    span = _call(_POSTGRES + "fields.DateTimeRangeField", null=True)
    search = _call(_POSTGRES + "search.SearchVectorField", null=True)
    return [
        _step("CreateModel", "One", _list(o.Many("tuple", ["id", key]))),
        _step("CreateModel", "Two", _list(o.Many("tuple", ["id", key]), *columns)),
        _step("AddField", "two", "one", foreign),
        _step("AddField", "two", "ones", _call(_MODELS + "ManyToManyField", "a.One")),
        _step("AddField", "two", "numbers", numbers),
        _step("AddField", "two", "span", span),
        _step("AddField", "two", "search", search),
        *(
            step
            for name in _COLUMNS
            for step in (
                _step("AddField", "one", name, _field(name)),
                _step("AlterField", "one", name, _call(_MODELS + "TextField", null=True)),
                _step("AlterField", "one", name, _field(name)),
            )
        ),
        *(_step("AddConstraint", "two", item) for item in (check, unique, partial, exclusion)),
        *(_step("AddIndex", "two", item) for item in (index, gin)),
        _step("AddIndexConcurrently", "one", index, module=_POSTGRES + "operations."),
        _step("RunSQL", "SELECT 1; SELECT 2"),
        _step("RenameField", "two", "text", "words"),
        _step("RemoveConstraint", "two", "c"),
        _step("RemoveIndex", "two", "g"),
        _step("AlterUniqueTogether", "two", _list(o.Many("tuple", ["big", "words"]))),
        _step("AlterModelTable", "two", "second"),
        _step("RenameModel", "One", "Uno"),
        _step("RemoveField", "two", "one"),
        _step("DeleteModel", "Two"),
    ]


REHEARSAL = [Script("a", "0001_rehearsal", "", True, False, _steps(), "")]
