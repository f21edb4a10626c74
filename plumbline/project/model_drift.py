"""Where models say something else than the migrations that should have followed them."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping

import msgspec

from plumbline import knowledge
from plumbline import outline as o
from plumbline.project.apps import Apps
from plumbline.project.classes import Class
from plumbline.project.column_types import max_length
from plumbline.project.imports import Reachable
from plumbline.project.migrations import Migrations
from plumbline.project.models import Model
from plumbline.project.modules import Names
from plumbline.project.replay import Replay
from plumbline.project.schema import Field, Table
from plumbline.roles import DOCUMENTATION, TEST, role_of
from plumbline.rule import Located


class Drift(msgspec.Struct, frozen=True):
    """One difference: what it is, and the place in the model to look at."""

    message: str
    place: Located


class Comparison(msgspec.Struct):
    """A model beside what migrations make of it; ``unknown`` is why they cannot be compared."""

    model: Model
    drifts: list[Drift]
    unknown: str = ""


class ModelDrift:
    """Compares the models of apps with migrations to the schema that these lead to."""

    def __init__(
        self, names: Names, apps: Apps, migrations: Migrations, replay: Replay, reachable: Reachable
    ) -> None:
        self._names = names
        self._apps = apps
        self._migrations = migrations
        self._final = replay.final
        self._reachable = reachable

    @functools.cached_property
    def _folders(self) -> dict[str, str]:
        """Folders of apps with migrations outside tests, to their labels."""
        found: dict[str, str] = {}
        for folder, label in self._migrations.folders.items():
            app = folder.rpartition("/")[0]
            if role_of(f"{app}/models.py") not in (TEST, DOCUMENTATION):
                found[app] = label
        return found

    def _label_of(self, model: Model) -> str | None:
        """The label of the app with migrations that a model belongs to; None if there is none."""
        given = model.cls.option("app_label")
        if given is not None:
            return given if isinstance(given, str) and given in self._folders.values() else None
        return self._label_at(model.cls.path.rpartition("/")[0])

    def _label_at(self, folder: str) -> str | None:
        while folder:
            if folder in self._folders:
                return self._folders[folder]
            if self._migrations.is_app(folder):
                return None
            folder = folder.rpartition("/")[0]
        return None

    def compare(self, models: list[Model]) -> Iterator[Comparison]:
        """Each model that has a table, compared; those of apps without migrations are left out."""
        for model in models:
            if model.is_abstract or model.is_proxy or model.cls.outline.parent >= 0:
                continue
            label = self._label_of(model)
            if label is None:
                continue
            comparison = Comparison(model, [])
            reason = self._final.uncertain.get(label) or self._doubt(model)
            if reason:
                comparison.unknown = reason
            else:
                table = self._final.get(label, model.name)
                if table is None:
                    self._compare_missing(comparison, label)
                else:
                    comparison.drifts = list(_differences(model, table, self._apps.models_by_name))
            yield comparison

    def _doubt(self, model: Model) -> str:
        if model.cls.option("swappable") is not None:
            return f"`{model.name}` is swappable"
        if model.cls.outline.keywords or any(base == "?" for base in model.cls.bases):
            return f"the class of `{model.name}` is made in a way that cannot be followed"
        return ""

    def _compare_missing(self, comparison: Comparison, label: str) -> None:
        """A model that no migration makes: a finding only where Django is certain to load it."""
        cls = comparison.model.cls
        if not self._is_loaded(cls):
            comparison.unknown = f"whether `{cls.name}` is loaded at all is not certain"
            return
        message = f"no migration of `{label}` makes the model `{cls.name}`; run `makemigrations`"
        comparison.drifts = [Drift(message, cls)]

    def _is_loaded(self, cls: Class) -> bool:
        package = self._apps.package_of(cls.module)
        roots = [
            module
            for name in (f"{package}.models",)
            if (module := self._names.by_name.get(name)) is not None
        ]
        if cls.module in roots:
            return not any(
                item.kind == "other" and item.line <= cls.line <= item.end_line
                for item in cls.members
            )
        return cls.path in self._reachable.closure(roots, wanted=[cls.path])


def _differences(model: Model, table: Table, models: Mapping[str, Model]) -> Iterator[Drift]:
    written, possible, is_whole = _fields_of(model, models)
    for name, (field, place) in written.items():
        known = table.fields.get(name)
        if known is None:
            if _is_certain(field):
                yield Drift(f"no migration adds `{model.name}.{name}`; run `makemigrations`", place)
            else:
                is_whole = False
        else:
            what = _changed(field, known)
            if what:
                yield Drift(
                    f"`{model.name}.{name}` {what}, and no migration says so; run `makemigrations`",
                    place,
                )
            if not _is_certain(field):
                is_whole = False  # a field of another package may bring others along
    if not is_whole:
        return
    for name, known in table.fields.items():
        if name not in written and name not in possible and not _is_made_by_django(name, known):
            yield Drift(
                f"`{model.name}` has no `{name}` any more, and no migration removes it; run "
                "`makemigrations`",
                model.cls,
            )


def _fields_of(
    model: Model, models: Mapping[str, Model]
) -> tuple[dict[str, tuple[Field, Located]], set[str], bool]:
    """The fields of a model with those that it inherits, names that may be fields, and whether that is all."""
    written: dict[str, tuple[Field, Located]] = {}
    possible: set[str] = set()
    is_whole = not model.cls.outline.decorators
    for cls in reversed([model.cls, *model.cls.ancestors]):
        if knowledge.MODEL not in cls.external_bases:
            continue
        one = models.get(cls.qualified_name) or Model(cls, cls.classes)
        if cls is not model.cls and not one.is_abstract:
            continue  # a table of its own
        found = {field.name: field for field in one.fields}
        always = {member.name for member in one.body}
        for member in cls.members:
            if member.kind != "assign":
                continue
            place = found.get(member.name)
            if place is None or member.name not in always or place.member is not member:
                possible.add(member.name)
                written.pop(member.name, None)
            else:
                written[member.name] = (Field(place.name, place.value, cls), place)
    outside = [base for base in model.cls.external_bases if base != knowledge.MODEL]
    if any(not base.startswith(knowledge.PLAIN_MIXINS) for base in outside):
        is_whole = False
    for name, (field, _) in list(written.items()):
        if not field.is_column and field.relation != "ManyToManyField":
            del written[name]
            possible.add(name)
    return written, possible, is_whole


def _is_certain(field: Field) -> bool:
    """Whether a field is one of Django's own, or a relation like them, so that it is in the migrations as it is."""
    return field.is_django and field.kind not in knowledge.OTHER_FIELDS


