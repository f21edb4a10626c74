"""The state of all models, and small copies of it that are quick to render.

To render every model again for each operation takes minutes for a large repository. An operation needs the model that
it changes, the keys of the models that this one refers to, and now and then the models that refer to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import models
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ModelState, ProjectState

type Key = tuple[str, str]

_NAMES = ("model_name", "name", "old_name", "new_name")
_BY_NAME = frozenset(
    "CreateModel DeleteModel AlterModelTable AlterModelTableComment AlterUniqueTogether AlterIndexTogether "
    "AlterOrderWithRespectTo".split()
)
_TABLE_OPTIONS = frozenset(("db_table", "proxy", "managed", "apps"))
_DEPTH = 6


class States:
    """The models after the operations so far. They are never rendered themselves."""

    def __init__(self, state: ProjectState | None = None) -> None:
        self.state = state or ProjectState()
        self._referring: dict[Key, set[Key]] = {}
        for key in self.state.models:
            self._note(key)

    def fork(self) -> States:
        """A copy that changes by itself."""
        return States(self.state.clone())

    def apply(self, operation: Operation, label: str) -> tuple[ProjectState, ProjectState]:
        """Change the state by an operation; the small states before and after it. Nothing changes if Django refuses."""
        for key in _mentioned(operation, label):
            if key not in self.state.models and key != _made(operation, label):
                self._add(_stub(*key))
        touched = list(_touched(operation, label))
        with_referring = _looks_back(operation, self.state.models, touched)
        before = self._small(touched, with_referring=with_referring)
        kept = {
            key: state.clone() for key, state in self.state.models.items() if key in before.models
        }
        try:
            operation.state_forwards(label, self.state)
        except Exception:
            self.state.models |= kept
            raise
        if type(operation).__name__ == "RenameModel":
            self._referring = {}
            touched = list(self.state.models)
        for key in touched:
            self._note(key)
        return before, self._small(list(_touched(operation, label)), with_referring=with_referring)

    def _add(self, state: ModelState) -> None:
        self.state.add_model(state)

    def _note(self, key: Key) -> None:
        """Remember which models a model refers to."""
        state = self.state.models.get(key)
        for target in _targets_of(state) if state is not None else ():
            self._referring.setdefault(target, set()).add(key)

    def _small(self, touched: list[Key], *, with_referring: bool) -> ProjectState:
        """Some models whole, and of those around them what their references need."""
        found: dict[Key, ModelState] = {}
        for key in touched:
            if (state := self.state.models.get(key)) is not None:
                found[key] = state.clone()
        around: dict[Key, set[str]] = {}
        for key in list(found):
            self._gather(self.state.models[key], found, around, 0)
            if with_referring:
                self._gather_referring(key, found, around)
        for key, names in around.items():
            found[key] = _pruned(self.state.models[key], names)
        return ProjectState(found)

    def _gather(
        self,
        state: ModelState,
        whole: dict[Key, ModelState],
        around: dict[Key, set[str]],
        depth: int,
    ) -> None:
        """Note the models that a model refers to, with the fields that this takes: keys, and keys of keys."""
        fields = state.fields.values()
        for field in fields if depth == 0 else [item for item in fields if _is_key(item, state)]:
            self._gather_targets(field, state, whole, around, depth)
        for base in state.bases if depth == 0 or _is_proxy(state) else ():
            if isinstance(base, str):
                owner, _, name = base.partition(".")
                self._gather_one((owner, name.lower()), "", whole, around, depth)

    def _gather_targets(
        self,
        field: models.Field[Any, Any],
        state: ModelState,
        whole: dict[Key, ModelState],
        around: dict[Key, set[str]],
        depth: int,
    ) -> None:
        for key in _targets_of_field(field, state.app_label, state.name_lower):
            remote = getattr(field.remote_field, "field_name", None) or ""
            self._gather_one(key, remote, whole, around, depth)

    def _gather_one(
        self,
        key: Key,
        name: str,
        whole: dict[Key, ModelState],
        around: dict[Key, set[str]],
        depth: int,
    ) -> None:
        state = self.state.models.get(key)
        if state is None or key in whole or depth > _DEPTH:
            return
        is_new = key not in around
        around.setdefault(key, set()).add(name)
        if is_new:
            self._gather(state, whole, around, depth + 1)

    def _gather_referring(
        self, key: Key, whole: dict[Key, ModelState], around: dict[Key, set[str]]
    ) -> None:
        for other in self._referring.get(key, ()):
            state = self.state.models.get(other)
            if state is None or other in whole:
                continue
            names = {
                name
                for name, field in state.fields.items()
                if key in _targets_of_field(field, state.app_label, state.name_lower)
            }
            if names:
                self._gather_one(other, "", whole, around, 1)
                around[other] |= names
                for name in names:
                    self._gather_targets(state.fields[name], state, whole, around, 1)


def _stub(label: str, name: str) -> ModelState:
    """A model of another package: all that is known of it is that it can be referred to."""
    return ModelState(label, name, [("id", models.AutoField(primary_key=True))])


def _is_key(field: models.Field[Any, Any], state: ModelState) -> bool:
    return bool(field.primary_key)


def _is_proxy(state: ModelState) -> bool:
    return state.options.get("proxy") is True


def _pruned(state: ModelState, names: set[str]) -> ModelState:
    """A model with its key and some fields. A proxy keeps its bases, as it has the table of one of them."""
    fields = [
        (name, field)
        for name, field in state.fields.items()
        if _is_key(field, state) or name in names
    ]
    options = {key: value for key, value in state.options.items() if key in _TABLE_OPTIONS}
    bases = state.bases if _is_proxy(state) else (models.Model,)
    return ModelState(state.app_label, state.name, fields, options, bases)


def _touched(operation: Operation, label: str) -> Iterator[Key]:
    """The models that an operation changes."""
    if hasattr(operation, "model_name"):
        yield label, operation.model_name.lower()
    elif type(operation).__name__ in _BY_NAME:
        yield label, str(getattr(operation, "name", "")).lower()
    elif type(operation).__name__ == "RenameModel":
        yield label, str(getattr(operation, "old_name", "")).lower()
        yield label, str(getattr(operation, "new_name", "")).lower()


def _made(operation: Operation, label: str) -> Key | None:
    if type(operation).__name__ != "CreateModel":
        return None
    return label, str(getattr(operation, "name", "")).lower()


def _looks_back(operation: Operation, known: dict[Key, ModelState], touched: list[Key]) -> bool:
    """Whether an operation changes what other models refer to: a name, or a key."""
    kind = type(operation).__name__
    if kind in ("RenameModel", "AlterModelTable", "RenameField"):
        return True
    if kind != "AlterField":
        return False
    new = getattr(operation, "field", None)
    old = next(
        (known[key].fields.get(getattr(operation, "name", "")) for key in touched if key in known),
        None,
    )
    return any(field is not None and (field.primary_key or field.unique) for field in (old, new))


def _mentioned(operation: Operation, label: str) -> Iterator[Key]:
    """The models that an operation refers to."""
    made = _made(operation, label)
    own = made[1] if made else str(getattr(operation, "model_name", "")).lower()
    fields: list[Any] = [item for _, item in getattr(operation, "fields", ()) if item is not None]
    fields += [operation.field] if hasattr(operation, "field") else []
    for field in fields:
        yield from _targets_of_field(field, label, own)
    for base in getattr(operation, "bases", ()):
        if isinstance(base, str):
            owner, _, name = base.rpartition(".")
            yield owner or label, name.lower()


def _targets_of(state: ModelState) -> set[Key]:
    return {
        key
        for field in state.fields.values()
        for key in _targets_of_field(field, state.app_label, state.name_lower)
    }


def _targets_of_field(field: models.Field[Any, Any], label: str, own: str) -> list[Key]:
    remote = getattr(field, "remote_field", None)
    if remote is None:
        return []
    found: list[Key] = []
    for target in (remote.model, getattr(remote, "through", None)):
        if isinstance(target, str):
            owner, _, name = target.rpartition(".")
            found.append((owner or label, own if target == "self" else name.lower()))
    return found
