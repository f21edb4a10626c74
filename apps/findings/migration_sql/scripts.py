"""From scripts to SQL: each step is applied to the state and written by the schema editor, or counted as opaque."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from apps.findings.migration_sql.editor import CollectingEditor
from apps.findings.migration_sql.operations import operation_of
from apps.findings.migration_sql.states import States
from apps.findings.migration_sql.values import CLOCK, NotRebuilt, UnknownField
from plumbline.project.rebuilding import Script, Step

_SEPARATE = "django.db.migrations.SeparateDatabaseAndState"


class Statement(msgspec.Struct):
    """One SQL statement, with the kind and line of the operation that it comes from."""

    sql: str
    kind: str
    line: int


class Opaque(msgspec.Struct):
    """An operation of which no SQL was made, and why."""

    kind: str
    line: int
    reason: str


class MigrationSql(msgspec.Struct):
    """What a migration executes, as far as it can be told."""

    script: Script
    statements: list[Statement]
    opaque: list[Opaque]
    rebuilt: int
    """How many operations were rebuilt, those without SQL (``RunPython``, options) included."""

    @property
    def sql(self) -> str:
        """All statements, one after the other."""
        return "\n".join(statement.sql for statement in self.statements)


def sql_of(scripts: Iterable[Script], start: int = 0) -> Iterator[MigrationSql]:
    """The SQL of each migration, in the order in which a new database runs them.

    Of those before ``start`` none is made, which takes a tenth of the time; the SQL of the others is the same.
    """
    run = _Run()
    for number, script in enumerate(scripts):
        CLOCK.start(number)
        if number < start:
            run.skip(script)
        else:
            yield run.migration(script)


class _Run:
    def __init__(self) -> None:
        self._states = States()
        self._editor = CollectingEditor()

    def migration(self, script: Script) -> MigrationSql:
        """Apply a migration to the state, and collect its statements."""
        result = MigrationSql(script, [], [], 0)
        if script.opaque:
            result.opaque.append(Opaque("Migration", 1, script.opaque))
        self._editor = CollectingEditor()
        owners: dict[int, tuple[str, int]] = {}
        for step in script.steps:
            self._step(step, script.label, result, owners)
        deferred, self._editor.deferred_sql = self._editor.deferred_sql, []
        for statement in deferred:
            kind, line = owners.get(id(statement), ("", 1))
            try:
                self._editor.execute(statement, None)
            except Exception as error:
                result.opaque.append(Opaque(kind, line, _reason(error)))
                continue
            self._take(result, kind, line)
        return result

    def skip(self, script: Script) -> None:
        """Apply a migration to the state alone."""
        nothing = MigrationSql(script, [], [], 0)
        for step in script.steps:
            self._step(step, script.label, nothing, {}, writes=False)

    def _take(self, result: MigrationSql, kind: str, line: int) -> None:
        """Move what the editor has collected into the result."""
        collected = self._editor.collected_sql
        if kind.endswith("Together"):
            # Django goes through a set; what is dropped has to go before what is added.
            collected.sort(key=lambda text: (" DROP " not in text, text))
        result.statements += [Statement(text, kind, line) for text in collected]
        self._editor.collected_sql = []

    def _step(
        self,
        step: Step,
        label: str,
        result: MigrationSql,
        owners: dict[int, tuple[str, int]],
        *,
        writes: bool = True,
    ) -> None:
        if step.name == _SEPARATE and not step.opaque:
            if writes:
                states, self._states = self._states, self._states.fork()
                for part in step.database:
                    self._apply(part, label, result, owners)
                self._states = states
            for part in step.state:
                self._apply(part, label, result, owners, writes=False)
            return
        self._apply(step, label, result, owners, writes=writes)
        if step.kind == "RunSQL":
            for part in step.state:
                self._apply(part, label, result, owners, writes=False)

    def _apply(
        self,
        step: Step,
        label: str,
        result: MigrationSql,
        owners: dict[int, tuple[str, int]],
        *,
        writes: bool = True,
    ) -> None:
        if step.name == _SEPARATE:
            self._step(step, label, result, owners, writes=writes)
            return
        try:
            rebuilt = operation_of(step)
            if rebuilt is not None:
                self._forwards(rebuilt.operation, label, writes=writes and not rebuilt.opaque)
                if rebuilt.opaque:
                    raise NotRebuilt(rebuilt.opaque)
        except Exception as error:
            # Django refuses what does not fit the state in many ways; a step that it refuses is opaque.
            self._editor.collected_sql = []
            result.opaque.append(Opaque(step.kind, step.line, _reason(error)))
            return
        result.rebuilt += 1
        self._take(result, step.kind, step.line)
        for statement in self._editor.deferred_sql:
            owners.setdefault(id(statement), (step.kind, step.line))

    def _forwards(self, operation: Operation, label: str, *, writes: bool) -> None:
        before, after = self._states.apply(operation, label)
        if writes:
            _refuse_unknown(operation, label, before, after)
            operation.database_forwards(label, self._editor, before, after)


def _reason(error: Exception) -> str:
    return (
        str(error)
        if isinstance(error, NotRebuilt)
        else f"refused by Django: {type(error).__name__}"
    )


def _refuse_unknown(
    operation: Operation, label: str, before: ProjectState, after: ProjectState
) -> None:
    """Make no SQL that touches the column of a field that holds the place of an unknown one."""
    names = {getattr(operation, key, None) for key in ("name", "old_name", "new_name")}
    model = getattr(operation, "model_name", None) or getattr(operation, "name", "")
    for state in (before, after):
        found = state.models.get((label, str(model).lower()))
        for name, field in found.fields.items() if found is not None else ():
            if isinstance(field, UnknownField) and (name in names or _lists(operation, name)):
                raise NotRebuilt(f"the field `{name}`, whose class is not known")


def _lists(operation: Operation, name: str) -> bool:
    """Whether an index, constraint or set of an operation names a field."""
    held = getattr(operation, "index", None) or getattr(operation, "constraint", None)
    fields = getattr(held, "fields", ())
    sets = getattr(operation, "option_value", None) or ()
    return name in fields or any(name in item for item in sets)