def _is_made_by_django(name: str, field: Field) -> bool:
    return (
        name in ("id", "_order")
        or field.keyword("auto_created") is True
        or field.keyword("parent_link") is True
        or name.endswith("_ptr")
    )


def _changed(written: Field, known: Field) -> str:
    """How a field differs from what migrations know of it, as far as both are certain; empty if it does not."""
    if not (_is_certain(written) and _is_certain(known)):
        return ""
    if written.keywords == known.keywords and written.kind == known.kind:
        return ""
    if written.has("**") or known.has("**"):
        return ""
    if written.kind != known.kind:
        return f"is a `{written.short_kind}` where it was a `{known.short_kind}`"
    if written.relation == "ManyToManyField":
        return ""
    null, was_null = written.flag("null"), known.flag("null")
    if null is not None and was_null is not None and null != was_null:
        return "may be NULL" if null else "may not be NULL any more"
    unique, was_unique = written.flag("unique"), known.flag("unique")
    is_key = written.flag("primary_key") is not False or known.flag("primary_key") is not False
    is_one_to_one = "OneToOneField" in (written.relation, known.relation)
    if None not in (unique, was_unique) and unique != was_unique and not (is_key or is_one_to_one):
        return "is unique" if unique else "is not unique any more"
    if written.relation or _is_positional(written) or _is_positional(known):
        return ""
    length, was = max_length(written), max_length(known)
    if length is not None and was is not None and length != was:
        return (
            f"is {length} long where it was {was}"
            if length >= 0
            else "has no greatest length any more"
        )
    return ""


def _is_positional(field: Field) -> bool:
    return isinstance(field.value, o.Invocation) and len(field.value.args) > 1
